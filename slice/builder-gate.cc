// Ways out of a slice: pairs of devices between nodes and the namespace that they share, and one from there to the
// machine. Only those devices forward there.

#include <slice/builder.h>
#include <slice/gate.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <unistd.h>

namespace xylem::slice {

namespace {

constexpr const char* UP = "up0";

void forwardWithin(const std::string& device) { writeFile("/proc/sys/net/ipv4/conf/" + device + "/forwarding", "1"); }

}  // namespace

void Builder::addGate(const Slice& slice) {
  auto& gate = *slice.gate;
  needWire();
  journal.note("gate", place.name);
  for (auto& each : gate.forwards) ports.push_back(reservePort(each));
  auto first = freeUplink(place.name);
  Uplink uplink{gateDevice(place), gate.device.empty() ? wayOut() : gate.device, first, {first.bits + 1}};
  KJ_REQUIRE(indexOf(uplink.out) != 0, "this machine has no device by which a slice can be left", uplink.out.c_str());
  auto own = openPath("/proc/thread-self/ns/net", O_RDONLY);
  // Before the device is there, so that nothing passes in between.
  applyRules(machineRules(place, gate, uplink));
  for (auto& way : gate.ways) {
    addWay(way);
    setGateways(slice, way.node);
  }
  Netlink netlink;
  makeVeth(netlink, plain(UP, gate.ways[0].mtu), network(WIRE), plain(uplink.device, gate.ways[0].mtu), own);
  addAddress(netlink, uplink.device, net::IfAddr(uplink.machine, 31));
  slice::setUp(netlink, uplink.device, true);
  forwardWithin(uplink.device);
  forward(place, uplink.out);
  Inside inside(network(WIRE));
  Netlink between;
  applyRules(sliceRules(gate, UP, uplink));
  addAddress(between, UP, net::IfAddr(uplink.slice, 31));
  slice::setUp(between, UP, true);
  forwardWithin(UP);
  setGateway(between, uplink.machine);
}

void Builder::addWay(const Gate::Way& way) {
  auto other = otherEnd(way);
  {
    Netlink netlink;
    makeVeth(netlink, {WAY_OUT, way.mac, {}, way.mtu}, network(way.node), plain(other, way.mtu), network(WIRE));
  }
  {
    Inside inside(network(way.node));
    Netlink netlink;
    addAddress(netlink, WAY_OUT, way.address);
    slice::setUp(netlink, WAY_OUT, true);
  }
  Inside inside(network(WIRE));
  Netlink netlink;
  addAddress(netlink, other, net::IfAddr(way.gateway, way.address.length()));
  slice::setUp(netlink, other, true);
  forwardWithin(other);
  if (way.leaves) setGatewayOfMark(netlink, way.address.address(), markOf(way));
}

void Builder::removeGate(const Gate& gate) {
  ports.clear();
  remove(WIRE, UP);
  for (auto& way : gate.ways) remove(way.node, WAY_OUT);
  closeGate(place);
  auto path = namespaceFolder() + "/" + place.namespaceOf(WIRE);
  if (access(path.c_str(), F_OK) != 0) return;
  Inside inside(network(WIRE));
  applyRules("table inet gate\ndelete table inet gate\n");
}

}  // namespace xylem::slice
