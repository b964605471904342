// Ways into the slice and out of it. Their addresses are the same in all slices: shared address space (RFC 6598), which
// no other network should have, four for each node.

#include <slice/reader.h>
#include <slice/text.h>

#include <algorithm>
#include <charconv>

namespace xylem::slice {

namespace {

constexpr auto GATEWAYS = net::Ip4::of(100, 64, 0, 0);
constexpr uint32_t MOST_WAYS = 1 << 14;

}  // namespace

void Reader::readGate() {
  auto nat = from.getEgress().getNat();
  auto ingress = from.getIngress();
  if (nat.getNode().size() == 0 && ingress.getTcp().size() == 0 && ingress.getUdp().size() == 0) return;
  slice.gate = Gate{text(nat.getDevice()), {}, {}};
  auto other = text(ingress.getDevice());
  if (slice.gate->device.empty()) slice.gate->device = other;
  if (!other.empty() && other != slice.gate->device)
    problem("ingress device", "the way out is \"" + slice.gate->device + "\", and so must the way in be");
  auto path = kj::str("egress nat node");
  for (auto word : nat.getNode()) {
    path = kj::str(path, ' ', config::quote(word));
    addWay(text(word), true, path);
  }
  for (auto each : ingress.getTcp()) readForward(each, "tcp");
  for (auto each : ingress.getUdp()) readForward(each, "udp");
}

void Reader::readForward(wire::Forward::Reader from, const char* protocol) {
  auto path = kj::str("ingress ", protocol, " ", from.getPort(), " to ", config::quote(from.getTo()));
  auto word = text(from.getTo());
  auto colon = word.find(':');
  Gate::Forward forward{protocol, from.getPort(), word.substr(0, colon), 0};
  auto number = colon == std::string::npos ? "" : word.substr(colon + 1);
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), forward.to);
  if (error != std::errc() || *end != 0 || forward.to == 0)
    return problem(path, "\"" + word + "\" is no port of a node, such as web:80");
  addWay(forward.node, false, path);
  slice.gate->forwards.push_back(std::move(forward));
}

void Reader::addWay(const std::string& name, bool leaves, kj::StringPtr path) {
  auto found = numbers.find(name);
  if (found == numbers.end()) return problem(path, nearNode(name));
  auto& ways = slice.gate->ways;
  if (slice.gate->way(name) != nullptr) return;
  if (devices[name].count(WAY_OUT) > 0) return problem(path, "node \"" + name + "\" has an interface \"nat0\" already");
  if (ways.size() == MOST_WAYS) return problem(path, "so many nodes cannot have ways out");
  auto& node = slice.nodes[found->second];
  auto base = GATEWAYS.bits + 4 * uint32_t(ways.size());
  net::Ip gateway = net::Ip4{base + 1};
  ways.push_back(
      {name, macOf(slice.name, name, WAY_OUT), net::IfAddr(net::Ip4{base + 2}, 30), gateway, mtuOf(0), leaves});
  // What is not a router of ours takes the kernel's default route.
  if (!leaves || node.kind == Kind::ROUTER) return;
  node.gateways.erase(std::remove_if(node.gateways.begin(), node.gateways.end(), [](auto& each) { return each.is4(); }),
                      node.gateways.end());
  node.gateways.push_back(gateway);
}

}  // namespace xylem::slice
