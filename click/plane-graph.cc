// Per interface:
//
//     FromDevice -> Classifier -> Strip -> CheckIPHeader  -> DecIPTTL   -> rt4 -> IPFragmenter  -> PlaneNeighbors
//                              -> Strip -> CheckIP6Header -> DecIP6HLIM -> rt6 -> IP6Fragmenter -> PlaneNeighbors ->
//                              Queue -> ToDevice
//
// What concerns the host itself never comes here (FromDevice with HOST), what needs an ICMP error does.

#include <click/plane-graph.h>
#include <click/text.h>

namespace xylem::click {

namespace {

std::string firstAddress(const Port& port, bool is6) {
  // For ICMP errors; a global one if there is.
  std::string linkLocal;
  for (auto& each : port.addresses) {
    if (each.address().is6() != is6) continue;
    if (!each.address().isLinkLocal()) return each.address().toString().cStr();
    linkLocal = each.address().toString().cStr();
  }
  return linkLocal;
}

std::string identifier(const std::string& name) {
  // A device's name, made fit for the language.
  std::string out = name;
  for (auto& c : out)
    if (!isIdentifier(std::string(1, c))) c = '_';
  return out[0] >= '0' && out[0] <= '9' ? "if" + out : out;
}

class Graph {
 public:
  Graph(const std::vector<Port>& ports, const std::string& method)
      : ports(ports), method(method.empty() ? "" : ", METHOD " + method) {}

  std::string text() {
    std::string devices;
    for (auto& port : ports) devices += (devices.empty() ? "" : ", ") + quote(port.name);
    line("rt4 :: PlaneLookup4(" + devices + "); rt6 :: PlaneLookup6(" + devices + "); host :: PlaneHost;");
    line("rt4 [0] -> host; rt6 [0] -> host;");
    for (size_t i = 0; i < ports.size(); ++i) input(i);
    for (size_t i = 0; i < ports.size(); ++i) output(i);
    errors();
    return out;
  }

 private:
  void line(const std::string& text) { out += text + "\n"; }
  std::string name(size_t i) const { return identifier(ports[i].name); }

  void input(size_t i) {
    auto me = name(i), paint = "Paint(" + std::to_string(i) + ")";
    line("\n// ---- from " + ports[i].name);
    line(me + "_in :: FromDevice(" + quote(ports[i].name) + ", SNIFFER false, HOST true" + method + ")");
    line("  -> " + me + "_type :: Classifier(12/0800, 12/86dd, -);");
    line(me + "_type [0] -> Strip(14) -> " + paint + " -> " + me + "_check4 :: CheckIPHeader -> DropBroadcasts -> " +
         me + "_ttl4 :: DecIPTTL -> rt4;");
    line(me + "_type [1] -> Strip(14) -> " + paint + " -> " + me + "_check6 :: CheckIP6Header -> DropBroadcasts -> " +
         me + "_ttl6 :: DecIP6HLIM -> rt6;");
    line(me + "_type [2] -> Discard;");
    error(me + "_ttl4 [1]", i, false, "timeexceeded");
    error(me + "_ttl6 [1]", i, true, "3, 0");
  }

  void output(size_t i) {
    auto me = name(i), device = quote(ports[i].name), number = " [" + std::to_string(i + 1) + "]",
         mtu = std::to_string(ports[i].mtu);
    line("\n// ---- to " + ports[i].name);
    line(me + "_out :: Queue(1024) -> " + me + "_dev :: ToDevice(" + device + method + ");");
    line("rt4" + number + " -> " + me + "_mtu4 :: IPFragmenter(" + mtu + ", HONOR_DF true) -> " + me +
         "_arp :: PlaneNeighbors(" + device + ") -> " + me + "_out;");
    line("rt6" + number + " -> " + me + "_mtu6 :: IP6Fragmenter(" + mtu + ") -> " + me + "_nd :: PlaneNeighbors(" +
         device + ") -> " + me + "_out;");
    line(me + "_arp [1] -> host; " + me + "_nd [1] -> host;");
    errorsByInput(me + "_mtu4 [1]", me + "_big4", false, "unreachable, needfrag, PMTU " + mtu);
    errorsByInput(me + "_mtu6 [1]", me + "_big6", true, "2, 0, PMTU " + mtu);
  }

  void errors() {
    auto none = " [" + std::to_string(ports.size() + 1) + "]";
    line("\n// ---- no route");
    errorsByInput("rt4" + none, "none4", false, "unreachable, net");
    errorsByInput("rt6" + none, "none6", true, "1, 0");
  }

  void errorsByInput(const std::string& from, const std::string& own, bool is6, const std::string& what) {
    // The error comes from the address of the interface that the packet came by.
    line(from + " -> " + own + " :: PaintSwitch;");
    for (size_t i = 0; i < ports.size(); ++i) error(own + " [" + std::to_string(i) + "]", i, is6, what);
  }

  void error(const std::string& from, size_t i, bool is6, const std::string& what) {
    auto address = firstAddress(ports[i], is6);
    if (address.empty())
      line(from + " -> Discard;");
    else
      line(from + " -> " + (is6 ? "ICMP6Error(" : "ICMPError(") + address + ", " + what + ") -> host;");
  }

  const std::vector<Port>& ports;
  std::string method, out;
};

}  // namespace

std::string planeGraph(const std::vector<Port>& ports, const std::string& method) {
  return Graph(ports, method).text();
}

}  // namespace xylem::click
