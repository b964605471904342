#pragma once
// From text to messages: all that is wrong with a configuration, or what each daemon is told.

#include <capnp/message.h>
#include <config/grammar.h>
#include <config/syntax.h>

namespace xylem::config {

struct Message {
  const Grammar::Daemon* daemon;
  kj::Own<capnp::MallocMessageBuilder> message;
  capnp::DynamicStruct::Reader config;
  // Its root: the daemon's struct with `$path`.
};

struct Checked {
  kj::Vector<Problem> errors;
  // In the order of the text; at most a thousand.
  kj::Vector<Problem> warnings;
  // Statements that are deprecated.
  kj::Vector<Message> messages;
  // One for each daemon that the configuration needs, by rank. Of use only without errors.
};

Checked check(const Grammar& grammar, const Tree& tree);

}  // namespace xylem::config
