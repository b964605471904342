#pragma once
// Notes between elements: "nothing is to be had from me", so that whoever pulls may sleep and is woken; "I take no
// more", for whoever pushes.
//
// An element that can say so has a Notifier and hands it out by Element::notifier. Who depends on it searches the graph
// for those that matter to one of his ports:
//
//     signal = upstreamEmptySignal(*this, 0, &task);     // task is rescheduled when there is something again
//     ...
//     if (!signal.active()) return;                      // asleep: nothing to do
//
// A scheduler (PrioSched) depends on its inputs and has a note of its own for who pulls from it.

#include <vector>

namespace xylem::click {

class Element;
class Notifier;
class Task;

class Signal {
 public:
  bool active() const;
  // Somebody may have something. Of nobody at all, or of somebody who gives no notes, that is always so.

 private:
  friend class NotifierSearch;
  std::vector<const Notifier*> sources;
  bool isBusy = true;
};

class Notifier {
 public:
  bool active() const { return isActive; }
  void wake();
  // Active now: listeners are rescheduled.
  void sleep() { isActive = false; }
  void set(bool active) { active ? wake() : sleep(); }
  void listen(Task& task) { listeners.push_back(&task); }
  void depend(Notifier& other) { dependents.push_back(&other); }
  // It wakes when this does.

 private:
  bool isActive = true;
  std::vector<Task*> listeners;
  std::vector<Notifier*> dependents;
};

Signal upstreamEmptySignal(Element& element, int input, Task* listener, Notifier* dependent = nullptr);
Signal downstreamFullSignal(Element& element, int output, Task* listener, Notifier* dependent = nullptr);

}  // namespace xylem::click
