// A parser by recursive descent, one for both kinds; they differ in what is a symbol. The first thing wrong ends it.

#include <policy/regex.h>

#include <kj/debug.h>

namespace xylem::policy {
namespace {

constexpr uint DEEPEST = 50;
// Groups in groups.

bool isDigit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(kj::StringPtr text, Regex::Kind kind, Automaton& automaton) : text(text), kind(kind), automaton(automaton) {}

  kj::Maybe<Regex::Wrong> run() {
    if (text.size() > Regex::LONGEST)
      return Regex::Wrong{Regex::LONGEST, kj::str("longer than ", Regex::LONGEST, " characters")};
    auto whole = choice();
    if (wrong == nullptr && at < text.size()) fail(at, kj::str("\")\" without \"(\""));
    if (wrong == nullptr) automaton.finish(whole);
    return kj::mv(wrong);
  }

 private:
  using Part = Automaton::Part;
  using Range = Automaton::Range;

  Part fail(size_t where, kj::String why) {
    if (wrong == nullptr) wrong = Regex::Wrong{where, kj::mv(why)};
    return {};
  }
  bool good() const { return wrong == nullptr; }
  bool more() const { return at < text.size(); }
  char peek() const { return more() ? text[at] : '\0'; }
  bool skip(char c) {
    if (!more() || text[at] != c) return false;
    ++at;
    return true;
  }
  bool isGap(char c) const { return kind == Regex::PATHS && (c == ' ' || c == '_'); }

  Part choice() {
    auto all = sequence();
    while (good() && skip('|')) {
      auto other = sequence();
      if (good()) all = automaton.either(all, other);
    }
    return all;
  }

  Part sequence() {
    auto all = automaton.nothing();
    bool gap = true, number = false;
    // Whether the last atom was followed by a gap, and was a number.
    while (good() && more() && peek() != '|' && peek() != ')') {
      if (isGap(peek())) {
        ++at;
        gap = true;
        continue;
      }
      bool anchor = peek() == '^' || peek() == '$';
      bool isNumber = kind == Regex::PATHS && isDigit(peek());
      if (!gap && !anchor && (number || isNumber))
        return fail(at, kj::str("a space or \"_\" is missing here: a number is a whole AS number"
                                " and a set is one of whole AS numbers, such as [64512-65534]"));
      auto next = repeated(anchor);
      if (good()) all = automaton.concat(all, next);
      if (automaton.isTooBig()) return fail(at, kj::str("the expression is too big"));
      gap = anchor;
      number = isNumber;
    }
    return all;
  }

  Part repeated(bool anchor) {
    auto part = atom();
    while (good() && more()) {
      uint least = 0, most = Automaton::MANY;
      auto where = at;
      if (skip('+')) {
        least = 1;
      } else if (skip('?')) {
        most = 1;
      } else if (skip('{')) {
        if (!bounds(least, most)) return {};
      } else if (!skip('*')) {
        break;
      }
      if (anchor) return fail(where, kj::str('"', text[where], "\" cannot repeat \"", text[where - 1], '"'));
      part = automaton.repeat(part, least, most);
      if (automaton.isTooBig()) return fail(where, kj::str("the expression is too big"));
    }
    return part;
  }

  bool bounds(uint& least, uint& most) {
    auto where = at;
    auto first = count();
    if (first == nullptr) return fail(where, kj::str("expected a number from 0 to ", Regex::MOST)), false;
    least = most = KJ_ASSERT_NONNULL(first);
    if (skip(',')) {
      most = Automaton::MANY;
      where = at;
      if (isDigit(peek())) {
        auto second = count();
        if (second == nullptr) return fail(where, kj::str("expected a number from 0 to ", Regex::MOST)), false;
        most = KJ_ASSERT_NONNULL(second);
        if (most < least) return fail(where, kj::str(most, " is less than ", least)), false;
      }
    }
    if (!skip('}')) return fail(at, kj::str("expected \"}\"")), false;
    return true;
  }

  kj::Maybe<uint> count() {
    auto value = number();
    KJ_IF_MAYBE (v, value)
      if (*v <= Regex::MOST) return uint(*v);
    return nullptr;
  }

