// Machines that carry nodes, and what that means for links: between two of them there is a tunnel, and packets are no
// longer than fits into one, on all links alike.

#include <net/near.h>
#include <slice/reader.h>
#include <slice/text.h>
#include <slice/words.h>

#include <algorithm>

namespace xylem::slice {

namespace {

constexpr uint32_t USUAL_MTU = 1500, TUNNEL_MTU = 1450, KEYS = (1 << 24) - 1;

bool isHostName(const std::string& word) {
  // As a node's, in large or small letters.
  auto small = word;
  std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return tolower(c); });
  return isName(small);
}

}  // namespace

void Reader::readHosts() {
  for (auto each : from.getHost()) {
    Host host{text(each.getName()), {each.getAddress().getBits()}};
    auto path = kj::str("host ", config::quote(each.getName()));
    if (!isHostName(host.name))
      problem(path, "\"" + host.name + "\" is no name; a name is a letter, then letters, digits or \"-\", 31 at most");
    for (auto& other : slice.hosts)
      if (other.address == host.address) problem(path, "host \"" + other.name + "\" has the same address");
    slice.hosts.push_back(std::move(host));
  }
}

void Reader::assignHost(Node& node, wire::Node::Reader from, kj::StringPtr path) {
  node.host = text(from.getHost());
  kj::Vector<kj::StringPtr> known;
  for (auto& each : slice.hosts) {
    if (each.name == node.host) return;
    known.add(ptr(each.name));
  }
  if (!node.host.empty())
    problem(kj::str(path, " host"), "there is no host \"" + node.host + "\"" +
                                        text(net::didYouMean(ptr(node.host), known)) + "; a host is named by: host " +
                                        node.host + " { address 192.0.2.1; }");
  else if (!slice.hosts.empty())
    problem(path, "on which host is it? Expected: node " + node.name + " { host " + slice.hosts[0].name + "; }");
}

void Reader::addTunnels() {
  if (slice.hosts.empty()) return;
  std::set<uint32_t> taken;
  auto hostOf = [&](const End& end) -> std::string& { return slice.nodes[numbers[end.node]].host; };
  auto keyOf = [&](Link& link) -> uint32_t { return linkSources[link.name].getKey(); };
  auto spans = [&](const Link& link) { return hostOf(link.ends[0]) != hostOf(link.ends[1]); };
  for (auto& link : slice.links)
    if (spans(link) && keyOf(link) != 0 && !taken.insert(keyOf(link)).second)
      problem(kj::str("link ", config::quote(ptr(link.name)), " key"), "another link has the same key");
  for (auto& link : slice.links) {
    if (!spans(link)) continue;
    Tunnel tunnel;
    tunnel.kind = Tunnel::Kind(linkSources[link.name].getTunnel());
    tunnel.key = keyOf(link);
    for (auto key = uint32_t(hashOf("tunnel " + slice.name + " " + link.name) % KEYS); tunnel.key == 0;
         key = (key + 1) % KEYS)
      if (taken.insert(key + 1).second) tunnel.key = key + 1;
    for (int i : {0, 1})
      for (auto& host : slice.hosts)
        if (host.name == hostOf(link.ends[i])) tunnel.addresses[i] = host.address;
    link.tunnel = tunnel;
  }
}

void Reader::keepTogether(const Lan& lan) {
  for (auto& end : lan.members)
    if (slice.node(end.node)->host != slice.node(lan.members[0].node)->host)
      return problem(kj::str("lan ", config::quote(ptr(lan.name))),
                     "a LAN is on one host, and \"" + lan.members[0].node + "\" and \"" + end.node + "\" are on two");
}

uint32_t Reader::mtuOf(uint32_t given) const {
  if (given != 0) return given;
  for (auto& node : slice.nodes)
    if (node.host != slice.nodes[0].host) return TUNNEL_MTU;
  return USUAL_MTU;
}

}  // namespace xylem::slice
