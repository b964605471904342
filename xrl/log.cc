// The log, by spdlog. Its headers are all that is used of it and of fmt, since their libraries would bring that of C++
// into each process a second time.

#define SPDLOG_FMT_EXTERNAL
#define FMT_HEADER_ONLY

#include <xrl/log.h>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace xylem::xrl::log {

namespace {

spdlog::logger& logger() {
  static spdlog::logger instance("xylem", std::make_shared<spdlog::sinks::stderr_sink_st>());
  return instance;
}

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::DEBUG:
      return spdlog::level::debug;
    case Level::INFO:
      return spdlog::level::info;
    case Level::WARN:
      return spdlog::level::warn;
    case Level::ERROR:
      return spdlog::level::err;
  }
  KJ_UNREACHABLE;
}

}  // namespace

void open(kj::StringPtr name, Level least) {
  logger().set_level(native(least));
  logger().set_pattern(kj::str("%Y-%m-%dT%H:%M:%S.%e %l ", name, ": %v").cStr());
}

bool enabled(Level level) { return logger().should_log(native(level)); }
void write(Level level, kj::StringPtr line) {
  logger().log(native(level), spdlog::string_view_t(line.begin(), line.size()));
}

kj::String quote(kj::String value) {
  bool plain = value.size() > 0;
  for (char c : value) plain = plain && static_cast<unsigned char>(c) > ' ' && c != '"' && c != 0x7f;
  if (plain) return value;
  kj::Vector<char> out;
  out.add('"');
  for (char c : value) {
    if (c == '\n' || c == '\r' || c == '\t')
      out.add(' ');
    else if (c == '"' || c == '\\')
      out.addAll(kj::arr('\\', c));
    else if (static_cast<unsigned char>(c) >= ' ' && c != 0x7f)
      out.add(c);
  }
  out.addAll(kj::arr('"', '\0'));
  return kj::String(out.releaseAsArray());
}

}  // namespace xylem::xrl::log
