#pragma once
// One statement, word by word: what the words so far are, and what may come next. Setting, resolving and completing all
// walk this way, so they agree.

#include <config/grammar.h>

namespace xylem::config {

class Walk {
 public:
  explicit Walk(const Grammar& grammar) : block(&grammar.root()) {}

  enum Next {
    STATEMENT,   // a statement of `block`, or the end
    KEY,         // the key of `statement`
    VALUE,       // a value of `statement`
    MORE,        // another value of `statement`, or the end
    FLAG_VALUE,  // `true` or `false`, or the end
    END,         // nothing more
  };
  Next next = STATEMENT;
  const Block* block;
  // The block reached last.
  const Statement* statement = nullptr;
  // The statement begun last.

  kj::Maybe<kj::String> step(kj::StringPtr word);
  // Takes the next word, or says what is wrong with it and stays.

  void leap(kj::StringPtr word);
  // Takes it, whatever it is worth as a value. Not for STATEMENT and END.

  const Statement& value() const;
  // Whose value or key comes next.

  kj::Maybe<kj::String> missing() const;
  // What has to follow before the statement may end.
};

kj::String unknownStatement(const Block& block, kj::StringPtr word, kj::ArrayPtr<const Block* const> outer = nullptr);
// `"x" is not known here; did you mean "y"?` With the blocks around it, it also says if the word belongs into one of
// them.

kj::String needs(const Statement& statement);
// `"cost" needs a value: a number from 1 to 16`

}  // namespace xylem::config
