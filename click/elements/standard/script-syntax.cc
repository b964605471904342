// How instructions are read. Jumps are resolved when all are known; a label that does not exist may still be `begin`,
// or an instruction that ends the script. Every script ends in an instruction of its own.

#include <click/elements/standard/script-functions.h>
#include <click/elements/standard/script.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Script::Word Script::WORDS[] = {
    {"append", APPEND, false, true},   {"end", END, false, true},         {"error", ERROR, false, true},
    {"errorq", ERROR, true, true},     {"exit", EXIT, false, true},       {"export", EXPORT, false, true},
    {"exportq", EXPORT, true, true},   {"goto", GOTO, false, true},       {"init", INIT, false, true},
    {"initq", INIT, true, true},       {"label", LABEL, false, true},     {"loop", LOOP, false, true},
    {"pause", PAUSE, false, true},     {"print", PRINT, false, true},     {"printn", PRINT, false, false},
    {"printnq", PRINT, true, false},   {"printq", PRINT, true, true},     {"read", READ, false, true},
    {"readq", READ, true, true},       {"return", RETURN, false, true},   {"returnq", RETURN, true, true},
    {"save", SAVE, false, true},       {"set", SET, false, true},         {"setq", SET, true, true},
    {"stop", STOP, false, true},       {"wait", WAIT, false, true},       {"wait_for", WAIT, false, true},
    {"wait_step", PAUSE, false, true}, {"wait_stop", PAUSE, false, true}, {"wait_time", WAIT, false, true},
    {"write", WRITE, false, true},     {"writeq", WRITE, true, true},
};

bool Script::readType(const std::string& text, Args& args) {
  static const std::pair<const char*, Type> TYPES[] = {{"ACTIVE", ACTIVE}, {"PASSIVE", PASSIVE}, {"PACKET", PACKET},
                                                       {"PUSH", PACKET},   {"PROXY", PROXY},     {"DRIVER", DRIVER},
                                                       {"SIGNAL", SIGNAL}};
  auto words = splitWords(text);
  for (auto& [name, value] : TYPES)
    if (!words.empty() && words[0] == name && (words.size() == 1 || value == SIGNAL)) {
      type = value;
      for (size_t i = 1; i < words.size(); ++i) {
        auto number = signalNumber(words[i]);
        if (!number) return args.error("bad signal number"), false;
        signals.push_back(*number);
      }
      if (type == SIGNAL && signals.empty()) return args.error("bad signal number"), false;
      return true;
    }
  args.error("bad TYPE");
  return false;
}

void Script::configure(Args& args) {
  std::string typeText;
  args.keyword("TYPE", typeText, as::raw);
  if (!args.consume()) return;
  if (!typeText.empty() && !readType(typeText, args)) return;
  if (type == DRIVER) {
    if (router().onStop) return args.error("router has more than one driver script");
    router().onStop = [this]() { return stepRouter(); };
  }
  if (type == PACKET && inputs() == 0) return args.error("PACKET script must have inputs");
  if (type != PACKET && inputs() + outputs() > 0) return args.error("ports allowed only on PACKET scripts");
  Strings texts;
  args.rest(texts);
  for (auto& each : texts)
    if (!readInstruction(each)) args.error("syntax error at " + quoted(splitWords(each)[0]));
  for (auto& each : instructions) {
    if (each.op != GOTO || each.text.empty()) continue;
    auto label = shiftWord(each.text);
    each.target = target(label);
    if (each.target >= int(instructions.size())) args.error("no such label " + quoted(label));
  }
  if (instructions.empty() && type == DRIVER) add({PAUSE, "", "", false, true, 1});
  add({type == DRIVER ? STOP : END});
}

void Script::add(Instruction instruction) {
  bool waits = instruction.op == PAUSE || instruction.op == WAIT;
  if (instructions.empty() && !waits) instructions.push_back({START});
  instructions.push_back(std::move(instruction));
}

bool Script::readInstruction(std::string text) {
  auto name = shiftWord(text);
  if (name.empty()) return true;
  auto word = std::find_if(std::begin(WORDS), std::end(WORDS), [&name](auto& each) { return name == each.name; });
  if (word == std::end(WORDS)) return false;
  Instruction now{word->op, "", "", word->unquotes, word->hasNewline};
  if (name == "wait" && text.empty()) now.op = PAUSE;
  switch (now.op) {
    case PAUSE: {
      __int128 count = 1;
      if (!text.empty() && (!parseInteger(text, count) || count < 0 || count > UINT32_MAX)) return false;
      now.count = unsigned(count);
      text.clear();
      break;
    }
    case SET:
    case INIT:
    case EXPORT:
      if (!readVariable(now, text)) return false;
      break;
    case RETURN:
      now.variable = "_";
      break;
    case LABEL:
      if (splitWords(text).size() != 1) return false;
      text = trim(text);
      break;
    case LOOP:
    case END:
    case EXIT:
    case STOP:
      if (!text.empty()) return false;
      if (now.op == LOOP) now.op = GOTO;
      break;
    default:
      break;
  }
  now.text = text;
  add(std::move(now));
  return true;
}

bool Script::readVariable(Instruction& instruction, std::string& text) {
  instruction.variable = shiftWord(text);
  variables.insert({instruction.variable, ""});
  return !instruction.variable.empty() && (instruction.op != SET || !text.empty());
}

int Script::target(const std::string& label) const {
  for (size_t i = 0; i < instructions.size(); ++i)
    if (instructions[i].op == LABEL && instructions[i].text == label) return int(i);
  for (auto op : {END, EXIT, STOP, ERROR})
    for (auto& word : WORDS)
      if (word.op == op && !word.unquotes && label == word.name) return -int(op);
  return label == "begin" || label == "loop" ? 0 : int(instructions.size());
}

}  // namespace xylem::click
