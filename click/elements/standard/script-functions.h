#pragma once
// What scripts calculate with: functions of words, each a read handler of every Script.
//
//     add sub mul div idiv min max mod rem neg abs      eq ne gt ge lt le       not and or nand nor if in
//     sprintf first length unquote random htons htonl ntohs ntohl               cat catq kill

#include <click/errors.h>
#include <click/text.h>

#include <optional>
#include <span>

namespace xylem::click {

struct ScriptFunction {
  const char* name;
  std::optional<std::string> (*call)(std::string words, Errors& errors);
  // Nothing, when an error was told.
  bool isPrivate = false;
  // It touches the world, and is not for control connections.
};

std::span<const ScriptFunction> scriptFunctions();
std::optional<int> signalNumber(const std::string& word);
// "INT", "15".

}  // namespace xylem::click
