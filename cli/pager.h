#pragma once
// Output on a terminal, page by page: at the foot of each it stops and waits for a key. Space: the next page. Enter:
// one more line. q: enough.

#include <cli/keyboard.h>
#include <kj/string.h>

namespace xylem::cli {

using kj::uint;

struct Size {
  uint rows, columns;
};
Size screenSize();
// Of the terminal on standard output.

uint widthOf(kj::ArrayPtr<const char> text);
// Columns that it takes on the screen.

class Pager {
 public:
  explicit Pager(Keyboard& keyboard) : keyboard(keyboard) {}

  void begin() { used = 0; }
  // The next output begins a page.

  xrl::Task<bool> show(kj::String text, bool paged);
  // False if the operator has had enough of it.

 private:
  xrl::Task<char> key();

  Keyboard& keyboard;
  uint used = 0;
  // Rows of the page that are full.
};

}  // namespace xylem::cli
