// A clause becomes one test for each aligned word that it touches.

#include <click/elements/standard/classifier.h>

#include <cctype>
#include <optional>

namespace xylem::click {

const Kind Classifier::KIND = kindOf<Classifier>("Classifier", "1/-", "h/h");

namespace {

class PatternReader {
 public:
  PatternReader(const std::string& text, Args& args, int number)
      : text(text), args(args), prefix("pattern " + std::to_string(number) + ": ") {}

  Decision::Condition read() {
    std::vector<Decision::Condition> clauses;
    if (text == "-") return Decision::always();
    for (skipSpace(); at < text.size(); skipSpace()) {
      bool negated = take('!');
      if (negated) skipSpace();
      auto clause = readClause();
      if (!clause) break;
      clauses.push_back(negated ? Decision::negate(clause) : clause);
    }
    return Decision::all(clauses);
  }

 private:
  void skipSpace() {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
  }
  bool take(char c) {
    bool is = at < text.size() && text[at] == c;
    at += is;
    return is;
  }
  bool isDigit() const { return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); }
  void error(const std::string& what) { args.error(prefix + what); }

  std::string digits() {
    auto begin = at;
    while (at < text.size() && (std::isxdigit(static_cast<unsigned char>(text[at])) || text[at] == '?')) ++at;
    return text.substr(begin, at - begin);
  }

  Decision::Condition readClause() {
    constexpr int MOST = 1 << 15;
    if (!isDigit()) return error("expected a digit"), nullptr;
    int offset = 0;
    for (; isDigit(); ++at) offset = std::min(offset * 10 + (text[at] - '0'), MOST);
    if (!take('/')) return error("expected '/'"), nullptr;
    auto value = digits();
    bool hasMask = take('%');
    auto mask = hasMask ? digits() : std::string(value.size(), 'f');
    if (value.size() < 2)
      error("value has less than 2 hex digits");
    else if (value.size() % 2 != 0)
      error("value has odd number of hex digits");
    else if (mask.size() != value.size())
      error(mask.size() > value.size() ? "mask has too many hex digits" : "mask has too few hex digits");
    else if (offset == MOST)
      error("offset too large");
    else
      return tests(offset, value, mask);
    return Decision::always();
  }

  static unsigned nibble(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) ? unsigned(c - '0') : unsigned((c | 0x20) - 'a' + 10);
  }

  static Decision::Condition tests(int offset, const std::string& value, const std::string& mask) {
    std::vector<Decision::Condition> parts;
    for (size_t i = 0; i < value.size();) {
      int word = (offset + int(i / 2)) & ~3;
      uint32_t valueBits = 0, maskBits = 0;
      for (; i < value.size() && ((offset + int(i / 2)) & ~3) == word; ++i) {
        int shift = 28 - 8 * (offset + int(i / 2) - word) - (i % 2 ? 4 : 0);
        bool matters = value[i] != '?' && mask[i] != '?';
        if (matters) valueBits |= nibble(value[i]) << shift;
        if (matters) maskBits |= nibble(mask[i]) << shift;
      }
      parts.push_back(Decision::test(word, valueBits, maskBits));
    }
    return Decision::all(parts);
  }

  const std::string& text;
  Args& args;
  std::string prefix;
  size_t at = 0;
};

}  // namespace

void Classifier::configure(Args& args) {
  Strings patterns;
  args.rest(patterns);
  if (int(patterns.size()) != outputs())
    return args.error("need " + std::to_string(outputs()) + " arguments, one per output port");
  std::vector<Decision::Rule> rules;
  for (auto& each : patterns) {
    auto number = int(rules.size());
    rules.push_back({PatternReader(each, args, number).read(), number});
  }
  if (!args.complete()) return;
  decision.compile(rules);
  auto used = decision.used(outputs());
  for (size_t i = 0; i < used.size(); ++i)
    if (!used[i]) args.errors.warning("output " + std::to_string(i) + " matches no packets");
}

void Classifier::addHandlers(Handlers& handlers) {
  handlers.read(
      "program", [this]() { return decision.print(); }, Handler::CALM);
}

}  // namespace xylem::click
