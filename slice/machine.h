#pragma once
// A slice as it is: what has been made of it, and the processes that run. It becomes another one step by step (plan.h).

#include <slice/builder.h>
#include <slice/document.h>
#include <slice/plan.h>
#include <slice/process.h>

namespace xylem::slice {

class Machine {
 public:
  Machine(xrl::Loop& loop, Place place);
  ~Machine() noexcept(false);

  Slice now;
  // What there is. `now.name` is empty as long as there is nothing.

  void perform(const Step& step, const Slice& wanted);
  // On the way to `wanted`. Processes are not started by it, but ended. Throws, with the thing in question removed, if
  // it cannot be done.

  void settle(const Slice& wanted);
  // All steps are done.

  kj::Vector<kj::String> takeUnstarted();
  // Nodes whose processes have to be started now.

  void impair(Link& link, const Shape shapes[2]);
  // `link` is one of `now`.
  void cut(Link& link, bool down);

  Process* process(const std::string& node);
  // None for one that is not there.

  std::map<std::string, kj::Own<Process>> processes;
  kj::Function<void(const std::string& node, Process&)> onChange = [](const std::string&, Process&) {};

  Groups groups;
  Builder builder;

  bool isWired();
  // The process for links does its work, if there is one.

  void rewire();
  // The process for links gets what it has to carry now.

 private:
  void addNode(const Node& node);
  void removeNode(const std::string& name);
  void changeNode(const Node& node);
  void furnish(const Node& node);
  Launch prepare(const std::string& name);
  std::vector<std::string> commandOf(const Node& node) const;

  xrl::Loop& loop;
  bool hasEgre = false;
  // The process for links has been given that socket.
  kj::Vector<kj::String> unstarted;
};

kj::String control(const std::string& socket, const std::string& text);
// Gives the click process behind that socket another configuration. Empty, or what it says against it.

}  // namespace xylem::slice
