#pragma once
// The candidate: a configuration in the making, private to one session.

#include <config/edit.h>

namespace xylem::cli {

class Candidate {
 public:
  Candidate(const config::Grammar& grammar, kj::StringPtr running, uint64_t generation);
  // Begins as the configuration in force.

  void begin(kj::StringPtr running, uint64_t generation);
  // Begin anew.

  const config::Tree& tree() const { return now; }
  uint64_t generation() const { return basedOn; }
  // Of the configuration that it began as.
  bool changed() const { return !(base.root() == now.root()); }
  kj::String text() const { return config::printBraces(now.root()); }

  kj::String changes() const;
  // Against the configuration that it began as; empty if there are none.
  kj::String changesSince(kj::StringPtr text) const;

  kj::Maybe<config::WrongWord> set(config::Path words);
  kj::Maybe<config::WrongWord> remove(config::Path words);
  // Statements and choices may be abbreviated. If a word is wrong, nothing changes.

  enum class Load {
    MERGE,     // adds braces, or carries out set lines
    REPLACE,   // becomes what braces or set lines say
    BY_FORM,   // carries out set lines, becomes what braces say
    SET_ONLY,  // carries out set lines
  };
  kj::Vector<config::Problem> load(kj::StringPtr text, Load load);
  // If there is a problem, nothing changes.

  void committed(uint64_t generation, bool forAWhile);
  // It is in force now. If only for a while, it still knows its edits, for when the previous configuration has
  // returned.

  kj::Vector<kj::String> rebase(kj::StringPtr running, uint64_t generation);
  // Somebody else has committed: does all edits again, on what is in force now. Says which of them no longer work, as
  // lines.

 private:
  struct Edit {
    enum { SET, REMOVE, MERGE, REPLACE } kind;
    kj::Array<kj::String> words;
    kj::String text;
  };
  kj::Maybe<config::WrongWord> carryOut(const Edit& edit);
  kj::Vector<config::Problem> carryOutLines(kj::StringPtr text);
  config::Tree parsed(kj::StringPtr text) const;

  const config::Grammar& grammar;
  config::Tree base, now;
  uint64_t basedOn = 0;
  kj::Vector<Edit> edits;
};

}  // namespace xylem::cli
