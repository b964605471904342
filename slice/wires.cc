// One way of a link is FromDevice -> Link -> Queue -> ToDevice. The queue behind Link is only for bursts that arrive at
// one time; what waits for the rate waits in Link.

#include <slice/names.h>
#include <slice/wires.h>
#include <slice/words.h>

#include <cstdio>

namespace xylem::slice {

std::string deviceOf(const std::string& what, int end) {
  char name[16];
  snprintf(name, sizeof(name), "x%08x.%d", unsigned(hashOf(what)), end);
  return name;
}

namespace {

std::string seconds(kj::Duration time) {
  char text[32];
  snprintf(text, sizeof(text), "%.9fs", double(time / kj::NANOSECONDS) / 1e9);
  return text;
}

std::string element(const Shape& shape) {
  std::string out = "Link(";
  if (shape.rate != 0) out += "RATE " + std::to_string(shape.rate) + "bps, ";
  out += "DELAY " + seconds(shape.delay) + ", JITTER " + seconds(shape.jitter);
  out += ", LOSS " + word(shape.loss) + ", DUPLICATE " + word(shape.duplicate) + ", REORDER " + word(shape.reorder);
  return out + ", QUEUE " + std::to_string(shape.queue) + ")";
}

}  // namespace

std::string wiring(const std::vector<Wire>& wires, const std::string& control) {
  std::string out = "ControlSocket(UNIX, " + control + ");\n";
  size_t number = 0;
  for (auto& wire : wires) {
    auto length = wire.mtu > 1900 ? ", SNAPLEN " + std::to_string(wire.mtu + 64) : "";
    for (int i : {0, 1}) {
      auto name = "l" + std::to_string(number) + (i == 0 ? "f" : "b");
      out += "FromDevice(" + wire.devices[i] + ", SNIFFER true, PROMISC true, METHOD MMAP" + length + ") -> " + name +
             " :: " + element(wire.shapes[i]) + " -> Queue(4096) -> ToDevice(" + wire.devices[1 - i] +
             ", METHOD LINUX);\n";
    }
    ++number;
  }
  return out;
}

}  // namespace xylem::slice
