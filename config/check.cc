// One walk over the text tree, beside the grammar, finds the errors and fills the messages: what is reported and what
// is compiled cannot differ. Since the words below a node are distinct, a list is counted before it is made, and each
// struct is made once; nothing in a message is ever replaced.
//
// A missing `;` shows as words that go on from one line to the next, so errors about a word too many say that.

#include <config/check.h>
#include <config/edit.h>
#include <config/value.h>
#include <config/walk.h>
#include <kj/debug.h>
#include <net/near.h>
#include <net/word.h>

#include <algorithm>

namespace xylem::config {
namespace {

constexpr uint MANY = 1000;

uint countBelow(const Node& node) {
  uint count = 0;
  for (auto& child : node) count += 1 + countBelow(child);
  return count;
}

class Checker {
 public:
  Checker(const Grammar& grammar, const Tree& tree) : grammar(grammar), tree(tree) {
    for (auto& daemon : grammar.daemons()) {
      if (grammar.needed(*daemon, tree)) {
        auto message = kj::heap<capnp::MallocMessageBuilder>();
        auto config = message->initRoot<capnp::DynamicStruct>(daemon->config);
        configs.add(config);
        out.messages.add(Message{daemon.get(), kj::mv(message), config.asReader()});
      } else {
        configs.add(nullptr);
      }
    }
  }

  Checked run() {
    fill(grammar.root(), tree.root(), nullptr);
    for (auto& daemon : grammar.daemons()) {
      if (daemon->essential && tree.root().find(daemon->path) == nullptr) absent(*daemon);
    }
    std::stable_sort(out.errors.begin(), out.errors.end(), [](auto& a, auto& b) {
      return a.place.line != b.place.line ? a.place.line < b.place.line : a.place.column < b.place.column;
    });
    dropRepeated();
    std::stable_sort(out.messages.begin(), out.messages.end(),
                     [](auto& a, auto& b) { return a.daemon->rank < b.daemon->rank; });
    return kj::mv(out);
  }

 private:
  using Config = kj::Maybe<capnp::DynamicStruct::Builder>;

  void dropRepeated() {
    // What is inherited is wrong where it is said, however many inherit it.
    kj::Vector<Problem> once;
    for (auto& each : out.errors) {
      bool again = false;
      for (size_t i = once.size(); i-- > 0 && once[i].place.line == each.place.line;)
        again = again || (once[i].place.column == each.place.column && once[i].text == each.text);
      if (!again) once.add(kj::mv(each));
    }
    out.errors = kj::mv(once);
  }

  void fill(const Block& block, const Node& node, Config to) {
    outer.add(&block);
    for (auto& child : node) {
      KJ_IF_MAYBE (statement, block.find(child.word())) {
        path.add(child.word());
        if (statement->deprecated != nullptr) {
          out.warnings.add(problem(child, kj::str("deprecated: ", statement->deprecated)));
        }
        if (statement->sharers.size() > 0) {
          shared(*statement, child);
        } else KJ_IF_MAYBE (number, statement->daemon) {
          one(*statement, child, configs[*number]);
        } else {
          one(*statement, child, to);
        }
        path.removeLast();
      } else {
        unknown(block, node, child);
      }
    }
    outer.removeLast();
    checkUnions(block, node);
    checkMandatory(block, node);
  }

  void shared(const Statement& statement, const Node& node) {
    // Each daemon fills its own message, by its own schema; what is wrong is the same for all.
    auto& first = statement.sharers.front();
    capnp::MallocMessageBuilder scratch;
    Config nowhere = scratch.initRoot<capnp::DynamicStruct>(grammar.daemons()[first.daemon]->config);
    one(*first.statement, node, configs[first.daemon] == nullptr ? nowhere : configs[first.daemon]);
    auto errors = out.errors.size(), warnings = out.warnings.size();
    for (auto& sharer : statement.sharers.slice(1, statement.sharers.size()))
      if (configs[sharer.daemon] != nullptr) one(*sharer.statement, node, configs[sharer.daemon]);
    out.errors.truncate(errors);
    out.warnings.truncate(warnings);
  }

