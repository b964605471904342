#pragma once
// A line from a terminal: libedit, with completion, help and history.

#include <cli/help.h>
#include <cli/keyboard.h>
#include <kj/function.h>

namespace xylem::cli {

class LineEditor {
 public:
  using Complete = kj::Function<Offer(kj::StringPtr line)>;
  // What may come behind this beginning of a line.
  using Show = kj::Function<void(kj::String text)>;
  // Shows help, while the line is being edited.

  LineEditor(xrl::Loop& loop, Keyboard& keyboard, Complete complete, Show show);
  // Has the terminal. The loop turns while a key is awaited.
  ~LineEditor() noexcept(false);
  KJ_DISALLOW_COPY(LineEditor);

  kj::Maybe<kj::String> read(kj::StringPtr prompt, kj::ForkedPromise<void>& told);
  // Waits for the operator: the line without its newline, empty if it was given up by ^C. None at the end of input, or
  // when told that it is over.

 private:
  struct Editing;
  kj::Own<Editing> editing;
};

}  // namespace xylem::cli
