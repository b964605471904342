// The element resolves nothing: ARP and neighbor discovery are the kernel's, whose table the FEA follows. So a router
// has one view of its neighbors, whichever plane forwards.

#include <click/elements/plane/plane-neighbors.h>
#include <net/if.h>

namespace xylem::click {

const Kind PlaneNeighbors::KIND = kindOf<PlaneNeighbors>("PlaneNeighbors", "1/1-2", "a/ah");

void PlaneNeighbors::configure(Args& args) {
  if (!args.mandatory("DEVNAME", deviceName).complete()) return;
  interface = if_nametoindex(deviceName.c_str());
  for (auto& port : PlaneTables::get().ports())
    if (port.index == interface) port.mac.toBytes(own);
}

int PlaneNeighbors::step(Packet& packet) {
  if (packet.length() < 20) return DROP;
  bool is4 = packet.data()[0] >> 4 == 4;
  net::Ip to =
      is4 ? net::Ip(net::Ip4{packet.dstIp()}) : net::Ip(net::Ip6::fromBytes(packet.annotations() + anno::DST_IP6));
  auto mac = PlaneTables::get().neighbor(interface, to);
  if (mac == nullptr) {
    ++misses;
    return 1;
  }
  packet.push(14);
  auto header = packet.data();
  mac->toBytes(header);
  memcpy(header + 6, own, 6);
  header[12] = is4 ? 0x08 : 0x86;
  header[13] = is4 ? 0x00 : 0xdd;
  packet.macHeader = header;
  return 0;
}

}  // namespace xylem::click