  void one(const Statement& statement, const Node& node, Config& to) {
    KJ_IF_MAYBE (field, statement.field) {
      auto& config = KJ_ASSERT_NONNULL(to);
      switch (statement.kind) {
        case Statement::FLAG:
          flag(statement, node, config);
          break;
        case Statement::LEAF:
          leaf(statement, node, config);
          break;
        case Statement::WORDS:
          words(statement, node, config);
          break;
        case Statement::KEYED:
          entries(statement, node, config);
          break;
        case Statement::BLOCK:
          fill(*statement.block, node, config.init(*field).as<capnp::DynamicStruct>());
          break;
      }
    } else {
      fill(*statement.block, node, nullptr);
    }
  }

  void flag(const Statement& statement, const Node& node, capnp::DynamicStruct::Builder to) {
    auto& field = KJ_ASSERT_NONNULL(statement.field);
    if (statement.type.isVoid()) {
      to.set(field, capnp::VOID);
      for (auto& child : node) tooMany(node, child, kj::str('"', node.word(), "\" takes no value"));
    } else if (node.size() == 0) {
      to.set(field, true);
    } else {
      leaf(statement, node, to);
    }
  }

  void leaf(const Statement& statement, const Node& node, capnp::DynamicStruct::Builder to) {
    const Node* first = nullptr;
    for (auto& child : node) {
      if (first != nullptr) {
        error(child, kj::str('"', node.word(), "\" is given twice: as ", quoted(first->word()), " on line ",
                             first->place.line, ", and as ", quoted(child.word())));
        continue;
      }
      first = &child;
      KJ_IF_MAYBE (wrong, readValue(statement, child.word(), to)) {
        wrongValue(node, child, kj::mv(*wrong));
        continue;
      }
      for (auto& extra : child) tooMany(child, extra, kj::str('"', node.word(), "\" takes one value"));
    }
    if (first == nullptr) error(node, needs(statement));
  }

  void words(const Statement& statement, const Node& node, capnp::DynamicStruct::Builder to) {
    if (node.size() == 0) {
      error(node, needs(statement));
      return;
    }
    auto list = to.init(KJ_ASSERT_NONNULL(statement.field), countBelow(node)).as<capnp::DynamicList>();
    uint index = 0;
    addWords(statement, node, list, index);
  }

  void addWords(const Statement& statement, const Node& node, capnp::DynamicList::Builder list, uint& index) {
    for (auto& child : node) {
      auto at = index++;
      auto wrong = readValue(statement, child.word(), list, at);
      KJ_IF_MAYBE (text, wrong) {
        wrongValue(node, child, kj::mv(*text));
        if (followsOnNewLine(node, child)) continue;
      }
      addWords(statement, child, list, index);
    }
  }

  void entries(const Statement& statement, const Node& node, capnp::DynamicStruct::Builder to) {
    if (node.size() == 0) {
      error(node, needs(statement));
      return;
    }
    auto list = to.init(KJ_ASSERT_NONNULL(statement.field), node.size()).as<capnp::DynamicList>();
    auto& key = *statement.block->key;
    kj::HashMap<kj::String, const Node*> known;
    uint index = 0;
    for (auto& child : node) {
      auto entry = list[index++].as<capnp::DynamicStruct>();
      KJ_IF_MAYBE (wrong, readValue(key, child.word(), entry)) {
        error(child, kj::mv(*wrong));
      } else if (!key.type.isText()) {
        auto word = net::printWord(entry.asReader().get(KJ_ASSERT_NONNULL(key.field)));
        KJ_IF_MAYBE (twin, known.find(word)) {
          error(child, kj::str('"', statement.word, ' ', word, "\" is there already, on line ", (*twin)->place.line));
        } else {
          known.insert(kj::mv(word), &child);
        }
      }
      path.add(child.word());
      fill(*statement.block, child, entry);
      path.removeLast();
    }
  }

