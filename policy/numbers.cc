// A number is digits alone, without leading zeros, so that each has one spelling. Sums stop at the ends of the range.

#include <policy/numbers.h>

#include <kj/debug.h>

#include <charconv>

namespace xylem::policy {
namespace {

kj::Maybe<uint32_t> number(kj::ArrayPtr<const char> text) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  bool padded = text.size() > 1 && text[0] == '0';
  if (error != std::errc() || end != text.end() || padded) return nullptr;
  return value;
}

}  // namespace

kj::Maybe<Interval> Interval::parse(kj::StringPtr text) {
  KJ_IF_MAYBE (dash, text.findFirst('-')) {
    auto first = number(text.slice(0, *dash)), last = number(text.slice(*dash + 1));
    bool open = *dash + 1 == text.size();
    if (first == nullptr || (last == nullptr && !open)) return nullptr;
    Interval made{KJ_ASSERT_NONNULL(first), last.orDefault(UINT32_MAX)};
    if (made.first > made.last) return nullptr;
    return made;
  }
  return number(text).map([](uint32_t value) { return Interval{value, value}; });
}

kj::Maybe<Amount> Amount::parse(kj::StringPtr text) {
  if (text == "none") return Amount{REMOVE};
  bool plus = text.startsWith("+"), minus = text.startsWith("-");
  return number(text.slice(plus || minus ? 1 : 0)).map([&](uint32_t value) {
    return Amount{plus ? ADD : minus ? SUBTRACT : SET, value};
  });
}

kj::Maybe<uint32_t> Amount::from(const kj::Maybe<uint32_t>& present, uint32_t absent) const {
  uint32_t before = present.orDefault(absent);
  switch (kind) {
    case SET:
      return value;
    case ADD:
      return before > UINT32_MAX - value ? UINT32_MAX : before + value;
    case SUBTRACT:
      return before < value ? 0 : before - value;
    case REMOVE:
      return nullptr;
  }
  KJ_UNREACHABLE;
}

}  // namespace xylem::policy
