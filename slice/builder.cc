// A link that the kernel carries is a pair of devices, each in its node's namespace. One that needs more has two pairs,
// whose other ends are in the namespace between the nodes; so has each member of a LAN, and there is a bridge.
//
// Of a link to another host, the end here is a VXLAN device in its node's namespace, whose packets leave by the
// machine's, or one of a pair, by whose other end, the machine's, a program in the kernel does the same with GRE. If
// the link does more to packets, that device is in the namespace between the nodes instead. Where the kernel does not
// take that program, there is no such device, and the process there has a socket of the machine's namespace for GRE.

#include <slice/builder.h>
#include <slice/launch.h>
#include <slice/names.h>
#include <slice/text.h>
#include <slice/underlay.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <unistd.h>
#include <xrl/log.h>

namespace xylem::slice {

const std::string WIRE = "-wire";

std::string Place::namespaceOf(const std::string& node) const {
  return node == WIRE ? "x." + name : slice::namespaceOf(name, node);
}

Builder::Builder(Place given, Groups& groups)
    : place(std::move(given)), groups(groups), journal(place.folder()), maker([this] {
        prepareNamespaceFolder();
        journal.note("user", place.folder() + "/user");
        UserNamespace made(place.firstUser, place.folder() + "/user");
        return openPath(made.path, O_RDONLY);
      }()) {}

int Builder::network(const std::string& node) {
  auto& fd = networks[node];
  if (fd.get() < 0) fd = openPath(namespaceFolder() + "/" + place.namespaceOf(node), O_RDONLY);
  return fd;
}

void Builder::addNode(const Node& node) {
  journal.note("group", node.name);
  limit(node);
  journal.note("mount", place.nodeFolder(node.name));
  furnishFolder(place.nodeFolder(node.name), node.limits.disk, place.firstUser);
  journal.note("namespace", place.namespaceOf(node.name));
  maker.make(place.namespaceOf(node.name));
  Inside inside(network(node.name));
  Netlink netlink;
  setDefaults();
  if (node.kind != Kind::HOST && node.kind != Kind::ROUTER) {
    writeFile("/proc/sys/net/ipv4/ip_forward", "1");
    writeFile("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  }
  slice::setUp(netlink, "lo", true);
  for (auto& each : node.loopbacks) addAddress(netlink, "lo", net::IfAddr(each, each.width()));
}

void Builder::limit(const Node& node) {
  groups.make(place.name, node.name, node.limits);
  if (node.name == WIRE || node.plane == Plane::CLICK) groups.makePlane(place.name, node.name, node.limits);
}

void Builder::removeNode(const std::string& node) {
  networks.erase(node);
  removeNamespace(place.namespaceOf(node));
  groups.remove(place.name, node);
  auto folder = place.nodeFolder(node);
  unmount(folder);
}

void Builder::readdress(const Node& before, const Node& node) {
  Inside inside(network(node.name));
  Netlink netlink;
  if (before.loopbacks != node.loopbacks) {
    removeAddresses(netlink, "lo");
    for (auto& each : node.loopbacks) addAddress(netlink, "lo", net::IfAddr(each, each.width()));
  }
  for (auto& each : node.gateways) setGateway(netlink, each);
}

void Builder::needWire() {
  auto path = namespaceFolder() + "/" + place.namespaceOf(WIRE);
  if (access(path.c_str(), F_OK) == 0) return;
  Node node;
  node.name = WIRE;
  node.kind = Kind::HOST;
  node.limits.memory = 256 << 20;
  addNode(node);
  Inside inside(network(WIRE));
  writeFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

void Builder::configure(const Slice& slice, const End& end, bool up) {
  auto& device = *slice.node(end.node)->interface(end.interface);
  Inside inside(network(end.node));
  Netlink netlink;
  for (auto& each : device.addresses) addAddress(netlink, device.name, each);
  slice::setUp(netlink, device.name, up);
}

void Builder::attach(const Slice& slice, const End& end, const std::string& wireDevice) {
  auto& device = *slice.node(end.node)->interface(end.interface);
  Netlink netlink;
  makeVeth(netlink, device, network(end.node), plain(wireDevice, device.mtu), network(WIRE));
  Inside inside(network(WIRE));
  Netlink between;
  slice::setUp(between, wireDevice, true);
}

void Builder::attachToWire(const Slice& slice, const End& end, const std::string& wireDevice) {
  attach(slice, end, wireDevice);
  Inside inside(network(end.node));
  setOffload(end.interface, false);
}

void Builder::addLink(const Slice& slice, const Link& link) {
  journal.note("link", link.name);
  auto near = slice.endsHere(link);
  if (near.size() == 1)
    addTunnel(slice, link, near[0]);
  else if (link.shapes[0].needsPlane() || link.shapes[1].needsPlane())
    addWire(slice, link);
  else {
    auto &a = *slice.node(link.ends[0].node)->interface(link.ends[0].interface),
         &b = *slice.node(link.ends[1].node)->interface(link.ends[1].interface);
    Netlink netlink;
    makeVeth(netlink, a, network(link.ends[0].node), b, network(link.ends[1].node));
    reshape(slice, link);
  }
  for (int i : near) configure(slice, link.ends[i], !link.down);
  for (int i : near) setGateways(slice, link.ends[i].node);
}

void Builder::addWire(const Slice& slice, const Link& link) {
  needWire();
  auto mtu = slice.node(link.ends[0].node)->interface(link.ends[0].interface)->mtu;
  Wire wire{{link.shapes[0], link.shapes[1]}, {deviceOf(link.name, 0), deviceOf(link.name, 1)}, mtu, {}, 0};
  for (int i : {0, 1}) attachToWire(slice, link.ends[i], wire.devices[i]);
  carried[link.name] = wire;
}

bool Builder::isKernels(const Tunnel& tunnel, int near) {
  if (tunnel.kind == Tunnel::VXLAN) return true;
  std::string problem;
  if (egre == nullptr) egre = Egre::open(problem);
  if (egre != nullptr) problem = egre->reach(tunnel.addresses[1 - near]);
  if (problem.empty()) return true;
  xrl::log::info("a process carries tunnels", "reason", problem);
  return false;
}

void Builder::makeTunnel(const Link& link, const Interface& device, int network, int near) {
  if (link.tunnel->kind == Tunnel::EGRE) return egre->add(egreName(link), device, network, *link.tunnel, near);
  Netlink netlink;
  makeVxlan(netlink, device, network, *link.tunnel, near);
}

void Builder::addTunnel(const Slice& slice, const Link& link, int near) {
  auto& device = *slice.node(link.ends[near].node)->interface(link.ends[near].interface);
  bool hasDevice = isKernels(*link.tunnel, near);
  if (hasDevice && !link.shapes[near].needsPlane()) {
    makeTunnel(link, device, network(link.ends[near].node), near);
    reshape(slice, link);
    return;
  }
  needWire();
  Wire wire{{}, {deviceOf(link.name, 0), deviceOf(link.name, 1)}, device.mtu, {}, near};
  // The other host sees to what comes from there.
  wire.shapes[near] = link.shapes[near];
  attachToWire(slice, link.ends[near], wire.devices[near]);
  if (hasDevice) {
    makeTunnel(link, plain(wire.devices[1 - near], device.mtu), network(WIRE), near);
    Inside inside(network(WIRE));
    Netlink between;
    slice::setUp(between, wire.devices[1 - near], true);
  } else {
    wire.egre = link.tunnel;
  }
  carried[link.name] = wire;
  listenToEgre();
}

void Builder::listenToEgre() {
  std::vector<uint32_t> keys;
  for (auto& [name, wire] : carried) {
    if (!wire.egre) continue;
    if (egreStandIn.get() < 0) egreStandIn = openEgre(wire.egre->addresses[wire.end]);
    keys.push_back(wire.egre->key);
  }
  if (egreStandIn.get() >= 0) admit(egreStandIn, keys);
}

kj::AutoCloseFd Builder::egreSocket() const {
  if (egreStandIn.get() < 0) return {};
  int fd;
  KJ_SYSCALL(fd = fcntl(egreStandIn, F_DUPFD_CLOEXEC, 0));
  return kj::AutoCloseFd(fd);
}

void Builder::setGateways(const Slice& slice, const std::string& node) {
  auto& gateways = slice.node(node)->gateways;
  if (gateways.empty()) return;
  Inside inside(network(node));
  Netlink netlink;
  for (auto& each : gateways) {
    // Until the link is there that leads to it, this is refused.
    try {
      setGateway(netlink, each);
    } catch (kj::Exception&) {
    }
  }
}

void Builder::removeLink(const Link& link) {
  if (egre != nullptr) egre->remove(egreName(link));
  auto wire = carried.find(link.name);
  if (wire != carried.end()) {
    if (link.tunnel && !wire->second.egre) remove(WIRE, wire->second.devices[1 - wire->second.end]);
    carried.erase(wire);
    listenToEgre();
  }
  for (auto& end : link.ends) remove(end.node, end.interface);
}

void Builder::remove(const std::string& node, const std::string& device) {
  auto path = namespaceFolder() + "/" + place.namespaceOf(node);
  if (access(path.c_str(), F_OK) != 0) return;
  Inside inside(network(node));
  Netlink netlink;
  removeDevice(netlink, device);
}

bool Builder::reshape(const Slice& slice, const Link& link) {
  auto near = slice.endsHere(link);
  auto wire = carried.find(link.name);
  if (wire != carried.end()) {
    for (int i : near) wire->second.shapes[i] = link.shapes[i];
    return true;
  }
  for (int i : near)
    if (link.shapes[i].needsPlane()) return false;
  for (int i : near) {
    Inside inside(network(link.ends[i].node));
    Netlink netlink;
    setRate(netlink, link.ends[i].interface, link.shapes[i],
            slice.node(link.ends[i].node)->interface(link.ends[i].interface)->mtu);
  }
  return true;
}

void Builder::setUp(const Slice& slice, const Link& link, bool up) {
  auto near = slice.endsHere(link);
  for (int i : near) {
    Inside inside(network(link.ends[i].node));
    Netlink netlink;
    slice::setUp(netlink, link.ends[i].interface, up);
  }
  if (!up) return;
  for (int i : near) setGateways(slice, link.ends[i].node);
}

void Builder::addLan(const Slice& slice, const Lan& lan) {
  needWire();
  journal.note("lan", lan.name);
  auto bridge = deviceOf("lan " + lan.name, 0);
  {
    Inside inside(network(WIRE));
    Netlink netlink;
    makeBridge(netlink, bridge, lan.mtu);
    slice::setUp(netlink, bridge, true);
  }
  for (auto& end : lan.members) {
    auto device = deviceOf("lan " + lan.name + " " + end.node + ":" + end.interface, 1);
    attach(slice, end, device);
    {
      Inside inside(network(WIRE));
      Netlink netlink;
      enslave(netlink, device, bridge);
    }
    configure(slice, end, true);
  }
  for (auto& end : lan.members) setGateways(slice, end.node);
}

void Builder::removeLan(const Lan& lan) {
  for (auto& end : lan.members) remove(end.node, end.interface);
  remove(WIRE, deviceOf("lan " + lan.name, 0));
}

std::vector<Wire> Builder::wires() const {
  std::vector<Wire> out;
  for (auto& [name, wire] : carried) out.push_back(wire);
  return out;
}

}  // namespace xylem::slice
