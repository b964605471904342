// An expression becomes a few steps that work on one truth value: since `&&` and `||` are decided by their first
// operand or are what their second one is, no other value needs to be kept.

#include <policy/expression.h>

namespace xylem::policy {
namespace {

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

bool isName(kj::StringPtr text) {
  for (char c : text)
    if (!isNameCharacter(c)) return false;
  return text.size() > 0;
}

class ExpressionParser {
 public:
  explicit ExpressionParser(kj::StringPtr text) : text(text) {}

  kj::OneOf<Expression, Expression::Wrong> run() {
    either();
    if (wrong == nullptr && at < text.size())
      fail(text[at] == ')' ? kj::str("\")\" without \"(\"") : kj::str("expected \"&&\" or \"||\""));
    KJ_IF_MAYBE (problem, wrong) return kj::mv(*problem);
    return kj::mv(made);
  }

 private:
  using Step = Expression::Step;

  void either() {
    chain("||", Step::SKIP_IF_TRUE, [this]() { both(); });
  }
  void both() {
    chain("&&", Step::SKIP_IF_FALSE, [this]() { operand(); });
  }

  template <typename F> void chain(kj::StringPtr sign, Step::Kind skip, F&& part) {
    kj::Vector<size_t> skips;
    part();
    while (wrong == nullptr && take(sign)) {
      skips.add(made.steps.size());
      made.steps.add(Step{skip, 0});
      part();
    }
    for (auto step : skips) made.steps[step].operand = uint(made.steps.size());
  }

  void operand() {
    bool negated = false;
    while (take("!")) negated = !negated;
    if (take("(")) {
      if (++depth > Expression::DEEPEST)
        return fail(kj::str("more than ", Expression::DEEPEST, " brackets in each other"));
      either();
      --depth;
      if (wrong == nullptr && !take(")")) return fail(kj::str("expected \")\""));
    } else {
      name();
    }
    if (negated) made.steps.add(Step{Step::NOT, 0});
  }

  void name() {
    auto from = at;
    while (at < text.size() && isNameCharacter(text[at])) ++at;
    if (at == from) return fail(kj::str("expected the name of a policy"));
    auto found = kj::heapString(text.begin() + from, at - from);
    spaces();
    uint index = 0;
    while (index < made.all.size() && made.all[index] != found) ++index;
    if (index == made.all.size()) made.all.add(kj::mv(found));
    made.steps.add(Step{Step::ASK, index});
  }

  bool take(kj::StringPtr sign) {
    spaces();
    if (!text.slice(at).startsWith(sign)) return false;
    at += sign.size();
    spaces();
    return true;
  }
  void spaces() {
    while (at < text.size() && text[at] == ' ') ++at;
  }
  void fail(kj::String why) {
    if (wrong == nullptr) wrong = Expression::Wrong{at, kj::mv(why)};
  }

  kj::StringPtr text;
  size_t at = 0;
  uint depth = 0;
  Expression made;
  kj::Maybe<Expression::Wrong> wrong;
};

kj::OneOf<Expression, Expression::Wrong> Expression::parse(kj::StringPtr text) { return ExpressionParser(text).run(); }

bool Expression::holds(kj::FunctionParam<bool(uint)> accepts) const {
  bool value = false;
  for (size_t at = 0; at < steps.size();) {
    auto& step = steps[at++];
    switch (step.kind) {
      case Step::ASK:
        value = accepts(step.operand);
        break;
      case Step::NOT:
        value = !value;
        break;
      case Step::SKIP_IF_TRUE:
        if (value) at = step.operand;
        break;
      case Step::SKIP_IF_FALSE:
        if (!value) at = step.operand;
        break;
    }
  }
  return value;
}

}  // namespace xylem::policy
