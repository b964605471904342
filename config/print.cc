// A number that equals its default cannot be told from one that was never set, and is left out, unless the statement is
// mandatory. For pointers Cap'n Proto knows the difference, and an empty text is printed as `""`.

#include <config/edit.h>
#include <config/print.h>
#include <kj/debug.h>
#include <net/word.h>

namespace xylem::config {
namespace {

using Reader = capnp::DynamicStruct::Reader;

class Printer {
 public:
  explicit Printer(bool defaults) : defaults(defaults) {}

  void one(const Statement& s, Reader from, Node& into) {
    auto& field = KJ_ASSERT_NONNULL(s.field);
    bool chosen = false;
    if (s.member) {
      KJ_IF_MAYBE (active, from.which()) chosen = *active == field;
      if (!chosen) return;
      chosen = field.getProto().getDiscriminantValue() != 0;
    }
    if (!chosen && !s.mandatory && !worthPrinting(s, from, field)) return;
    switch (s.kind) {
      case Statement::FLAG: {
        auto& node = into.add(s.word);
        if (s.type.isBool() && !from.get(field).as<bool>()) node.add("false");
        break;
      }
      case Statement::LEAF:
        into.add(s.word).add(net::printWord(from.get(field)));
        break;
      case Statement::WORDS: {
        auto words = KJ_MAP(element, from.get(field).as<capnp::DynamicList>()) { return net::printWord(element); };
        if (words.size() > 0)
          addWords(
              into.add(s.word), KJ_MAP(word, words)->kj::StringPtr { return word; });
        break;
      }
      case Statement::KEYED:
        for (auto element : from.get(field).as<capnp::DynamicList>()) {
          auto entry = element.as<capnp::DynamicStruct>();
          auto& key = *s.block->key;
          auto& node = into.add(s.word).add(net::printWord(entry.get(KJ_ASSERT_NONNULL(key.field))));
          fill(*s.block, entry, node);
        }
        break;
      case Statement::BLOCK: {
        auto& node = into.add(s.word);
        fill(*s.block, from.get(field).as<capnp::DynamicStruct>(), node);
        if (node.size() == 0 && field.getProto().isGroup() && !chosen) into.remove(node);
        break;
      }
    }
  }

  void shared(const Grammar::Daemon::Shared& shared, Reader from, Node& root) {
    auto& field = KJ_ASSERT_NONNULL(shared.statement->field);
    if (!from.has(field)) return;
    auto at = &root;
    for (auto& word : shared.path) {
      at->heads = false;
      at = &at->add(word);
    }
    fill(*shared.statement->block, from.get(field).as<capnp::DynamicStruct>(), *at);
  }

 private:
  void fill(const Block& block, Reader from, Node& into) {
    into.heads = false;
    for (auto& statement : block.statements) {
      if (statement->daemon == nullptr && statement->field != nullptr) one(*statement, from, into);
    }
  }

  bool worthPrinting(const Statement& s, Reader from, capnp::StructSchema::Field field) {
    if (field.getProto().isGroup()) return true;
    if (from.has(field, capnp::HasMode::NON_DEFAULT)) return true;
    if (!defaults) return false;
    if (s.kind == Statement::FLAG) return s.type.isBool() || s.member;
    if (s.kind != Statement::LEAF) return false;
    return !(s.type.isText() || s.type.isStruct()) || field.getProto().getSlot().getHadExplicitDefault();
  }

  bool defaults;
};

}  // namespace

void print(const Grammar& grammar, const Grammar::Daemon& daemon, Reader config, bool defaults, Tree& into) {
  Printer printer(defaults);
  auto node = &into.root();
  node->heads = false;
  for (auto word : daemon.path) {
    node = &node->add(word);
    node->heads = false;
  }
  for (auto& statement : daemon.block->statements) {
    KJ_IF_MAYBE (number, statement->daemon) {
      if (grammar.daemons()[*number].get() == &daemon) printer.one(*statement, config, *node);
    }
  }
  for (auto& shared : daemon.shared) {
    auto path = KJ_MAP(word, shared.path)->kj::StringPtr { return word; };
    if (into.root().find(path) == nullptr) printer.shared(shared, config, into.root());
  }
}

}  // namespace xylem::config
