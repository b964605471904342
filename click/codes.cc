// Port codes. A code with one half stands for both sides; the last letter of a half repeats.

#include <click/codes.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace xylem::click {

namespace {

std::string_view half(std::string_view code, bool second) {
  auto slash = code.find('/');
  if (slash == std::string_view::npos) return code;
  return second ? code.substr(slash + 1) : code.substr(0, slash);
}

struct Range {
  int least = 0, most = 0;
};

constexpr int MANY = 1 << 16;

Range rangeOf(std::string_view code) {
  Range range;
  size_t i = 0;
  auto number = [&]() {
    int value = 0;
    while (i < code.size() && std::isdigit(static_cast<unsigned char>(code[i]))) value = value * 10 + code[i++] - '0';
    return value;
  };
  range.least = range.most = number();
  if (i < code.size() && code[i] == '-') {
    ++i;
    range.most = i < code.size() ? number() : MANY;
  }
  return range;
}

std::vector<std::string_view> places(std::string_view code) {
  // The elements of one side of a flow code: a letter, `#`, or a set in brackets.
  std::vector<std::string_view> out;
  for (size_t i = 0; i < code.size();) {
    auto end = code[i] == '[' ? code.find(']', i) : i;
    if (end == std::string_view::npos) end = code.size() - 1;
    out.push_back(code.substr(i, end + 1 - i));
    i = end + 1;
  }
  return out;
}

bool holds(std::string_view place, char letter, int port, int otherPort) {
  if (place[0] == '[') {
    bool isNot = place.size() > 1 && place[1] == '^';
    bool found = false;
    for (char c : place.substr(isNot ? 2 : 1)) {
      if (c == ']') break;
      found = found || (c == '#' ? port == otherPort : c == letter);
    }
    return found != isNot;
  }
  return place[0] == '#' ? port == otherPort : place[0] == letter;
}

bool leads(std::string_view from, int fromPort, std::string_view to, int toPort) {
  // Two places match when one of them holds what the other is.
  if (from[0] != '[')
    return from[0] == '#' ? holds(to, '#', fromPort, toPort) || (to[0] == '#' && fromPort == toPort)
                          : holds(to, from[0], fromPort, toPort);
  if (to[0] != '[') return holds(from, to[0], toPort, fromPort);
  for (char c : from.substr(1))
    if (std::isalpha(static_cast<unsigned char>(c)) && holds(to, c, fromPort, toPort)) return true;
  return false;
}

}  // namespace

PortCounts fitPorts(std::string_view code, int usedInputs, int usedOutputs) {
  auto in = half(code, false), out = half(code, true);
  PortCounts counts{};
  if (in[0] == '=') in = "-";
  auto range = rangeOf(in);
  bool sameAsInputs = out[0] == '=';
  if (sameAsInputs) {
    int more = int(std::count(out.begin(), out.end(), '+'));
    int wanted = std::max(usedInputs, usedOutputs - more);
    counts.inputs = std::clamp(wanted, range.least, range.most);
    counts.outputs = counts.inputs + more;
    return counts;
  }
  counts.inputs = std::clamp(usedInputs, range.least, range.most);
  auto outputs = rangeOf(out);
  counts.outputs = std::clamp(usedOutputs, outputs.least, outputs.most);
  return counts;
}

Processing processingOf(std::string_view code, bool isOutput, int port) {
  auto letters = half(code, isOutput);
  char letter = letters[std::min(letters.size() - 1, size_t(port))];
  return letter == 'h' ? Processing::PUSH : letter == 'l' ? Processing::PULL : Processing::AGNOSTIC;
}

std::vector<bool> flowFrom(std::string_view code, bool fromOutput, int port, int others) {
  std::vector<bool> out(size_t(others), false);
  auto mine = places(half(code, fromOutput)), theirs = places(half(code, !fromOutput));
  if (mine.empty() || theirs.empty()) return out;
  auto own = mine[std::min(mine.size() - 1, size_t(port))];
  for (int i = 0; i < others; ++i) out[size_t(i)] = leads(own, port, theirs[std::min(theirs.size() - 1, size_t(i))], i);
  return out;
}

}  // namespace xylem::click
