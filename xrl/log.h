#pragma once
// The log. A line is an event in the field's words, and what it concerns as key=value:
//
//     log::info("neighbor down", "peer", address, "reason", "hold timer");
//
// error: someone must act. warn: the other side is wrong. info: state changes and commits. debug: what trace flags ask
// for. What happens for each packet or route is a counter, never a line.

#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::xrl::log {

enum class Level { DEBUG, INFO, WARN, ERROR };

void open(kj::StringPtr name, Level least = Level::INFO);
// Lines go to standard error, with the time, the level and this name. Before this they have no name.

bool enabled(Level level);
void write(Level level, kj::StringPtr line);
kj::String quote(kj::String value);
// In quotes if it is empty or has a space, a quote or a control character, so that a line stays one line of key=value.

template <typename... Pairs> void event(Level level, kj::StringPtr what, const Pairs&... pairs) {
  static_assert(sizeof...(Pairs) % 2 == 0, "keys and values come in pairs");
  if (!enabled(level)) return;
  kj::Vector<kj::String> words;
  words.add(kj::str(what));
  [[maybe_unused]] bool key = true;
  [[maybe_unused]] auto add = [&](const auto& each) {
    auto text = kj::str(each);
    words.add(key ? kj::str(' ', text, '=') : quote(kj::mv(text)));
    key = !key;
  };
  (add(pairs), ...);
  write(level, kj::strArray(words, ""));
}

template <typename... Pairs> void debug(kj::StringPtr what, const Pairs&... pairs) {
  event(Level::DEBUG, what, pairs...);
}
template <typename... Pairs> void info(kj::StringPtr what, const Pairs&... pairs) {
  event(Level::INFO, what, pairs...);
}
template <typename... Pairs> void warn(kj::StringPtr what, const Pairs&... pairs) {
  event(Level::WARN, what, pairs...);
}
template <typename... Pairs> void error(kj::StringPtr what, const Pairs&... pairs) {
  event(Level::ERROR, what, pairs...);
}

}  // namespace xylem::xrl::log
