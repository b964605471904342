// An element that has no tasks counts as one that is not scheduled.

#include <click/elements/standard/quit-watcher.h>
#include <click/router.h>

namespace xylem::click {

const Kind QuitWatcher::KIND = kindOf<QuitWatcher>("QuitWatcher");

void QuitWatcher::configure(Args& args) {
  Strings names;
  args.rest(names);
  for (auto& name : names)
    if (auto element = router().find(name, this))
      watched.push_back(element);
    else
      args.error("no element named " + quoted(name));
}

void QuitWatcher::initialize(Errors&) {
  timer.initialize(*this);
  timer.scheduleAfter(SECOND);
}

void QuitWatcher::runTimer(Timer&) {
  for (auto element : watched) {
    auto handler = router().handler(element, "scheduled");
    SilentErrors silent;
    if (handler == nullptr || trim(handler->read("", silent)) == "false") return router().stop();
  }
  timer.rescheduleAfter(SECOND);
}

}  // namespace xylem::click
