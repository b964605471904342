#pragma once
// What may be configured: the statements of all daemons, as their schemas tell (config/config.capnp says how), in one
// tree.
//
//     Grammar grammar;
//     KJ_IF_MAYBE (problem, grammar.add("rip", blob)) ...     this daemon cannot be configured
//     auto result = check(grammar, tree);                     check.h: all that is wrong, or one message per daemon
//
// Built once, then read by all; the other units of this folder walk it beside a tree: check.h (text to messages),
// print.h (messages to text), edit.h, complete.h, diff.h, lock.h.

#include <capnp/dynamic.h>
#include <config/schema.h>
#include <config/tree.h>

namespace xylem::config {

struct Block;

struct Statement {
  // A word that a block may hold, and what must follow it.

  enum Kind {
    FLAG,   // nothing (Void), or nothing, `true` or `false` (Bool)
    LEAF,   // one value
    WORDS,  // one value or more; said again, it adds to them
    KEYED,  // the key of an entry, then the statements of `block`
    BLOCK,  // the statements of `block`
  };

  kj::String word;
  Kind kind = BLOCK;
  kj::Maybe<uint> daemon;
  // In Grammar::daemons: this statement is a field of that daemon's configuration itself. Otherwise it is a field of
  // the struct that it stands in, or a mere word of a path (`protocols`), which has no field.
  kj::Maybe<capnp::StructSchema::Field> field;
  capnp::Type type;
  // Of the value (LEAF), or of each (WORDS).
  const Block* block = nullptr;
  const Schema* schema = nullptr;

  struct Range {
    int64_t min, max;
  };
  kj::Maybe<Range> range, length;
  kj::StringPtr help;
  // The whole doc comment.
  kj::StringPtr unit, refers, inherits, deprecated;
  bool mandatory = false;
  bool secret = false;
  bool member = false;
  // Of a union: at most one of the members may be said.

  struct Sharer {
    uint daemon;
    // In Grammar::daemons.
    const Statement* statement;
    // The daemon's own idea of it, of the same type, with blocks and fields of its own schema.
  };
  kj::Vector<Sharer> sharers;
  // Of a statement that several daemons share (`$shared`): all of them; `daemon` is null, and the rest as the first one
  // has it.
};

struct Block {
  // A set of statements: the root, a word of a path, a struct, a group or a union.

  kj::Vector<kj::Own<Statement>> statements;
  // As the schema orders them.
  kj::Own<Statement> key;
  // What names an entry, where the block is that of a KEYED statement (not among the statements); or null.

  kj::Maybe<const Statement&> find(kj::StringPtr word) const;
  void add(kj::Own<Statement> statement);

 private:
  kj::HashMap<kj::StringPtr, Statement*> index;
};

class Grammar {
 public:
  struct Daemon {
    kj::String name;
    kj::Vector<kj::StringPtr> path;
    // Where its configuration hangs; empty for the root.
    kj::Vector<kj::String> pathWords;
    uint rank = 50;
    bool essential = false;
    kj::Vector<kj::StringPtr> neededBy;
    // A statement that makes it run; empty if there is none.
    kj::Vector<kj::String> neededByWords;
    bool privileged = false;
    capnp::StructSchema config;
    kj::Own<Schema> schema;
    const Block* block = nullptr;
    // The block at `path`; other daemons may have statements there too.

    struct Shared {
      kj::Own<Statement> statement;
      kj::Vector<kj::String> path;
      // Where it is configured, the statement's word there included.
    };
    kj::Vector<Shared> shared;
    // Its fields with `$shared`; statements of no block.

    kj::String locate(kj::StringPtr path) const;
    // From the root on, the path of the statement that the daemon itself names from its own path on.
  };

  kj::Maybe<kj::String> add(kj::StringPtr name, kj::Array<const kj::byte> blob);
  // Adds a daemon by the schema that it carries; one without `$path` has no configuration and is passed over. Says why
  // this schema cannot be used, if so, and then has added nothing.

  const Block& root() const { return top; }

  const kj::Vector<kj::Own<Daemon>>& daemons() const { return all; }

  bool needed(const Daemon& daemon, const Tree& tree) const;
  // Does this configuration need that daemon? Yes, if it is essential, or its path is there (for the root: one of its
  // statements), or the statement that it is needed by.

 private:
  kj::String tryAdd(kj::StringPtr name, kj::Array<const kj::byte> blob);
  // Empty: added.
  kj::Maybe<kj::String> whyNotShared(const Daemon::Shared& shared) const;
  // Why this cannot be put at its path, if so.
  void share(const Daemon::Shared& shared, uint daemon);
  Block& section(Block& in, kj::StringPtr word);
  // The block of a path's word, new if need be.

  Block top;
  kj::Vector<kj::Own<Daemon>> all;
  kj::Vector<kj::Own<Block>> blocks;
};

}  // namespace xylem::config
