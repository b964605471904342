#pragma once
// The keys that a person types, in order, none lost: those typed while a command runs wait for the next prompt. Only ^C
// is heard at once then, and drops what was typed before it.
//
// The terminal hands over single characters, ^C among them, for as long as there is a LineEditor.

#include <xrl/bell.h>
#include <xrl/loop.h>
#include <xrl/task.h>

#include <deque>

namespace xylem::cli {

constexpr char INTERRUPT = 3;
// ^C

class Keyboard {
 public:
  explicit Keyboard(xrl::Loop& loop);
  KJ_DISALLOW_COPY(Keyboard);

  kj::Promise<void> whenTyped();
  // There is a key to take, or none will ever come. For one caller at a time.
  kj::Maybe<char> take();
  // The next key, when there is one; none at the end of input.

  kj::Promise<void> interrupted();
  // ^C is typed while nobody waits for a key. For one caller at a time.

 private:
  using Waiting = kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>>;

  static bool wake(Waiting& waiting);
  xrl::Task<void> listen();

  xrl::Loop& loop;
  std::deque<char> typed;
  bool ended = false;
  Waiting forKey, forInterrupt;
  xrl::Bell room;
  kj::Promise<void> listening;
};

}  // namespace xylem::cli
