#pragma once
// What may be typed next, for completion and `?`, and what an abbreviation stands for.

#include <config/edit.h>
#include <config/grammar.h>
#include <kj/one-of.h>

namespace xylem::config {

struct Candidate {
  kj::String word;
  kj::String help;
  // One line.
  kj::StringPtr doc;
  // The whole doc comment.
  bool hint = false;
  // `word` only describes what may be typed: "<1..3600>".
  bool mandatory = false;
};

struct Completion {
  kj::Vector<Candidate> candidates;
  bool mayEnd = false;
  // The statement may end before the word at hand.
};

enum class Among {
  ALL,       // whatever the grammar allows (set)
  EXISTING,  // what the tree has (delete, show)
  BLOCKS,    // what the tree has or could have, that holds statements (edit)
};

Completion complete(const Grammar& grammar, const Tree& tree, Path words, kj::StringPtr partial,
                    Among among = Among::ALL);
// The words that may follow `words` and begin with `partial`; none if `words` are wrong. Words may be abbreviated. Keys
// and values that name something come from the tree: those there are, and those of the list that the statement refers
// to.

kj::OneOf<kj::Array<kj::String>, WrongWord> resolve(const Grammar& grammar, Path words);
// The words in full: statements and choices may be abbreviated as long as that is unambiguous. Values are not judged.

}  // namespace xylem::config
