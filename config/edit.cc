// A list of words can be written as one statement or as several, `address a b;` or `address a; address b;`, which are
// two different trees: b below a, or beside it. Side by side is the usual form here, because then each can be removed
// by itself; only a list that has the same word twice cannot be written that way.

#include <config/edit.h>
#include <config/walk.h>
#include <kj/debug.h>

namespace xylem::config {
namespace {

constexpr uint MANY = 1000;

bool excludes(const Statement& a, const Statement& b) {
  return &a != &b && a.member && b.member && a.daemon == b.daemon;
}

void dropOthers(const Block& block, Node& node, const Statement& chosen) {
  if (!chosen.member) return;
  for (auto& other : block.statements) {
    if (!excludes(chosen, *other)) continue;
    KJ_IF_MAYBE (gone, node.find(other->word)) node.remove(*gone);
  }
}

void replaceValue(Node& node, kj::StringPtr word, Place place = {}) {
  kj::String comment;
  for (auto& old : node) comment = kj::str(comment, old.comment);
  node.clear();
  node.add(word, place).comment = kj::mv(comment);
}

void collect(const Node& node, kj::Vector<const Node*>& all) {
  for (auto& child : node) {
    all.add(&child);
    collect(child, all);
  }
}

void normaliseWords(Node& node) {
  bool chained = false;
  for (auto& child : node) chained = chained || child.size() > 0;
  if (!chained) return;
  kj::Vector<const Node*> all;
  collect(node, all);
  Node flat;
  for (auto each : all) {
    if (flat.find(each->word()) != nullptr) return;
    flat.add(each->word(), each->place).comment = kj::str(each->comment);
  }
  node.clear();
  node.merge(flat);
}

void normaliseBlock(const Block& block, Node& node) {
  node.heads = false;
  for (auto& child : node) {
    child.heads = true;
    KJ_IF_MAYBE (statement, block.find(child.word())) {
      if (statement->kind == Statement::BLOCK) {
        normaliseBlock(*statement->block, child);
      } else if (statement->kind == Statement::KEYED) {
        for (auto& entry : child) normaliseBlock(*statement->block, entry);
      } else if (statement->kind == Statement::WORDS) {
        normaliseWords(child);
      }
    }
  }
}

void mergeBlock(const Block& block, Node& ours, const Node& theirs, bool replace = false) {
  // With `replace`, a list of words takes the place of the one before.
  for (auto& from : theirs) {
    auto& to = ours.add(from.word(), from.place);
    if (to.comment == nullptr) to.comment = kj::str(from.comment);
    KJ_IF_MAYBE (statement, block.find(from.word())) {
      dropOthers(block, ours, *statement);
      if (statement->kind == Statement::BLOCK) {
        mergeBlock(*statement->block, to, from, replace);
        continue;
      }
      if (statement->kind == Statement::KEYED) {
        for (auto& entry : from) {
          auto& mine = to.add(entry.word(), entry.place);
          if (mine.comment == nullptr) mine.comment = kj::str(entry.comment);
          mergeBlock(*statement->block, mine, entry, replace);
        }
        continue;
      }
      if (statement->kind != Statement::WORDS || replace) to.clear();
    }
    to.merge(from);
  }
}

kj::Maybe<const Node&> ancestor(const Block& block, const Node& around, const Node& entry) {
  // What the entry, of a list in `around`, inherits from.
  for (auto& statement : block.statements) {
    if (statement->inherits == nullptr) continue;
    KJ_IF_MAYBE (name, entry.find(statement->word)) {
      KJ_IF_MAYBE (list, around.find(statement->inherits)) {
        if (name->size() > 0) return list->find((*name->begin()).word());
      }
    }
  }
  return nullptr;
}

void inheritBlock(const Block& block, Node& node) {
  for (auto& child : node) {
    KJ_IF_MAYBE (statement, block.find(child.word())) {
      if (statement->kind == Statement::BLOCK) inheritBlock(*statement->block, child);
      if (statement->kind != Statement::KEYED) continue;
      for (auto& entry : child) {
        KJ_IF_MAYBE (from, ancestor(*statement->block, node, entry)) {
          Node own;
          own.merge(entry);
          entry.clear();
          mergeBlock(*statement->block, entry, *from);
          mergeBlock(*statement->block, entry, own, true);
        }
        inheritBlock(*statement->block, entry);
      }
    }
  }
}

void maskBlock(const Block& block, Node& node, bool all) {
  for (auto& child : node) {
    KJ_IF_MAYBE (statement, block.find(child.word())) {
      bool secret = all || statement->secret;
      if (statement->kind == Statement::BLOCK) {
        maskBlock(*statement->block, child, secret);
      } else if (statement->kind == Statement::KEYED) {
        for (auto& entry : child) maskBlock(*statement->block, entry, secret);
      } else if (secret && child.size() > 0) {
        replaceValue(child, "********");
      }
    }
  }
}

kj::Maybe<WrongWord> wrong(const Grammar& grammar, Path words) {
  Walk walk(grammar);
  for (auto i : kj::indices(words)) {
    KJ_IF_MAYBE (text, walk.step(words[i])) return WrongWord{static_cast<uint>(i), kj::mv(*text)};
  }
  KJ_IF_MAYBE (text, walk.missing()) return WrongWord{static_cast<uint>(words.size()), kj::mv(*text)};
  return nullptr;
}

bool leadsOnly(const Grammar& grammar, const Statement& statement) {
  // A mere word of paths, which no daemon takes as a sign that it is wanted.
  if (statement.field != nullptr) return false;
  for (auto& daemon : grammar.daemons()) {
    if (daemon->block == statement.block) return false;
  }
  return true;
}

}  // namespace

kj::Maybe<WrongWord> set(const Grammar& grammar, Tree& tree, Path words, kj::ArrayPtr<const Place> places) {
  KJ_IF_MAYBE (problem, wrong(grammar, words)) return kj::mv(*problem);
  KJ_REQUIRE(words.size() <= MAX_DEPTH, "path is too long");
  Walk walk(grammar);
  auto at = &tree.root();
  for (auto i : kj::indices(words)) {
    auto word = words[i];
    auto& block = *walk.block;
    auto next = walk.next;
    auto place = places == nullptr ? Place() : places[i];
    if (next == Walk::VALUE && walk.statement->kind == Statement::WORDS) {
      addWords(*at, words.slice(i, words.size()));
      break;
    }
    KJ_ASSERT(walk.step(word) == nullptr);
    if (next == Walk::STATEMENT) {
      dropOthers(block, *at, *walk.statement);
      at = &at->add(word, place);
      if (walk.statement->kind == Statement::FLAG) at->clear();
      at->heads = walk.next != Walk::STATEMENT;
    } else if (next == Walk::KEY) {
      at = &at->add(word, place);
      at->heads = false;
    } else {
      replaceValue(*at, word, place);
    }
  }
  return nullptr;
}

kj::Maybe<WrongWord> remove(const Grammar& grammar, Tree& tree, Path words) {
  for (auto i : kj::indices(words)) {
    if (tree.root().find(words.slice(0, i + 1)) == nullptr) {
      return WrongWord{static_cast<uint>(i), kj::str(quoted(words[i]), " is not configured")};
    }
  }
  tree.remove(words);
  for (auto length = words.size(); length-- > 1;) {
    KJ_IF_MAYBE (node, tree.root().find(words.slice(0, length))) {
      if (node->size() > 0) break;
      Walk walk(grammar);
      bool known = true;
      for (auto word : words.slice(0, length)) {
        known = known && walk.next == Walk::STATEMENT && walk.step(word) == nullptr;
      }
      if (!known || !leadsOnly(grammar, *walk.statement)) break;
      tree.remove(words.slice(0, length));
    }
  }
  return nullptr;
}

kj::Vector<Problem> carryOut(const Grammar& grammar, Tree& tree, kj::ArrayPtr<const Edit> edits) {
  kj::Vector<Problem> problems;
  for (auto& edit : edits) {
    auto words = KJ_MAP(word, edit.words)->kj::StringPtr { return word.text; };
    auto places = KJ_MAP(word, edit.words) { return word.place; };
    auto result = edit.remove ? remove(grammar, tree, words) : set(grammar, tree, words, places);
    KJ_IF_MAYBE (problem, result) {
      if (problems.size() >= MANY) continue;
      auto before = KJ_MAP(word, words.slice(0, kj::min(problem->index, words.size()))) { return quote(word); };
      auto at = kj::min(problem->index, words.size() - 1);
      problems.add(Problem{edit.words[at].place, kj::strArray(before, " "), kj::mv(problem->text)});
    }
  }
  return problems;
}

Loaded load(const Grammar& grammar, kj::StringPtr text) {
  Loaded loaded;
  if (isSet(text)) {
    auto parsed = parseSet(text);
    loaded.problems = kj::mv(parsed.problems);
    for (auto& each : carryOut(grammar, loaded.tree, parsed.edits)) loaded.problems.add(kj::mv(each));
  } else {
    auto parsed = parseBraces(text);
    loaded.tree = kj::mv(parsed.tree);
    loaded.problems = kj::mv(parsed.problems);
  }
  return loaded;
}

void merge(const Grammar& grammar, Tree& tree, const Tree& other) {
  mergeBlock(grammar.root(), tree.root(), other.root());
  normalise(grammar, tree);
}

void normalise(const Grammar& grammar, Tree& tree) { normaliseBlock(grammar.root(), tree.root()); }

Tree inherit(const Grammar& grammar, const Tree& tree) {
  auto copy = tree.clone();
  inheritBlock(grammar.root(), copy.root());
  return copy;
}

Tree mask(const Grammar& grammar, const Tree& tree) {
  auto copy = tree.clone();
  maskBlock(grammar.root(), copy.root(), false);
  return copy;
}

void addWords(Node& node, Path words) {
  Node seen;
  for (auto word : words) seen.add(word);
  if (seen.size() < words.size() && words.size() <= MAX_DEPTH / 2) {
    node.add(words);
  } else {
    for (auto word : words) node.add(word);
  }
}

}  // namespace xylem::config
