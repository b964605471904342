#pragma once
// Changes to a configuration's text, as the grammar understands them: a value replaces the one before, a member of a
// union the other members, a word of a list is added to the others.

#include <config/grammar.h>
#include <config/syntax.h>

namespace xylem::config {

struct WrongWord {
  uint index;
  // Of the word that is wrong; the number of words if something is missing after them.
  kj::String text;
};

kj::Maybe<WrongWord> set(const Grammar& grammar, Tree& tree, Path words, kj::ArrayPtr<const Place> places = nullptr);
// Adds a statement. If the grammar does not allow it, nothing changes. `places` are those of the words.

kj::Maybe<WrongWord> remove(const Grammar& grammar, Tree& tree, Path words);
// Removes a statement, an entry, a block, or one word of a list, and all below. If it is not there, nothing changes.
// Blocks that only lead to what was removed, like `protocols`, go with it.

kj::Vector<Problem> carryOut(const Grammar& grammar, Tree& tree, kj::ArrayPtr<const Edit> edits);
// Carries out what can be carried out, and says what could not, up to a thousand times.

struct Loaded {
  Tree tree;
  kj::Vector<Problem> problems;
};
Loaded load(const Grammar& grammar, kj::StringPtr text);
// The configuration that a text says, in braces or as `set` lines, and what is wrong with the text. What it says is not
// checked.

void merge(const Grammar& grammar, Tree& tree, const Tree& other);
// Adds all that `other` says; where it contradicts, `other` wins. What the grammar does not know is just added.

void normalise(const Grammar& grammar, Tree& tree);
// Gives the text its usual form (see Node::heads): `address a b;` becomes two statements. The meaning stays.

Tree inherit(const Grammar& grammar, const Tree& tree);
// A copy in which each entry says itself what it inherits (see `$inherits`). Words keep their places.

Tree mask(const Grammar& grammar, const Tree& tree);
// A copy in which the values of statements with `$secret` are `********`.

void addWords(Node& node, Path words);
// Adds the words of a list below its statement: side by side or, if a word comes twice, one below the other (in a list
// of more than MAX_DEPTH / 2 words, only the first of the two is kept).

}  // namespace xylem::config
