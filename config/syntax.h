#pragma once
// The outer syntax of configuration text: words, blocks, comments, and where each stands. Knows no schema.
//
//     statement = word... ";"  |  word... "{" statement... "}"         (a lone ";" is nothing)
//     word      = any characters but space, control characters and {};"#   or   "in quotes", on one line
//     comment   = "#" up to the end of the line
//
// In quotes, `\n`, `\t`, `\r`, `\"`, `\\` and `\xNN` (an ASCII character in hexadecimal, 01 to 7f) stand for what
// they usually do. Text is UTF-8. A comment belongs to the statement that follows it; on the same line after a
// statement, or last in a block, to the one before.
//
// The second form is lines `set WORD...` and `delete WORD...`, with the same words and comments.
//
// What is wrong is reported, as much of it as can be told apart, and the rest is read; nothing here throws.

#include <config/tree.h>

namespace xylem::config {

struct Problem {
  Place place;
  kj::String path;
  // The statement that it is about, from the root on; empty if it is about the text.
  kj::String text;
  // What is wrong, what was expected, and what was perhaps meant.
};

kj::String KJ_STRINGIFY(const Problem& problem);
// "3:5: protocols rip: what is wrong"

struct Word {
  kj::String text;
  Place place;
};

struct Parsed {
  Tree tree;
  kj::Vector<Problem> problems;
};

Parsed parseBraces(kj::StringPtr text);

struct Edit {
  bool remove;
  kj::Array<Word> words;
};

struct ParsedEdits {
  kj::Vector<Edit> edits;
  kj::Vector<Problem> problems;
};

ParsedEdits parseSet(kj::StringPtr text);
// The edits, in order; edit.h carries them out.

bool isSet(kj::StringPtr text);
// Is this text lines of `set` and `delete`, rather than braces? Told by its first word.

struct Line {
  kj::Vector<Word> words;
  bool open = false;
  // The last word goes up to the very end of the line: more of it may come. Otherwise a new word would begin.
  kj::Vector<Problem> problems;
  // A quote that is not closed is none of them: the line may be unfinished; `unclosed` says so.
  bool unclosed = false;
};

Line splitLine(kj::StringPtr line);
// The words of one line as an operator types them. `{`, `}` and `;` are problems.

Place placeOf(const Tree& tree, kj::StringPtr path);
// Of the deepest statement that the tree has on this path, which is written as on a line.

}  // namespace xylem::config
