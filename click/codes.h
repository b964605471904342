#pragma once
// The three port codes of an element's kind, as the Click language defines them.
//
//     ports        "1/1"  "1-2/0"  "-/-"  "2-/1"  "1/="  "1/=+"      how many inputs and outputs there may be
//     processing   "a/a"  "h/l"  "a/ah"                              h pushes, l pulls, a follows its neighbours
//     flow         "x/x"  "x/y"  "xy/x"  "#/#"  "#/[^#]"             which input leads to which output

#include <string_view>
#include <utility>
#include <vector>

namespace xylem::click {

struct PortCounts {
  int inputs, outputs;
};

PortCounts fitPorts(std::string_view code, int usedInputs, int usedOutputs);
// The numbers of ports that the code allows and that are nearest to those used.

enum class Processing : char { AGNOSTIC, PUSH, PULL };
Processing processingOf(std::string_view code, bool isOutput, int port);

std::vector<bool> flowFrom(std::string_view code, bool fromOutput, int port, int others);
// Which of the `others` ports of the other side this one is connected with inside the element.

}  // namespace xylem::click
