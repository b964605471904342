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

std::string address(net::Ip4 address) { return net::Ip(address).toString().cStr(); }

std::string fromDevice(const Wire& wire, int end) {
  auto length = wire.mtu > 1900 ? ", SNAPLEN " + std::to_string(wire.mtu + 64) : "";
  return "FromDevice(" + wire.devices[end] + ", SNIFFER true, PROMISC true, METHOD MMAP" + length + ")";
}

std::string toDevice(const Wire& wire, int end) {
  return "Queue(4096) -> ToDevice(" + wire.devices[end] + ", METHOD LINUX);\n";
}

std::string tunnels(const std::vector<Wire>& wires) {
  // What comes in is told apart by sender, form and key.
  std::string patterns, ways;
  size_t count = 0;
  for (auto& wire : wires) {
    if (!wire.egre) continue;
    auto& tunnel = *wire.egre;
    auto &here = tunnel.addresses[wire.end], &there = tunnel.addresses[1 - wire.end];
    char pattern[64];
    snprintf(pattern, sizeof(pattern), "12/%08x 20/20006558%08x", there.bits, tunnel.key);
    patterns += (count == 0 ? "" : ", ") + std::string(pattern);
    auto key = "KEY " + std::to_string(tunnel.key) + ")";
    auto& shape = wire.shapes[wire.end];
    ways += fromDevice(wire, wire.end) + " -> " +
            (shape == Shape() ? "" : "t" + std::to_string(count) + " :: " + element(shape) + " -> ") + "EtherGRE(" +
            address(here) + ", " + address(there) + ", DF true, " + key + " -> tunnels;\n";
    ways += "keys[" + std::to_string(count++) + "] -> StripEtherGRE(" + key + " -> " + toDevice(wire, wire.end);
  }
  if (count == 0) return "";
  return "tunnels :: RawSocket(GRE, SOCKET " + std::to_string(EGRE_SOCKET) + ") -> keys :: Classifier(" + patterns +
         ");\n" + ways;
}

}  // namespace

std::string wiring(const std::vector<Wire>& wires, const std::string& control) {
  std::string out = "ControlSocket(UNIX, " + control + ");\n";
  size_t number = 0;
  for (auto& wire : wires) {
    if (wire.egre) continue;
    for (int i : {0, 1}) {
      auto name = "l" + std::to_string(number) + (i == 0 ? "f" : "b");
      out += fromDevice(wire, i) + " -> " + name + " :: " + element(wire.shapes[i]) + " -> " + toDevice(wire, 1 - i);
    }
    ++number;
  }
  return out + tunnels(wires);
}

}  // namespace xylem::slice
