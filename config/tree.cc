// The words below a node are a linked list, which keeps their order and gives one up in constant time; beside many of
// them stands a hash index, since 10,000 static routes are a normal configuration. Lists are taken down by a loop: a
// destructor that recursed over neighbours would need a stack as deep as the list is long.

#include <config/tree.h>

#include <kj/debug.h>

namespace xylem::config {
namespace {

constexpr uint FEW = 8;
// Up to so many words are searched one by one.

constexpr kj::StringPtr HEX = "0123456789abcdef"_kj;

bool plain(kj::StringPtr word) {
  if (word.size() == 0) return false;
  for (unsigned char c : word) {
    if (c <= ' ' || c == 0x7f || c == '{' || c == '}' || c == ';' || c == '"' || c == '#' || c == '|') return false;
  }
  return true;
}

void writeQuoted(kj::Vector<char>& out, kj::StringPtr word) {
  out.add('"');
  for (unsigned char c : word) {
    if (c == '"' || c == '\\') {
      out.add('\\');
      out.add(c);
    } else if (c == '\n') {
      out.addAll("\\n"_kj);
    } else if (c == '\t') {
      out.addAll("\\t"_kj);
    } else if (c < ' ' || c == 0x7f) {
      out.addAll("\\x"_kj);
      out.add(HEX[c >> 4]);
      out.add(HEX[c & 15]);
    } else {
      out.add(c);
    }
  }
  out.add('"');
}

void writeWord(kj::Vector<char>& out, kj::StringPtr word) {
  if (plain(word)) {
    out.addAll(word);
  } else {
    writeQuoted(out, word);
  }
}

kj::String finish(kj::Vector<char>& out) {
  out.add('\0');
  return kj::String(out.releaseAsArray());
}

class Braces {
 public:
  void block(const Node& node, uint depth) {
    for (auto& child : node) statement(child, depth);
  }

  kj::Vector<char> out;

 private:
  void statement(const Node& node, uint depth) {
    for (auto rest = node.comment.asArray(); rest.size() > 0;) {
      size_t length = 0;
      while (rest[length] != '\n') ++length;
      indent(depth);
      out.add('#');
      out.addAll(rest.slice(0, length + 1));
      rest = rest.slice(length + 1, rest.size());
    }
    head.add(node.word());
    if (node.heads && node.size() > 0) {
      for (auto& child : node) statement(child, depth);
    } else {
      indent(depth);
      for (auto i : kj::indices(head)) {
        if (i > 0) out.add(' ');
        writeWord(out, head[i]);
      }
      if (node.size() == 0) {
        out.addAll(";\n"_kj);
      } else {
        out.addAll(" {\n"_kj);
        auto outer = kj::mv(head);
        head = {};
        block(node, depth + 1);
        head = kj::mv(outer);
        indent(depth);
        out.addAll("}\n"_kj);
      }
    }
    head.removeLast();
  }

  void indent(uint depth) {
    for (uint i = 0; i < 4 * depth; ++i) out.add(' ');
  }

  kj::Vector<kj::StringPtr> head;
};

void writeSet(kj::Vector<char>& out, const Node& node, kj::Vector<char>& head) {
  for (auto& child : node) {
    auto length = head.size();
    head.add(' ');
    writeWord(head, child.word());
    if (child.size() > 0) {
      writeSet(out, child, head);
    } else {
      out.addAll(head);
      out.add('\n');
    }
    head.truncate(length);
  }
}

}  // namespace

kj::Maybe<Node&> Node::find(kj::StringPtr word) {
  if (index.get() != nullptr) {
    return index->find(word).map([](Node* node) -> Node& { return *node; });
  }
  for (auto& child : *this) {
    if (child.text == word) return child;
  }
  return nullptr;
}

kj::Maybe<const Node&> Node::find(kj::StringPtr word) const {
  return const_cast<Node*>(this)->find(word).map([](Node& node) -> const Node& { return node; });
}

kj::Maybe<Node&> Node::find(Path path) {
  auto at = this;
  for (auto word : path) {
    KJ_IF_MAYBE (child, at->find(word)) {
      at = child;
    } else {
      return nullptr;
    }
  }
  return *at;
}

kj::Maybe<const Node&> Node::find(Path path) const {
  return const_cast<Node*>(this)->find(path).map([](Node& node) -> const Node& { return node; });
}

Node& Node::add(kj::StringPtr word, Place place) {
  KJ_IF_MAYBE (child, find(word)) return *child;
  auto own = kj::heap<Node>();
  auto& child = *own;
  child.text = kj::str(word);
  child.place = place;
  child.previous = last;
  (last == nullptr ? first : last->next) = kj::mv(own);
  last = &child;
  if (++count > FEW && index.get() == nullptr) {
    index = kj::heap<kj::HashMap<kj::StringPtr, Node*>>();
    for (auto& each : *this) index->insert(each.text, &each);
  } else if (index.get() != nullptr) {
    index->insert(child.text, &child);
  }
  return child;
}

Node& Node::add(Path path) {
  KJ_REQUIRE(path.size() <= MAX_DEPTH, "path is too long");
  auto at = this;
  for (auto word : path) at = &at->add(word);
  return *at;
}

void Node::remove(Node& child) {
  if (index.get() != nullptr) index->erase(child.text);
  auto& link = child.previous == nullptr ? first : child.previous->next;
  KJ_REQUIRE(link.get() == &child, "not a node below this one");
  (child.next.get() == nullptr ? last : child.next->previous) = child.previous;
  auto gone = kj::mv(link);
  link = kj::mv(gone->next);
  --count;
}

void Node::clear() {
  index = nullptr;
  while (first.get() != nullptr) {
    auto gone = kj::mv(first);
    first = kj::mv(gone->next);
  }
  last = nullptr;
  count = 0;
}

void Node::merge(const Node& other) {
  for (auto& theirs : other) {
    auto& ours = add(theirs.text, theirs.place);
    ours.heads = ours.heads && theirs.heads;
    if (ours.comment == nullptr) ours.comment = kj::str(theirs.comment);
    ours.merge(theirs);
  }
}

Tree Tree::clone() const {
  Tree copy;
  copy.root().merge(root());
  return copy;
}

bool Tree::remove(Path path) {
  if (path.size() == 0) {
    root().clear();
    return true;
  }
  kj::Vector<Node*> way;
  way.add(&root());
  for (auto word : path) {
    KJ_IF_MAYBE (child, way.back()->find(word)) {
      way.add(child);
    } else {
      return false;
    }
  }
  do {
    auto& gone = *way.back();
    way.removeLast();
    way.back()->remove(gone);
  } while (way.size() > 1 && way.back()->heads && way.back()->size() == 0);
  return true;
}

bool operator==(const Node& a, const Node& b) {
  if (a.size() != b.size()) return false;
  for (auto& child : a) {
    KJ_IF_MAYBE (other, b.find(child.word())) {
      if (!(child == *other)) return false;
    } else {
      return false;
    }
  }
  return true;
}

kj::String quote(kj::StringPtr word) {
  kj::Vector<char> out(word.size() + 3);
  writeWord(out, word);
  return finish(out);
}

kj::String quoted(kj::StringPtr word) {
  kj::Vector<char> out(word.size() + 3);
  writeQuoted(out, word);
  return finish(out);
}

kj::String printBraces(const Node& node, uint depth) {
  Braces braces;
  braces.block(node, depth);
  return finish(braces.out);
}

kj::String printSet(const Node& node, kj::StringPtr verb) {
  kj::Vector<char> out, head;
  head.addAll(verb);
  writeSet(out, node, head);
  return finish(out);
}

}  // namespace xylem::config
