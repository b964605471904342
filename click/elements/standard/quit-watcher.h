#pragma once
// QuitWatcher(ELEMENT, ...)
//
// Stops the router when at least one of these elements is no longer scheduled. It looks once a second.
//
// Ports: none.

#include <click/element.h>
#include <click/scheduler.h>

namespace xylem::click {

class QuitWatcher final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void runTimer(Timer&) override;

 private:
  std::vector<Element*> watched;
  Timer timer;
};

}  // namespace xylem::click
