// For people the texts are compared, because they want to see what they wrote; the transaction compares what was
// compiled from them, because it asks which daemon has to do something.

#include <config/diff.h>
#include <kj/debug.h>
#include <net/word.h>

namespace xylem::config {
namespace {

class Comparison {
 public:
  void block(const Node& was, const Node& now) {
    kj::Vector<Pair> inner;
    auto start = lines.size();
    statements(was, now, inner);
    if (lines.size() > start && path.size() > 0) {
      auto fresh = kj::str('[', kj::strArray(path, " "), "]\n", kj::strArray(lines.slice(start, lines.size()), ""));
      lines.truncate(start);
      lines.add(kj::mv(fresh));
    }
    for (auto& pair : inner) {
      auto length = path.size();
      for (auto& word : pair.head) path.add(quote(word));
      block(*pair.was, *pair.now);
      path.truncate(length);
    }
  }

  kj::Vector<kj::String> lines;

 private:
  struct Pair {
    kj::Array<kj::StringPtr> head;
    const Node* was;
    const Node* now;
  };

  void statements(const Node& was, const Node& now, kj::Vector<Pair>& inner) {
    // All that begin with `head`, first those that were there before.
    for (auto& old : was) {
      KJ_IF_MAYBE (fresh, now.find(old.word())) {
        head.add(old.word());
        if (!old.heads || !fresh->heads) {
          inner.add(Pair{kj::heapArray<kj::StringPtr>(head), &old, fresh});
        } else {
          if (old.size() == 0 && fresh->size() > 0) line('-');
          if (old.size() > 0 && fresh->size() == 0) line('+');
          statements(old, *fresh, inner);
        }
        head.removeLast();
      } else {
        subtree('-', old);
      }
    }
    for (auto& fresh : now) {
      if (was.find(fresh.word()) == nullptr) subtree('+', fresh);
    }
  }

  void line(char sign) {
    Node alone;
    alone.add(head);
    emit(sign, alone);
  }

  void subtree(char sign, const Node& node) {
    Node alone;
    head.add(node.word());
    auto& copy = alone.add(head);
    head.removeLast();
    copy.heads = node.heads;
    copy.merge(node);
    emit(sign, alone);
  }

  void emit(char sign, const Node& node) {
    auto text = printBraces(node, path.size() > 0 ? 1 : 0);
    for (auto rest = text.asPtr(); rest.size() > 0;) {
      auto end = KJ_ASSERT_NONNULL(rest.findFirst('\n')) + 1;
      auto skip = path.size() > 0 ? 1 : 0;  // the sign takes the place of one space
      lines.add(kj::str(sign, skip ? "" : "   ", kj::heapString(rest.slice(skip).begin(), end - skip)));
      rest = rest.slice(end);
    }
  }

  kj::Vector<kj::String> path;
  kj::Vector<kj::StringPtr> head;
};

using Reader = capnp::DynamicStruct::Reader;

bool sameBlock(const Block& block, Reader was, Reader now);

bool sameEntries(const Block& block, capnp::DynamicList::Reader was, capnp::DynamicList::Reader now) {
  if (was.size() != now.size()) return false;
  auto& key = *block.key;
  auto& field = KJ_ASSERT_NONNULL(key.field);
  kj::HashMap<kj::String, Reader> before;
  for (auto element : was) {
    auto entry = element.as<capnp::DynamicStruct>();
    before.upsert(net::printWord(entry.get(field)), entry, [](auto&, auto&&) {});
  }
  for (auto element : now) {
    auto entry = element.as<capnp::DynamicStruct>();
    auto word = net::printWord(entry.get(field));
    KJ_IF_MAYBE (old, before.find(word)) {
      if (!sameBlock(block, *old, entry)) return false;
    } else {
      return false;
    }
  }
  return true;
}

bool sameField(const Statement& statement, Reader was, Reader now) {
  auto& field = KJ_ASSERT_NONNULL(statement.field);
  if (statement.member) {
    auto active = [&](Reader reader) {
      KJ_IF_MAYBE (which, reader.which()) return *which == field;
      return false;
    };
    if (active(was) != active(now)) return false;
    if (!active(was)) return true;
  }
  auto a = was.get(field), b = now.get(field);
  switch (statement.kind) {
    case Statement::FLAG:
      return statement.type.isVoid() || a.as<bool>() == b.as<bool>();
    case Statement::LEAF:
      return net::printWord(a) == net::printWord(b);
    case Statement::WORDS: {
      auto before = a.as<capnp::DynamicList>(), after = b.as<capnp::DynamicList>();
      if (before.size() != after.size()) return false;
      for (auto i : kj::zeroTo(before.size())) {
        if (net::printWord(before[i]) != net::printWord(after[i])) return false;
      }
      return true;
    }
    case Statement::KEYED:
      return sameEntries(*statement.block, a.as<capnp::DynamicList>(), b.as<capnp::DynamicList>());
    case Statement::BLOCK:
      if (!was.has(field) && !now.has(field)) return true;
      return sameBlock(*statement.block, a.as<capnp::DynamicStruct>(), b.as<capnp::DynamicStruct>());
  }
  KJ_UNREACHABLE;
}

bool sameBlock(const Block& block, Reader was, Reader now) {
  for (auto& statement : block.statements) {
    if (statement->daemon == nullptr && statement->field != nullptr && !sameField(*statement, was, now)) return false;
  }
  return true;
}

}  // namespace

kj::String compare(const Tree& was, const Tree& now) {
  Comparison comparison;
  comparison.block(was.root(), now.root());
  return kj::strArray(comparison.lines, "");
}

bool same(const Grammar::Daemon& daemon, Reader was, Reader now) {
  for (auto& statement : daemon.block->statements) {
    KJ_IF_MAYBE (field, statement->field) {
      bool own = statement->daemon != nullptr && field->getContainingStruct() == daemon.config;
      if (own && !sameField(*statement, was, now)) return false;
    }
  }
  for (auto& shared : daemon.shared)
    if (!sameField(*shared.statement, was, now)) return false;
  return true;
}

}  // namespace xylem::config
