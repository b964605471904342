// Standard input is read as fast as keys come, up to a bound: what is pasted beyond it waits in the terminal.

#include <cli/keyboard.h>

#include <kj/debug.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace xylem::cli {

constexpr size_t LONGEST = 65536;
// Keys that wait here.

Keyboard::Keyboard(xrl::Loop& loop) : loop(loop), listening(nullptr) {
  listening = kj::Promise<void>(listen()).eagerlyEvaluate(nullptr);
}

xrl::Task<void> Keyboard::listen() {
  char keys[256];
  while (!ended) {
    while (typed.size() >= LONGEST) {
      auto taken = room.wait();
      co_await kj::mv(taken);
    }
    co_await loop.whenReadable(STDIN_FILENO);
    ssize_t count = read(STDIN_FILENO, keys, sizeof(keys));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    auto came = kj::arrayPtr(keys, size_t(kj::max(count, ssize_t(0))));
    auto last = std::find(std::make_reverse_iterator(came.end()), std::make_reverse_iterator(came.begin()), INTERRUPT);
    if (!wake(forKey) && last.base() != came.begin() && wake(forInterrupt)) {
      typed.clear();
      came = kj::arrayPtr(last.base(), came.end());
    }
    typed.insert(typed.end(), came.begin(), came.end());
    ended = count <= 0;
  }
  wake(forKey);
}

bool Keyboard::wake(Waiting& waiting) {
  KJ_IF_MAYBE (fulfiller, waiting) {
    bool awaited = (*fulfiller)->isWaiting();
    if (awaited) (*fulfiller)->fulfill();
    return awaited;
  }
  return false;
}

kj::Promise<void> Keyboard::whenTyped() {
  if (!typed.empty() || ended) return kj::READY_NOW;
  auto typing = kj::newPromiseAndFulfiller<void>();
  forKey = kj::mv(typing.fulfiller);
  return kj::mv(typing.promise);
}

kj::Maybe<char> Keyboard::take() {
  if (typed.empty()) return nullptr;
  char key = typed.front();
  typed.pop_front();
  room.ring();
  return key;
}

kj::Promise<void> Keyboard::interrupted() {
  auto typing = kj::newPromiseAndFulfiller<void>();
  forInterrupt = kj::mv(typing.fulfiller);
  return kj::mv(typing.promise);
}

}  // namespace xylem::cli
