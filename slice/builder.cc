// A link that the kernel carries is a pair of devices, each in its node's namespace. One that needs more has two pairs,
// whose other ends are in the namespace between the nodes; so has each member of a LAN, and there is a bridge.

#include <slice/builder.h>
#include <slice/launch.h>
#include <slice/names.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <unistd.h>

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
  groups.make(place.name, node.name, node.limits);
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

void Builder::addLink(const Slice& slice, const Link& link) {
  auto &a = *slice.node(link.ends[0].node)->interface(link.ends[0].interface),
       &b = *slice.node(link.ends[1].node)->interface(link.ends[1].interface);
  journal.note("link", link.name);
  if (link.shapes[0].needsPlane() || link.shapes[1].needsPlane()) {
    needWire();
    Wire wire{{link.shapes[0], link.shapes[1]}, {deviceOf(link.name, 0), deviceOf(link.name, 1)}, a.mtu};
    for (int i : {0, 1}) {
      attach(slice, link.ends[i], wire.devices[i]);
      Inside inside(network(link.ends[i].node));
      setOffload(link.ends[i].interface, false);
    }
    carried[link.name] = wire;
  } else {
    Netlink netlink;
    makeVeth(netlink, a, network(link.ends[0].node), b, network(link.ends[1].node));
    reshape(slice, link);
  }
  for (auto& end : link.ends) configure(slice, end, !link.down);
  for (auto& end : link.ends) setGateways(slice, end.node);
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
  carried.erase(link.name);
  for (auto& end : link.ends) {
    auto path = namespaceFolder() + "/" + place.namespaceOf(end.node);
    if (access(path.c_str(), F_OK) != 0) continue;
    Inside inside(network(end.node));
    Netlink netlink;
    removeDevice(netlink, end.interface);
  }
}

bool Builder::reshape(const Slice& slice, const Link& link) {
  auto wire = carried.find(link.name);
  if (wire != carried.end()) {
    for (int i : {0, 1}) wire->second.shapes[i] = link.shapes[i];
    return true;
  }
  if (link.shapes[0].needsPlane() || link.shapes[1].needsPlane()) return false;
  for (int i : {0, 1}) {
    Inside inside(network(link.ends[i].node));
    Netlink netlink;
    setRate(netlink, link.ends[i].interface, link.shapes[i],
            slice.node(link.ends[i].node)->interface(link.ends[i].interface)->mtu);
  }
  return true;
}

void Builder::setUp(const Slice& slice, const Link& link, bool up) {
  for (auto& end : link.ends) {
    Inside inside(network(end.node));
    Netlink netlink;
    slice::setUp(netlink, end.interface, up);
  }
  if (!up) return;
  for (auto& end : link.ends) setGateways(slice, end.node);
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
  for (auto& end : lan.members) {
    auto path = namespaceFolder() + "/" + place.namespaceOf(end.node);
    if (access(path.c_str(), F_OK) != 0) continue;
    Inside inside(network(end.node));
    Netlink netlink;
    removeDevice(netlink, end.interface);
  }
  Inside inside(network(WIRE));
  Netlink netlink;
  removeDevice(netlink, deviceOf("lan " + lan.name, 0));
}

std::vector<Wire> Builder::wires() const {
  std::vector<Wire> out;
  for (auto& [name, wire] : carried) out.push_back(wire);
  return out;
}

}  // namespace xylem::slice
