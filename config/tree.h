#pragma once
// The configuration as text: a tree of words.
//
// A statement's words are a path. Whether an operator writes
//
//     protocols { rip { interface eth0 { cost 2; } } }        or      protocols rip interface eth0 cost 2;
//     set protocols rip interface eth0 cost 2
//
// the tree is the same: `protocols` holds `rip`, which holds `interface`, and so on to the leaf `2`. The words below
// one node are distinct, so two blocks with the same words are one; they keep the order in which they came. The tree
// knows no schema: what a word means is the grammar's business (grammar.h).
//
// Adding, finding and removing a word takes constant time however many neighbours it has.

#include <kj/common.h>
#include <kj/map.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::config {

using kj::uint;

constexpr uint MAX_DEPTH = 200;
// The longest path, in words. Trees are walked recursively, so that text must not choose the depth.

struct Place {
  // Where a word was written; 1:1 is the first character of a text, 0:0 is nowhere. Columns count bytes.
  uint line = 0;
  uint column = 0;
};

using Path = kj::ArrayPtr<const kj::StringPtr>;

class Node {
  // A word and what stands below it. The root of a tree is a node with no word.
 public:
  Node() = default;
  ~Node() noexcept(false) { clear(); }
  KJ_DISALLOW_COPY(Node);

  kj::StringPtr word() const { return text; }

  Place place;
  // Of the word's first occurrence.
  kj::String comment;
  // Lines that stand above the statement that begins here, without their `#`, each ended by a newline.
  bool heads = true;
  // How it is printed: each word below makes a statement that begins with this one (`cost 2;`, `interface eth0 {...}`),
  // or, when false, the words below are statements of their own in the block that this one names. No difference in
  // meaning.

  class Iterator {
   public:
    explicit Iterator(Node* at) : at(at) {}
    Node& operator*() const { return *at; }
    Node* operator->() const { return at; }
    Iterator& operator++() {
      at = at->next.get();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at != other.at; }

   private:
    Node* at;
  };
  class ConstIterator {
   public:
    explicit ConstIterator(const Node* at) : at(at) {}
    const Node& operator*() const { return *at; }
    ConstIterator& operator++() {
      at = at->next.get();
      return *this;
    }
    bool operator!=(const ConstIterator& other) const { return at != other.at; }

   private:
    const Node* at;
  };
  Iterator begin() { return Iterator(first.get()); }
  Iterator end() { return Iterator(nullptr); }
  ConstIterator begin() const { return ConstIterator(first.get()); }
  ConstIterator end() const { return ConstIterator(nullptr); }
  uint size() const { return count; }
  // The words below, in order.

  kj::Maybe<Node&> find(kj::StringPtr word);
  kj::Maybe<const Node&> find(kj::StringPtr word) const;

  kj::Maybe<Node&> find(Path path);
  kj::Maybe<const Node&> find(Path path) const;
  // The node at the end of this path; this node for an empty one.

  Node& add(kj::StringPtr word, Place place = {});
  // The node of this word below, new (as the last) if there is none yet.

  Node& add(Path path);
  // All nodes of a path, the last is returned.

  void remove(Node& child);
  // Takes `child`, a node directly below, and all below it out of the tree.

  void clear();
  // Removes all below.

  void merge(const Node& other);
  // Adds all that is below `other`, at any depth; what is here stays.

 private:
  kj::String text;
  Node* previous = nullptr;
  Node* last = nullptr;
  kj::Own<Node> next;
  kj::Own<Node> first;
  uint count = 0;
  kj::Own<kj::HashMap<kj::StringPtr, Node*>> index;
  // Only beside many words.
};

class Tree {
  // A whole configuration.
 public:
  Tree() : top(kj::heap<Node>()) {}
  Tree(Tree&&) = default;
  Tree& operator=(Tree&&) = default;

  Node& root() { return *top; }
  const Node& root() const { return *top; }

  Tree clone() const;

  bool remove(Path path);
  // Takes a path out, and with it the words before it that were only there to begin its statement (Node::heads). False
  // if it is not there.

 private:
  kj::Own<Node> top;
};

bool operator==(const Node& a, const Node& b);
// The same words below, in whatever order.

kj::String quote(kj::StringPtr word);
// The word as it has to be written: in quotes if it is empty or holds space, one of `{};"#|`, or control characters.

kj::String quoted(kj::StringPtr word);
// The same, but always in quotes: for messages.

kj::String printBraces(const Node& node, uint depth = 0);
// What is below the node, in braces, one statement a line, with comments. `depth` is the level of indentation.

kj::String printSet(const Node& node, kj::StringPtr verb = "set");
// What is below the node as lines `set WORD WORD ...`, one for each node with nothing below it.

}  // namespace xylem::config
