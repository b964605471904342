#pragma once
// One after the other: operations on the same thing that each take several turns of the loop.
//
//     auto turn = co_await turns.next();     // held until `turn` goes away, however that comes

#include <kj/async.h>

namespace xylem::fea {

class Turns {
 public:
  struct Turn {
    explicit Turn(kj::Own<kj::PromiseFulfiller<void>> over) : over(kj::mv(over)) {}
    ~Turn() noexcept(false) { over->fulfill(); }
    kj::Own<kj::PromiseFulfiller<void>> over;
  };

  kj::Promise<kj::Own<Turn>> next() {
    // Given in the order asked for, when all earlier ones are over.
    auto end = kj::newPromiseAndFulfiller<void>();
    auto before = last.addBranch();
    last = last.addBranch().then([over = kj::mv(end.promise)]() mutable { return kj::mv(over); }).fork();
    auto turn = kj::heap<Turn>(kj::mv(end.fulfiller));
    return before.then([turn = kj::mv(turn)]() mutable { return kj::mv(turn); });
  }

 private:
  kj::ForkedPromise<void> last = kj::Promise<void>(kj::READY_NOW).fork();
};

}  // namespace xylem::fea