  void checkUnions(const Block& block, const Node& node) {
    struct Chosen {
      kj::Maybe<uint> daemon;
      const Node* member;
    };
    kj::Vector<Chosen> chosen;
    for (auto& child : node) {
      KJ_IF_MAYBE (statement, block.find(child.word())) {
        if (!statement->member) continue;
        bool first = true;
        for (auto& other : chosen) {
          if (other.daemon != statement->daemon) continue;
          first = false;
          error(child, kj::str('"', child.word(), "\" excludes \"", other.member->word(), "\" on line ",
                               other.member->place.line, ": only one of them can be chosen"));
        }
        if (first) chosen.add(Chosen{statement->daemon, &child});
      }
    }
  }

  void checkMandatory(const Block& block, const Node& node) {
    kj::Vector<kj::StringPtr> members;
    bool chosen = false;
    for (auto& statement : block.statements) {
      bool there = node.find(statement->word) != nullptr;
      KJ_IF_MAYBE (number, statement->daemon) {
        if (configs[*number] == nullptr) continue;
      }
      if (statement->mandatory && statement->member) {
        members.add(statement->word);
      } else if (statement->mandatory && !there) {
        error(node, kj::str('"', statement->word, "\" is missing"));
      }
      chosen = chosen || (statement->member && there);
    }
    if (members.size() > 0 && !chosen) error(node, kj::str(net::alternatives(members), " is missing"));
  }

  void absent(const Grammar::Daemon& daemon) {
    // Its block was never reached.
    auto length = path.size();
    path.addAll(daemon.path);
    for (auto& statement : daemon.block->statements) {
      if (statement->mandatory && statement->daemon != nullptr) {
        error(tree.root(), kj::str('"', statement->word, "\" is missing"));
      }
    }
    path.truncate(length);
  }

  void unknown(const Block& block, const Node& around, const Node& node) {
    if (out.errors.size() >= MANY) return;
    auto text = unknownStatement(block, node.word(), outer.slice(0, outer.size() - 1));
    if (block.key.get() != nullptr && block.find(around.word()) != nullptr) {
      text = kj::str(text, "; ", quoted(around.word()), " was taken for a ", block.key->word,
                     ": is one missing before it?");
    }
    error(node, kj::mv(text));
  }

  void wrongValue(const Node& before, const Node& value, kj::String text) {
    auto more = followsOnNewLine(before, value) ? missingEnd(before)
                : before.heads                  ? kj::String()
                                                : kj::str("; ", quoted(before.word()), " takes a value, not a block");
    error(value, kj::str(text, more));
  }

  void tooMany(const Node& before, const Node& extra, kj::String text) {
    if (followsOnNewLine(before, extra)) {
      error(extra, kj::str("unexpected ", quoted(extra.word()), missingEnd(before)));
    } else {
      error(extra, kj::str("unexpected ", quoted(extra.word()), ": ", text, before.heads ? "" : " and no block"));
    }
  }

  static bool followsOnNewLine(const Node& before, const Node& after) {
    return before.heads && after.place.line > before.place.line;
  }
  static kj::String missingEnd(const Node& before) {
    return kj::str("; is \";\" missing after ", quoted(before.word()), '?');
  }

  void error(const Node& node, kj::String text) {
    if (out.errors.size() < MANY) out.errors.add(problem(node, kj::mv(text)));
  }

  Problem problem(const Node& node, kj::String text) {
    auto words = KJ_MAP(word, path) { return quote(word); };
    return Problem{node.place, kj::strArray(words, " "), kj::mv(text)};
  }

  const Grammar& grammar;
  const Tree& tree;
  Checked out;
  kj::Vector<Config> configs;
  // As the daemons are numbered; none for those that are not needed.
  kj::Vector<kj::StringPtr> path;
  kj::Vector<const Block*> outer;
};

}  // namespace

Checked check(const Grammar& grammar, const Tree& tree) {
  auto whole = inherit(grammar, tree);
  return Checker(grammar, whole).run();
}

}  // namespace xylem::config
