// One pass from left to right; the first problem ends it, and its place is where it was seen.

#include <xrl/locator.h>

namespace xylem::xrl {

namespace {

constexpr size_t MAX_LOCATOR = 1 << 20;

bool isLetter(char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); }
bool isNameCharacter(char c) { return isLetter(c) || ('0' <= c && c <= '9') || c == '-' || c == '.'; }
int hexDigit(char c) {
  if ('0' <= c && c <= '9') return c - '0';
  if ('a' <= c && c <= 'f') return c - 'a' + 10;
  if ('A' <= c && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Reader {
  // Reads from left to right; after the first problem it reads nothing more.
 public:
  explicit Reader(kj::StringPtr text) : text(text) {}

  bool atEnd() const { return at == text.size(); }
  bool take(kj::StringPtr what) {
    if (problem != nullptr || !text.slice(at).startsWith(what)) return false;
    at += what.size();
    return true;
  }
  void expect(kj::StringPtr what, kj::StringPtr before) {
    if (!take(what)) fail(kj::str("expected '", what, "' and ", before));
  }
  kj::String name(kj::StringPtr what) {
    size_t begin = at;
    if (problem == nullptr && (atEnd() || !isLetter(text[at]))) fail(kj::str("expected ", what));
    while (problem == nullptr && !atEnd() && isNameCharacter(text[at])) ++at;
    return kj::heapString(text.slice(begin, at));
  }
  kj::String value() {
    kj::Vector<char> out;
    while (problem == nullptr && !atEnd() && text[at] != '&') {
      char c = text[at];
      if (c == '%') {
        int high = at + 2 < text.size() ? hexDigit(text[at + 1]) : -1;
        int low = high >= 0 ? hexDigit(text[at + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0)) {
          fail(kj::str("expected two hexadecimal digits after '%', not both zero"));
          break;
        }
        out.add(char(high * 16 + low));
        at += 3;
      } else if (static_cast<unsigned char>(c) <= ' ' || c == '#' || c == 0x7f) {
        fail(kj::str("this character has to be written as '%' and two hexadecimal digits"));
      } else {
        out.add(c);
        ++at;
      }
    }
    out.add('\0');
    return kj::String(out.releaseAsArray());
  }
  void fail(kj::String why) {
    if (problem == nullptr) problem = BadLocator{at, kj::mv(why)};
  }

  kj::Maybe<BadLocator> problem;

 private:
  kj::StringPtr text;
  size_t at = 0;
};

kj::String escape(kj::StringPtr value) {
  constexpr char DIGITS[] = "0123456789abcdef";
  kj::Vector<char> out;
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '&' || c == '%' || c == '#')
      out.addAll(kj::arr('%', DIGITS[byte >> 4], DIGITS[byte & 15]));
    else
      out.add(c);
  }
  out.add('\0');
  return kj::String(out.releaseAsArray());
}

}  // namespace

kj::OneOf<Locator, BadLocator> parseLocator(kj::StringPtr text) {
  if (text.size() > MAX_LOCATOR) return BadLocator{MAX_LOCATOR, kj::str("a locator is no longer than this")};
  Reader reader(text);
  Locator locator;
  reader.take("xrl:");
  locator.target = reader.name("the name of a target, such as 'rib'");
  reader.expect("/", "the name of an interface, such as 'Show'");
  locator.interface = reader.name("the name of an interface, such as 'Show'");
  reader.expect("/", "the name of a method");
  locator.method = reader.name("the name of a method");
  if (reader.take("?")) {
    do {
      auto name = reader.name("the name of an argument");
      reader.expect("=", "the argument's value");
      auto value = reader.value();
      locator.arguments.add(Locator::Argument{kj::mv(name), kj::mv(value)});
    } while (reader.take("&"));
  }
  if (!reader.atEnd()) reader.fail(kj::str("expected the end, or '?' and arguments"));
  KJ_IF_MAYBE (problem, reader.problem) return kj::mv(*problem);
  return kj::mv(locator);
}

kj::String KJ_STRINGIFY(const Locator& locator) {
  kj::Vector<kj::String> parts;
  parts.add(kj::str("xrl:", locator.target, '/', locator.interface, '/', locator.method));
  char separator = '?';
  for (auto& each : locator.arguments) {
    parts.add(kj::str(separator, each.name, '=', escape(each.value)));
    separator = '&';
  }
  return kj::strArray(parts, "");
}

}  // namespace xylem::xrl
