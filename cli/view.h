#pragma once
// A configuration, or a part of it, as it is shown.

#include <config/edit.h>

namespace xylem::cli {

enum class Form {
  BRACES,
  SET,   // `set` lines, each with its whole path
  JSON,  // blocks and entries as objects, under the words of the text; lists of words as arrays
};

kj::String view(const config::Grammar& grammar, const config::Tree& tree, config::Path path, Form form);
// What is below the node at `path`, words in full; empty if there is no such node.

kj::OneOf<kj::Array<kj::String>, config::WrongWord> existing(const config::Grammar& grammar, const config::Tree& tree,
                                                             config::Path words);
// The words in full, of a node that the tree has.

inline kj::Array<kj::StringPtr> pointers(kj::ArrayPtr<const kj::String> words) {
  return KJ_MAP(word, words)->kj::StringPtr { return word; };
}

}  // namespace xylem::cli
