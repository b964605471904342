// The search goes against the packets' way through pulling ports (or with it, through pushing ones) until it finds
// those that give notes. A way that ends at somebody who gives none makes the signal busy: one cannot sleep on that.

#include <click/notifier.h>
#include <click/router.h>
#include <click/scheduler.h>

#include <algorithm>

namespace xylem::click {

bool Signal::active() const {
  if (isBusy) return true;
  for (auto source : sources)
    if (source->active()) return true;
  return false;
}

void Notifier::wake() {
  if (isActive) return;
  isActive = true;
  for (auto task : listeners) task->reschedule();
  for (auto other : dependents) other->wake();
}

class NotifierSearch {
 public:
  static Signal search(Element& element, Direction side, int port, Task* listener, Notifier* dependent) {
    Signal signal;
    signal.isBusy = false;
    std::vector<Notifier*> found;
    bool isEmptyNote = side == Direction::INPUT;
    auto seen = [&](Element& at, Direction reached, int index) {
      if (auto notifier = at.notifier(reached, index, isEmptyNote)) {
        if (std::find(found.begin(), found.end(), notifier) == found.end()) found.push_back(notifier);
        return false;
      }
      auto onward = at.flow(reached, index);
      bool leads = std::find(onward.begin(), onward.end(), true) != onward.end();
      // Empty notes come through pulls, full notes through pushes.
      bool follows = at.isPush(reached, index) != isEmptyNote;
      if (!leads || !follows) signal.isBusy = true;
      return leads && follows;
    };
    element.router().visit(element, side, port, seen);
    if (found.empty()) signal.isBusy = true;
    for (auto notifier : found) {
      signal.sources.push_back(notifier);
      if (listener != nullptr) notifier->listen(*listener);
      if (dependent != nullptr) notifier->depend(*dependent);
    }
    return signal;
  }
};

Signal upstreamEmptySignal(Element& element, int input, Task* listener, Notifier* dependent) {
  return NotifierSearch::search(element, Direction::INPUT, input, listener, dependent);
}

Signal downstreamFullSignal(Element& element, int output, Task* listener, Notifier* dependent) {
  return NotifierSearch::search(element, Direction::OUTPUT, output, listener, dependent);
}

}  // namespace xylem::click
