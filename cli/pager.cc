// A page is the screen less the row of the prompt. Lines wider than the screen take several rows.

#include <cli/pager.h>

#include <kj/debug.h>
#include <kj/io.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace xylem::cli {

using xrl::Task;

namespace {

constexpr kj::StringPtr MORE = "--More--"_kj, ERASE = "\r        \r"_kj;

void put(kj::ArrayPtr<const char> text) { kj::FdOutputStream(STDOUT_FILENO).write(text.begin(), text.size()); }

}  // namespace

Size screenSize() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2 || size.ws_col < 2) return Size{24, 80};
  return Size{size.ws_row, size.ws_col};
}

uint widthOf(kj::ArrayPtr<const char> text) {
  uint width = 0;
  for (unsigned char c : text) {
    if (c == '\t')
      width += 8 - width % 8;
    else if (c >= ' ' && (c & 0xc0) != 0x80)
      ++width;
  }
  return width;
}

Task<bool> Pager::show(kj::String text, bool paged) {
  auto screen = screenSize();
  size_t shown = 0, at = 0;
  while (at < text.size()) {
    auto rest = text.slice(at);
    auto end = rest.findFirst('\n').map([](size_t found) { return found + 1; }).orDefault(rest.size());
    uint rows = kj::max(1u, (widthOf(rest.slice(0, end)) + screen.columns - 1) / screen.columns);
    if (paged && used > 0 && used + rows > screen.rows - 1) {
      put(text.slice(shown, at));
      shown = at;
      char pressed = co_await key();
      if (pressed == 'q' || pressed == 'Q' || pressed == INTERRUPT) co_return false;
      screen = screenSize();
      used = pressed == '\n' || pressed == '\r' ? screen.rows - 1 - kj::min(rows, screen.rows - 1) : 0;
    }
    used += rows;
    at += end;
  }
  put(text.slice(shown, at));
  co_return true;
}

Task<char> Pager::key() {
  put(MORE);
  KJ_DEFER(put(ERASE));
  co_await keyboard.whenTyped();
  char pressed = keyboard.take().orDefault('q');
  co_return kj::mv(pressed);
}

}  // namespace xylem::cli
