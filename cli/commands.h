#pragma once
// The operational commands, as the schemas of the daemons have them:
//
//   - each method with `$command("show route")` (xrl/daemon.capnp). Its parameters are the words that may follow: those
//     with `$bare` by their values, in order; others as `name value`; a Bool by its name alone. Parameters whose values
//     are not single words are not offered, nor is `after`, the cursor.
//   - `show NAME` for each daemon with a struct `State`, and `show NAME FIELD` for each of its fields.
//
// Command words, names of parameters, and choices may be abbreviated as long as that is unambiguous. `NAME` and `FIELD`
// give way to a `$command` of the same words.

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <config/complete.h>
#include <config/schema.h>

namespace xylem::cli {

using kj::uint;

struct Command {
  kj::StringPtr daemon;
  // Whom to ask.
  uint role = 0;
  // The lowest xrl::Role that may.

  // ---- a method
  kj::StringPtr interface;
  kj::Maybe<capnp::InterfaceSchema::Method> method;
  kj::Own<capnp::MallocMessageBuilder> params;
  // Its root is of type method.getParamType().
  kj::Maybe<capnp::StructSchema::Field> rows;
  // The field of the results that is shown as a table: their only field, or the one beside `next`, and a list of
  // structs.
  bool paged = false;
  // There is a parameter `after` and a result `next`.

  // ---- or a state, if there is no method
  capnp::StructSchema state;
  kj::Maybe<capnp::StructSchema::Field> field;
  // Of the state, to be shown alone.
};

class Commands {
 public:
  Commands();
  ~Commands() noexcept(false);
  KJ_DISALLOW_COPY(Commands);

  kj::Maybe<kj::String> add(kj::StringPtr name, kj::Array<const kj::byte> blob);
  // Adds a daemon by the schema that it carries. Says what of it cannot be used, if anything; what can be is added.

  kj::OneOf<Command, config::WrongWord> parse(config::Path words) const;
  // The command holds on to this object.

  config::Completion complete(config::Path words, kj::StringPtr partial) const;
  // What may follow `words`; none if they are wrong.

  struct Node;

 private:
  kj::Own<Node> root;
  kj::Vector<kj::Own<config::Schema>> schemas;
};

}  // namespace xylem::cli
