#pragma once
// Expression: which policies have to accept a route: `A`, `A && !(B || C)`.
//
// `!` binds more closely than `&&`, and that more closely than `||`. What decides first ends the evaluation.

#include <kj/function.h>
#include <kj/one-of.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace xylem::policy {

using kj::uint;

bool isName(kj::StringPtr text);
// Of a policy or a list: letters, digits, `-`, `_` and `.`.

class Expression {
 public:
  struct Wrong {
    size_t at;
    kj::String text;
  };
  static constexpr uint DEEPEST = 50;
  // Brackets in brackets.

  static kj::OneOf<Expression, Wrong> parse(kj::StringPtr text);

  kj::ArrayPtr<const kj::String> names() const { return all; }
  // The policies, each once.

  bool holds(kj::FunctionParam<bool(uint)> accepts) const;
  // `accepts` is asked by the index in names().

 private:
  friend class ExpressionParser;
  struct Step {
    enum Kind : uint8_t { ASK, NOT, SKIP_IF_TRUE, SKIP_IF_FALSE } kind;
    uint operand;
    // Of ASK: the name. Of a SKIP: the step to go on with.
  };
  kj::Vector<kj::String> all;
  kj::Vector<Step> steps;
};

}  // namespace xylem::policy