  kj::Maybe<uint32_t> number() {
    // At most 4294967295.
    if (!isDigit(peek())) return nullptr;
    uint64_t value = 0;
    while (isDigit(peek())) {
      value = value * 10 + uint64_t(text[at++] - '0');
      if (value > UINT32_MAX) return nullptr;
    }
    return uint32_t(value);
  }

  Part atom() {
    auto where = at;
    if (skip('^')) return automaton.begins();
    if (skip('$')) return automaton.ends();
    if (skip('.')) return automaton.one({{0, UINT32_MAX}});
    if (skip('[')) return set(where);
    if (skip('(')) return group(where);
    char c = peek();
    if (c == '*' || c == '+' || c == '?' || c == '{') return fail(at, kj::str('"', c, "\" has nothing to repeat"));
    if (kind == Regex::PATHS && !isDigit(c))
      return fail(at, kj::str("\"", c, "\" is not known here; expected an AS number"));
    return symbol().map([this](uint32_t value) { return automaton.one({{value, value}}); }).orDefault({});
  }

  kj::Maybe<uint32_t> symbol() {
    // A number, or a character.
    auto where = at;
    if (kind == Regex::PATHS) {
      auto value = number();
      if (value == nullptr) fail(where, kj::str("expected an AS number, from 0 to 4294967295"));
      return value;
    }
    if (skip('\\') && !more()) {
      fail(at, kj::str("expected a character after \"\\\""));
      return nullptr;
    }
    return uint32_t(uint8_t(text[at++]));
  }

  Part group(size_t where) {
    if (++depth > DEEPEST) return fail(where, kj::str("more than ", DEEPEST, " groups in each other"));
    auto begin = automaton.nothing();
    auto inner = choice();
    if (!good()) return {};
    if (!skip(')')) return fail(where, kj::str("\"(\" without \")\""));
    --depth;
    return automaton.concat(begin, inner);
  }

  Part set(size_t where) {
    bool negated = skip('^');
    std::vector<Range> ranges;
    for (;;) {
      while (kind == Regex::PATHS && (skip(' ') || skip(','))) {
      }
      if (!more()) return fail(where, kj::str("\"[\" without \"]\""));
      if (skip(']')) break;
      auto first = symbol();
      if (first == nullptr) return {};
      auto low = KJ_ASSERT_NONNULL(first), high = low;
      auto dash = at;
      if (skip('-')) {
        auto last = symbol();
        if (last == nullptr) return {};
        high = KJ_ASSERT_NONNULL(last);
      }
      if (high < low) return fail(dash, kj::str("the range ends before it begins"));
      ranges.push_back({low, high});
    }
    if (ranges.empty()) return fail(where, kj::str("the set is empty"));
    return automaton.one(negated ? complement(kj::mv(ranges)) : kj::mv(ranges));
  }

  static std::vector<Range> complement(std::vector<Range> ranges) {
    std::sort(ranges.begin(), ranges.end(), [](auto& a, auto& b) { return a.first < b.first; });
    std::vector<Range> others;
    uint64_t next = 0;
    for (auto& range : ranges) {
      if (range.first > next) others.push_back({uint32_t(next), range.first - 1});
      next = kj::max(next, uint64_t(range.last) + 1);
    }
    if (next <= UINT32_MAX) others.push_back({uint32_t(next), UINT32_MAX});
    return others;
  }

  kj::StringPtr text;
  Regex::Kind kind;
  Automaton& automaton;
  size_t at = 0;
  uint depth = 0;
  kj::Maybe<Regex::Wrong> wrong;
};

}  // namespace

kj::OneOf<kj::Own<Regex>, Regex::Wrong> Regex::parse(kj::StringPtr text, Kind kind) {
  auto made = kj::heap<Regex>();
  KJ_IF_MAYBE (wrong, Parser(text, kind, made->automaton).run()) return kj::mv(*wrong);
  return kj::mv(made);
}

bool Regex::matches(const AsPath& path) const {
  Automaton::Run run(automaton);
  for (auto segment : path)
    for (auto as : segment.members) {
      if (run.isDecided()) return true;
      run.step(as);
    }
  return run.end();
}

bool Regex::matches(kj::StringPtr text) const {
  Automaton::Run run(automaton);
  for (char c : text) run.step(uint8_t(c));
  return run.end();
}

}  // namespace xylem::policy
