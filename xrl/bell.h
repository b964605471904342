#pragma once
// Bell: tells one coroutine that there is something to do.
//
//     for (;;) {
//       while (hasWork()) work();
//       co_await bell.wait();
//     }

#include <kj/async.h>

namespace xylem::xrl {

class Bell {
 public:
  void ring() {
    KJ_IF_MAYBE (fulfiller, waiting) {
      if ((*fulfiller)->isWaiting()) {
        (*fulfiller)->fulfill();
        return;
      }
    }
    rung = true;
  }
  // Wake whoever waits, or else whoever waits next. Ringing twice before that is ringing once.

  kj::Promise<void> wait() {
    if (rung) {
      rung = false;
      return kj::READY_NOW;
    }
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting = kj::mv(paf.fulfiller);
    return kj::mv(paf.promise);
  }
  // One waiter at a time; a new one takes the place of the old.

 private:
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  bool rung = false;
};

}  // namespace xylem::xrl
