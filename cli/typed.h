#pragma once
// A line as an operator typed it, and the screen that answers.

#include <cli/pipe.h>
#include <kj/async.h>

namespace xylem::cli {

class Screen {
 public:
  virtual kj::Promise<void> write(kj::String text, bool paged) = 0;
  // Output of a command; the next piece comes when this is done. `paged`: it may stop at each page, if there are pages.

  virtual void complain(kj::StringPtr line, uint column, kj::StringPtr text) = 0;
  // What is wrong with a line, and in which column; 0 if nothing of the line itself is wrong.
};

struct Typed {
  explicit Typed(kj::StringPtr text) : text(kj::str(text)), piped(parsePipes(text)) {}

  kj::String text;
  Piped piped;

  uint columnOf(uint word) const;
  // Of that word of the command, or behind the last one.
};

kj::Maybe<size_t> firstBar(kj::StringPtr line);
kj::Maybe<size_t> lastBar(kj::StringPtr line);
// Where a `|` stands outside of quotes.

}  // namespace xylem::cli
