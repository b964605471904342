#pragma once
// One command about to be carried out.

#include <cli/commands.h>
#include <cli/outlet.h>

namespace xylem::cli {

struct Call {
  const Typed& typed;
  Command command;
  uint at;
  // Of the first word in `rest`, in the line.
  kj::Array<kj::StringPtr> rest;
  // For a command that takes the rest of the line: that. Such a command has a parameter `words`.
  Screen& screen;
  Outlet out;

  capnp::DynamicStruct::Reader params();
  kj::StringPtr text(kj::StringPtr name) { return params().get(name).as<capnp::Text>(); }
  uint32_t number(kj::StringPtr name) { return params().get(name).as<uint32_t>(); }

  bool refuse(const config::WrongWord& wrong, uint before = 0);
  // Complains of a word of `rest`, or of what is missing behind it. `before`: so many words that are not on the line
  // stand before it. False.
  bool refuse(kj::StringPtr text);
  // Complains of no word. False.
  bool lacks(kj::StringPtr what);
  // Complains that the line should go on. False.
};

struct Understood {
  Command command;
  uint rest;
  // The words that belong to the command itself; those behind are `Call::rest`, or there are none.
};

kj::OneOf<Understood, config::WrongWord> understand(const Commands& commands, config::Path words);

bool takesRest(const Command& command);

kj::String readFile(kj::StringPtr path);

}  // namespace xylem::cli
