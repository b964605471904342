// JSON is made from the text with the grammar's help, not from messages: so a candidate that is not complete yet has a
// JSON form as well, and so has each part of it.

#include <cli/view.h>

#include <cli/table.h>
#include <config/complete.h>
#include <config/walk.h>

namespace xylem::cli {

using config::Block;
using config::Node;
using config::Path;
using config::Statement;
using config::Walk;
using config::WrongWord;

namespace {

kj::String string(kj::StringPtr text) { return json(capnp::DynamicValue::Reader(capnp::Text::Reader(text))); }

kj::String list(kj::Vector<kj::String>& parts, char open, char close) {
  return kj::str(open, kj::strArray(parts, ","), close);
}

kj::String value(const Statement& statement, kj::StringPtr word) {
  auto type = statement.type;
  bool bare = type.isInt8() || type.isInt16() || type.isInt32() || type.isInt64() || type.isUInt8() ||
              type.isUInt16() || type.isUInt32() || type.isUInt64() || type.isBool();
  return bare ? kj::str(word) : string(word);
}

void words(const Statement& statement, const Node& node, kj::Vector<kj::String>& out) {
  for (auto& child : node) {
    out.add(value(statement, child.word()));
    words(statement, child, out);
  }
}

kj::String unknown(const Node& node) {
  kj::Vector<kj::String> parts;
  for (auto& child : node) parts.add(kj::str(string(child.word()), ':', unknown(child)));
  return list(parts, '{', '}');
}

kj::String block(const Block& block, const Node& node);

kj::String entries(const Statement& statement, const Node& node) {
  kj::Vector<kj::String> parts;
  for (auto& entry : node) parts.add(kj::str(string(entry.word()), ':', block(*statement.block, entry)));
  return list(parts, '{', '}');
}

kj::String operand(const Statement& statement, const Node& node) {
  switch (statement.kind) {
    case Statement::FLAG:
      return kj::str(node.size() == 0 ? "true"_kj : (*node.begin()).word());
    case Statement::LEAF:
      return node.size() == 0 ? kj::str("null") : value(statement, (*node.begin()).word());
    case Statement::WORDS: {
      kj::Vector<kj::String> all;
      words(statement, node, all);
      return list(all, '[', ']');
    }
    case Statement::KEYED:
      return entries(statement, node);
    case Statement::BLOCK:
      return block(*statement.block, node);
  }
  KJ_UNREACHABLE;
}

kj::String block(const Block& block, const Node& node) {
  kj::Vector<kj::String> parts;
  for (auto& child : node) {
    auto statement = block.find(child.word());
    auto text = statement.map([&](const Statement& known) { return operand(known, child); });
    parts.add(kj::str(string(child.word()), ':', text == nullptr ? unknown(child) : KJ_ASSERT_NONNULL(kj::mv(text))));
  }
  return list(parts, '{', '}');
}

kj::String asJson(const config::Grammar& grammar, const Node& node, Path path) {
  Walk walk(grammar);
  for (auto word : path) {
    if (walk.next == Walk::END) return unknown(node);
    if (walk.next != Walk::STATEMENT)
      walk.leap(word);
    else if (walk.step(word) != nullptr)
      return unknown(node);
  }
  if (walk.next == Walk::STATEMENT) return block(*walk.block, node);
  if (walk.next == Walk::END && node.size() == 0) return kj::str("true");
  return operand(*walk.statement, node);
}

}  // namespace

kj::String view(const config::Grammar& grammar, const config::Tree& tree, Path path, Form form) {
  KJ_IF_MAYBE (node, tree.root().find(path)) {
    if (form == Form::JSON) return kj::str(asJson(grammar, *node, path), '\n');
    if (form == Form::BRACES) {
      if (node->size() == 0 && path.size() > 0) return kj::str(config::quote(path.back()), ";\n");
      return config::printBraces(*node);
    }
    config::Tree part;
    part.root().add(path).merge(*node);
    return config::printSet(part.root());
  }
  return form == Form::JSON ? kj::str("{}\n") : kj::String();
}

kj::OneOf<kj::Array<kj::String>, WrongWord> existing(const config::Grammar& grammar, const config::Tree& tree,
                                                     Path words) {
  if (tree.root().find(words) != nullptr) return KJ_MAP(word, words) {
      return kj::str(word);
    };
  auto resolved = config::resolve(grammar, words);
  if (resolved.is<WrongWord>()) return kj::mv(resolved);
  auto full = pointers(resolved.get<kj::Array<kj::String>>());
  for (uint i = 0; i < full.size(); ++i)
    if (tree.root().find(full.slice(0, i + 1)) == nullptr)
      return WrongWord{i, kj::str(config::quoted(full[i]), " is not configured")};
  return kj::mv(resolved);
}

}  // namespace xylem::cli
