// One walk for all that goes down the grammar beside the words of a statement.

#include <config/value.h>
#include <config/walk.h>
#include <kj/debug.h>
#include <net/near.h>

namespace xylem::config {

kj::Maybe<kj::String> Walk::step(kj::StringPtr word) {
  if (next == END) {
    return kj::str("unexpected ", quoted(word), ": ", statement->type.isVoid() ? "nothing" : "nothing more",
                   " follows \"", statement->word, '"');
  }
  if (next == STATEMENT) {
    KJ_IF_MAYBE (found, block->find(word)) {
      statement = found;
    } else {
      return unknownStatement(*block, word);
    }
    switch (statement->kind) {
      case Statement::FLAG:
        next = statement->type.isBool() ? FLAG_VALUE : END;
        break;
      case Statement::LEAF:
      case Statement::WORDS:
        next = VALUE;
        break;
      case Statement::KEYED:
        next = KEY;
        break;
      case Statement::BLOCK:
        block = statement->block;
        break;
    }
    return nullptr;
  }
  KJ_IF_MAYBE (wrong, wrongValue(value(), word)) return kj::mv(*wrong);
  leap(word);
  return nullptr;
}

void Walk::leap(kj::StringPtr word) {
  KJ_REQUIRE(next != STATEMENT && next != END);
  if (next == KEY) {
    block = statement->block;
    next = STATEMENT;
  } else {
    next = statement->kind == Statement::WORDS ? MORE : END;
  }
}

const Statement& Walk::value() const { return next == KEY ? *statement->block->key : *statement; }

kj::Maybe<kj::String> Walk::missing() const {
  if (next != KEY && next != VALUE) return nullptr;
  return needs(*statement);
}

kj::String unknownStatement(const Block& block, kj::StringPtr word, kj::ArrayPtr<const Block* const> outer) {
  kj::Vector<kj::StringPtr> known;
  for (auto& statement : block.statements) {
    if (statement->deprecated == nullptr) known.add(statement->word);
  }
  auto text = kj::str(quoted(word), " is not known here");
  if (known.size() == 0) return kj::str(text, ": nothing can be configured here");
  KJ_IF_MAYBE (near, net::nearest(word, known)) return kj::str(text, "; did you mean \"", *near, "\"?");
  for (auto& statement : block.statements) {
    if (statement->block != nullptr && statement->block->find(word) != nullptr) {
      return kj::str(text, "; it belongs into \"", statement->word, "\"");
    }
  }
  for (auto around : outer) {
    if (around->find(word) != nullptr) return kj::str(text, "; it belongs further out: is a \"}\" missing before it?");
  }
  return kj::str(text, net::expectedOf(known));
}

kj::String needs(const Statement& statement) {
  if (statement.kind == Statement::KEYED) {
    auto& key = *statement.block->key;
    return kj::str('"', statement.word, "\" needs a ", key.word, ": ", expected(key));
  }
  return kj::str('"', statement.word, "\" needs a value: ", expected(statement));
}

}  // namespace xylem::config
