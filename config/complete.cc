// Completion walks the grammar beside the tree along the words that are there, and offers what may come next.

#include <config/complete.h>
#include <config/value.h>
#include <config/walk.h>
#include <kj/debug.h>
#include <net/near.h>
#include <net/word.h>

namespace xylem::config {
namespace {

kj::Vector<kj::StringPtr> beginningWith(kj::StringPtr prefix, kj::ArrayPtr<const kj::StringPtr> words) {
  kj::Vector<kj::StringPtr> found;
  for (auto word : words) {
    if (word == prefix) {
      found.clear();
      found.add(word);
      break;
    }
    if (word.startsWith(prefix)) found.add(word);
  }
  return found;
}

kj::String sectionHelp(const Statement& statement) {
  // The words of a path have no doc comment of their own.
  if (statement.help != nullptr || statement.field != nullptr) return firstLine(statement.help);
  return kj::strArray(
      KJ_MAP(inner, statement.block->statements)->kj::StringPtr { return inner->word; }, ", ");
}

kj::String hintOf(const Statement& value) {
  KJ_IF_MAYBE (range, value.range) return kj::str('<', range->min, "..", range->max, '>');
  if (value.type.isStruct()) {
    return kj::str('<', net::kebab(kj::str(value.type.asStruct().getShortDisplayName())), '>');
  }
  return kj::str(value.type.isText() ? "<text>" : "<number>");
}

class Completer {
 public:
  Completer(const Grammar& grammar, const Tree& tree, kj::StringPtr partial, Among among)
      : tree(tree), partial(partial), among(among) {}

  void statements(const Block& block, kj::Maybe<const Node&> node) {
    for (auto& statement : block.statements) {
      bool there = false;
      KJ_IF_MAYBE (n, node) there = n->find(statement->word) != nullptr;
      if (among == Among::EXISTING && !there) continue;
      if (among == Among::BLOCKS && statement->block == nullptr) continue;
      if (statement->deprecated != nullptr && !there) continue;
      offer(statement->word, sectionHelp(*statement), *statement);
      if (statement->mandatory && out.candidates.size() > 0 && out.candidates.back().word == statement->word) {
        out.candidates.back().mandatory = true;
      }
    }
  }

  void values(const Statement& statement, const Statement& value, kj::Maybe<const Node&> node) {
    if (among == Among::EXISTING || &statement != &value) {
      KJ_IF_MAYBE (n, node) existing(*n, value);
    }
    if (among == Among::EXISTING) return;
    auto words = choices(value.type);
    for (auto i : kj::indices(words)) {
      kj::StringPtr doc = value.type.isEnum() ? value.schema->doc(value.type.asEnum().getEnumerants()[i]) : nullptr;
      offer(words[i], firstLine(doc), value);
      if (out.candidates.size() > 0 && out.candidates.back().word == words[i]) out.candidates.back().doc = doc;
    }
    if (words.size() > 0) return;
    if (value.refers != nullptr) {
      auto node = &tree.root();
      bool found = true;
      for (auto rest = value.refers; found && rest.size() > 0;) {
        auto end = rest.findFirst(' ').orDefault(rest.size());
        auto word = kj::str(rest.slice(0, end));
        rest = rest.slice(kj::min(end + 1, rest.size()));
        KJ_IF_MAYBE (next, node->find(word)) {
          node = next;
        } else {
          found = false;
        }
      }
      if (found) existing(*node, value);
    }
    auto unit = value.unit == nullptr ? kj::String() : kj::str(" (", value.unit, ')');
    out.candidates.add(
        Candidate{hintOf(value), kj::str(firstLine(value.help), unit), value.help, true, value.mandatory});
  }

  Completion out;

 private:
  void offer(kj::StringPtr word, kj::String help, const Statement& statement) {
    if (!word.startsWith(partial)) return;
    for (auto& there : out.candidates) {
      if (there.word == word) return;
    }
    out.candidates.add(Candidate{kj::str(word), kj::mv(help), statement.help, false, false});
  }

  void existing(const Node& node, const Statement& value) {
    for (auto& child : node) {
      if (out.candidates.size() < MANY) offer(child.word(), firstLine(value.help), value);
    }
  }

  static constexpr uint MANY = 500;
  // Nobody chooses among more.

  const Tree& tree;
  kj::StringPtr partial;
  Among among;
};

}  // namespace

Completion complete(const Grammar& grammar, const Tree& tree, Path words, kj::StringPtr partial, Among among) {
  auto resolved = resolve(grammar, words);
  if (resolved.is<WrongWord>()) return {};
  Walk walk(grammar);
  kj::Maybe<const Node&> node = tree.root();
  for (auto& word : resolved.get<kj::Array<kj::String>>()) {
    if (walk.next == Walk::STATEMENT) {
      KJ_ASSERT(walk.step(word) == nullptr);
    } else {
      walk.leap(word);
    }
    if (walk.next == Walk::MORE) continue;
    KJ_IF_MAYBE (n, node) node = n->find(word);
  }
  Completer completer(grammar, tree, partial, among);
  completer.out.mayEnd = walk.missing() == nullptr || among == Among::EXISTING;
  switch (walk.next) {
    case Walk::STATEMENT:
      completer.statements(*walk.block, node);
      break;
    case Walk::KEY:
    case Walk::VALUE:
    case Walk::MORE:
    case Walk::FLAG_VALUE:
      if (among == Among::BLOCKS && walk.next != Walk::KEY) break;
      completer.values(*walk.statement, walk.value(), node);
      break;
    case Walk::END:
      break;
  }
  return kj::mv(completer.out);
}

kj::OneOf<kj::Array<kj::String>, WrongWord> resolve(const Grammar& grammar, Path words) {
  Walk walk(grammar);
  kj::Vector<kj::String> full;
  for (auto i : kj::indices(words)) {
    auto word = words[i];
    auto wrong = [&](kj::String text) { return WrongWord{static_cast<uint>(i), kj::mv(text)}; };
    auto expand = [&](kj::ArrayPtr<const kj::StringPtr> known) -> kj::Maybe<kj::String> {
      auto found = beginningWith(word, known);
      if (found.size() == 1) word = found[0];
      if (found.size() < 2) return nullptr;
      return kj::str(quoted(word), " is ambiguous: ", net::alternatives(found));
    };
    if (walk.next == Walk::STATEMENT) {
      auto known = KJ_MAP(statement, walk.block->statements)->kj::StringPtr { return statement->word; };
      KJ_IF_MAYBE (text, expand(known)) return wrong(kj::mv(*text));
      KJ_IF_MAYBE (text, walk.step(word)) return wrong(kj::mv(*text));
      full.add(kj::str(word));
    } else if (walk.next == Walk::END) {
      return wrong(KJ_ASSERT_NONNULL(walk.step(word)));
    } else {
      auto words = choices(walk.value().type);
      auto known = KJ_MAP(each, words)->kj::StringPtr { return each; };
      KJ_IF_MAYBE (text, expand(known)) return wrong(kj::mv(*text));
      full.add(kj::str(word));
      walk.leap(word);
    }
  }
  return full.releaseAsArray();
}

}  // namespace xylem::config
