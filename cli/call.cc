// Which part of a line is the command and which part is a path: a command with a parameter `words` is sought first, by
// its one or two words alone, because what follows it is not for the grammar of commands to judge.

#include <cli/call.h>

#include <kj/debug.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace xylem::cli {

using config::WrongWord;

capnp::DynamicStruct::Reader Call::params() {
  auto type = KJ_ASSERT_NONNULL(command.method).getParamType();
  return command.params->getRoot<capnp::DynamicStruct>(type).asReader();
}

bool Call::refuse(const WrongWord& wrong, uint before) {
  uint index = wrong.index < before ? 0 : wrong.index - before;
  screen.complain(typed.text, typed.columnOf(at + index), wrong.text);
  return false;
}

bool Call::refuse(kj::StringPtr text) {
  screen.complain(typed.text, 0, text);
  return false;
}

bool Call::lacks(kj::StringPtr what) {
  screen.complain(typed.text, typed.columnOf(typed.piped.words.size()), kj::str("expected ", what));
  return false;
}

bool takesRest(const Command& command) {
  KJ_IF_MAYBE (method, command.method)
    KJ_IF_MAYBE (field, method->getParamType().findFieldByName("words")) return field->getType().isList();
  return false;
}

kj::OneOf<Understood, WrongWord> understand(const Commands& commands, config::Path words) {
  for (uint count = 1; count <= kj::min(words.size(), 2u); ++count) {
    auto parsed = commands.parse(words.slice(0, count));
    if (parsed.is<WrongWord>()) continue;
    auto& command = parsed.get<Command>();
    if (takesRest(command)) return Understood{kj::mv(command), count};
  }
  auto parsed = commands.parse(words);
  if (parsed.is<WrongWord>()) return kj::mv(parsed.get<WrongWord>());
  return Understood{kj::mv(parsed.get<Command>()), static_cast<uint>(words.size())};
}

kj::String readFile(kj::StringPtr path) {
  std::ifstream file(path.cStr());
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) KJ_FAIL_SYSCALL("cannot read the file", errno, path);
  return kj::str(text.str());
}

}  // namespace xylem::cli
