// Fragments of a packet are one flow, whether they have ports or not (click/xdp/tables.h).

#include <click/elements/plane/plane-lookup.h>
#include <net/if.h>

namespace xylem::click {

namespace {

uint32_t word(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

uint32_t flowHash4(const Packet& packet) {
  auto ip = packet.data();
  if (packet.length() < 20) return 0;
  unsigned header = (ip[0] & 15) * 4u;
  bool hasPorts = (ip[9] == 6 || ip[9] == 17) && packet.length() >= header + 4 && (ip[6] & 0x3f) == 0 && ip[7] == 0;
  return flowHash4Of(word(ip + 12), word(ip + 16), hasPorts ? word(ip + header) : 0, ip[9]);
}

uint32_t flowHash6(const Packet& packet) {
  auto ip = packet.data();
  bool hasPorts = (ip[6] == 6 || ip[6] == 17) && packet.length() >= 44;
  uint32_t addresses[8];
  memcpy(addresses, ip + 8, sizeof addresses);
  return flowHash6Of(addresses, hasPorts ? word(ip + 40) : 0);
}

}  // namespace

const Kind PlaneLookup4::KIND = kindOf<PlaneLookup4>("PlaneLookup4", "1/-", "h/h");
const Kind PlaneLookup6::KIND = kindOf<PlaneLookup6>("PlaneLookup6", "1/-", "h/h");

void PlaneDevices::configure(Args& args) {
  args.rest(names);
  args.complete();
  for (auto& name : names) indices.push_back(if_nametoindex(unquote(name).c_str()));
}

int PlaneDevices::outputFor(const NextHopGroup& group, uint32_t flowHash, net::Ip& gateway) const {
  if (group.kind == NextHopGroup::HOST) return 0;
  if (group.kind == NextHopGroup::BLACKHOLE) return DROP;
  int none = int(indices.size()) + 1;
  if (group.kind == NextHopGroup::UNREACHABLE || group.hops.empty()) return none;
  auto& hop = group.pick(flowHash);
  gateway = hop.gateway;
  for (size_t i = 0; i < indices.size(); ++i)
    if (indices[i] == hop.interface) return int(i) + 1;
  // Over a device that is no part of the graph: the kernel knows the way.
  return 0;
}

std::string PlaneDevices::describe(const NextHopGroup& group) const {
  if (group.kind != NextHopGroup::HOPS)
    return group.kind == NextHopGroup::HOST        ? "host"
           : group.kind == NextHopGroup::BLACKHOLE ? "blackhole"
                                                   : "unreachable";
  std::string out;
  for (auto& hop : group.hops) {
    char name[IF_NAMESIZE] = "-";
    if_indextoname(hop.interface, name);
    out += (out.empty() ? "" : ", ") + std::string(hop.gateway.toString().cStr()) + " " + name;
  }
  return out;
}

int PlaneLookup4::step(Packet& packet) {
  auto& group = PlaneTables::get().routes().lookup(Ip4{packet.dstIp()});
  net::Ip gateway;
  int port = devices.outputFor(group, group.hops.size() > 1 ? flowHash4(packet) : 0, gateway);
  if (gateway.is4()) packet.setDstIp(gateway.v4().bits);
  if (port < 0 || port >= outputs()) ++drops;
  return port;
}

int PlaneLookup6::step(Packet& packet) {
  if (packet.length() < 40) {
    ++drops;
    return DROP;
  }
  auto to = net::Ip6::fromBytes(packet.data() + 24);
  auto& group = PlaneTables::get().routes().lookup(to);
  net::Ip gateway(to);
  int port = devices.outputFor(group, group.hops.size() > 1 ? flowHash6(packet) : 0, gateway);
  (gateway.is6() ? gateway.v6() : to).toBytes(packet.annotations() + anno::DST_IP6);
  if (port < 0 || port >= outputs()) ++drops;
  return port;
}

void PlaneLookup4::pushBatch(int port, Batch& batch) {
  auto& routes = PlaneTables::get().routes().ip4;
  for (unsigned i = 0; i < batch.size(); ++i) routes.prefetch(Ip4{batch[i].dstIp()});
  Sorting::pushBatch(port, batch);
}

void PlaneLookup6::pushBatch(int port, Batch& batch) {
  auto& routes = PlaneTables::get().routes().ip6;
  for (unsigned i = 0; i < batch.size(); ++i)
    if (batch[i].length() >= 40) routes.prefetch(net::Ip6::fromBytes(batch[i].data() + 24));
  Sorting::pushBatch(port, batch);
}

template <typename Address>
void PlaneDevices::addHandlers(Handlers& handlers, Element& element, const char* expected) const {
  handlers.readWith("lookup", [this, &element, expected](const std::string& text, Errors& errors) -> std::string {
    Address address;
    if (read(trim(text), address, Reading{&element, errors}))
      return describe(PlaneTables::get().routes().lookup(address));
    errors.error(expected);
    return "";
  });
}

void PlaneLookup4::addHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  devices.addHandlers<Ip4>(handlers, *this, "expected an IPv4 address");
}

void PlaneLookup6::addHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  devices.addHandlers<Ip6>(handlers, *this, "expected an IPv6 address");
}

}  // namespace xylem::click
