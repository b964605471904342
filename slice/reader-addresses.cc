// Addresses: what is given is taken out of the pools first, so that nothing derived runs into it.

#include <net/wire.h>
#include <slice/reader.h>
#include <slice/text.h>

namespace xylem::slice {

namespace {

net::Ip plus(net::Ip address, uint32_t number) {
  if (address.is4()) return net::Ip4{address.v4().bits + number};
  return net::Ip6{address.v6().high, address.v6().low + number};
}

net::IfAddr member(net::IpNet net, uint32_t number) {
  // The addresses of a /31 or /127 are all hosts' (RFC 3021, RFC 6164).
  return net::IfAddr(plus(net.address(), net.length() + 1 == net.address().width() ? number : number + 1),
                     net.length());
}

bool hasRoom(net::IpNet net, size_t members) {
  auto bits = net.address().width() - net.length();
  if (bits == 1) return members <= 2;
  return bits > 1 && (bits > 20 || members + 2 <= size_t(1) << bits);
}

net::Ip4Net orElse(bool given, net::wire::Ip4Net::Reader net, const char* otherwise) {
  if (given) return net::Ip4Net(net::Ip4{net.getBits()}, net.getLength());
  return KJ_ASSERT_NONNULL(net::Ip4Net::parse(otherwise));
}

template <typename List> kj::Vector<net::IpNet> prefixes(List list, uint8_t version) {
  kj::Vector<net::IpNet> out;
  for (auto each : list)
    KJ_IF_MAYBE (net, net::read(each))
      if (net->version() == version) out.add(*net);
  return out;
}

}  // namespace

void Reader::addInterface(const End& end, uint32_t mtu, std::vector<net::IfAddr> addresses) {
  auto& node = slice.nodes[numbers[end.node]];
  node.interfaces.push_back({end.interface, macOf(slice.name, end.node, end.interface), std::move(addresses), mtu});
}

std::vector<net::IfAddr> Reader::givenTo(const Link& link, int end) {
  std::vector<net::IfAddr> out;
  auto path = kj::str("link ", config::quote(ptr(link.name)), " address");
  bool mine = false, named = false;
  for (auto word : linkSources[link.name].getAddress()) {
    KJ_IF_MAYBE (address, net::IfAddr::parse(word)) {
      if (!named) problem(path, "say first whose address it is: address " + link.ends[0].node + " " + text(word));
      if (mine) out.push_back(*address);
    } else {
      named = true;
      auto name = text(word).substr(0, text(word).find(':'));
      mine = name == link.ends[end].node;
      if (!mine && name != link.ends[1 - end].node)
        problem(kj::str(path, ' ', config::quote(word)),
                "\"" + text(word) + "\" is neither an end of this link nor an address such as 10.0.0.1/30");
    }
  }
  return out;
}

void Reader::addressLinks() {
  auto pools = from.getAddresses();
  Pool4 pool(orElse(pools.hasLinks(), pools.getLinks(), "10.0.0.0/9"), 31);
  Pool6 pool6(slice.name);
  for (auto& link : slice.links)
    for (auto net : prefixes(linkSources[link.name].getPrefix(), 4)) pool.avoid(net.v4());
  for (auto& link : slice.links) {
    auto source = linkSources[link.name];
    auto path = kj::str("link ", config::quote(ptr(link.name)));
    std::vector<net::IfAddr> addresses[2] = {givenTo(link, 0), givenTo(link, 1)};
    for (uint8_t version : {4, 6}) {
      bool given = false;
      for (auto& end : addresses)
        for (auto& each : end) given = given || each.version() == version;
      auto nets = prefixes(source.getPrefix(), version);
      if (!given && nets.empty()) {
        if (version == 6) {
          nets.add(net::IpNet(net::Ip(pool6.link(link.name)), 127));
        } else KJ_IF_MAYBE (net, pool.take(slice.name + " " + link.name)) {
          nets.add(net::IpNet(*net));
        } else {
          return problem(path,
                         "no addresses are left for links; give them a larger prefix: addresses { links 10.0.0.0/9; }");
        }
      }
      for (auto& net : nets) {
        if (!hasRoom(net, 2)) problem(kj::str(path, " prefix"), text(kj::str(net)) + " has no room for two addresses");
        for (int i : {0, 1}) addresses[i].push_back(member(net, i));
      }
    }
    auto mtu = mtuOf(source.getMtu());
    for (int i : {0, 1}) addInterface(link.ends[i], mtu, std::move(addresses[i]));
  }
}

void Reader::addressLan(Lan& lan) {
  wire::Lan::Reader source;
  for (auto each : from.getLan())
    if (each.getName() == ptr(lan.name)) source = each;
  auto path = kj::str("lan ", ptr(lan.name));
  kj::Vector<net::IpNet> nets;
  for (uint8_t version : {4, 6}) nets.addAll(prefixes(source.getPrefix(), version));
  bool has4 = false, has6 = false;
  for (auto& net : nets) (net.is4() ? has4 : has6) = true;
  if (!has4) {
    auto pools = from.getAddresses();
    Pool4 pool(orElse(pools.hasLans(), pools.getLans(), "10.128.0.0/10"), 24);
    for (auto& other : slice.lans) {
      // LANs are few: the pool is filled again up to this one.
      auto net = pool.take(slice.name + " lan " + other.name);
      if (&other != &lan) continue;
      KJ_IF_MAYBE (found, net)
        nets.add(net::IpNet(*found));
      else
        return problem(path, "no addresses are left for LANs; give it a prefix");
    }
  }
  if (!has6) nets.add(net::IpNet(Pool6(slice.name).lan(lan.name)));
  for (auto& net : nets)
    if (!hasRoom(net, lan.members.size()))
      return problem(kj::str(path, " prefix"),
                     text(kj::str(net)) + " has no room for " + std::to_string(lan.members.size()) + " members");
  uint32_t number = 0;
  for (auto& end : lan.members) {
    std::vector<net::IfAddr> addresses;
    for (auto& net : nets) addresses.push_back(member(net, number));
    addInterface(end, lan.mtu, std::move(addresses));
    ++number;
  }
}

void Reader::addressLoopbacks() {
  auto pools = from.getAddresses();
  Pool4 pool(orElse(pools.hasLoopbacks(), pools.getLoopbacks(), "10.255.0.0/16"), 32);
  Pool6 pool6(slice.name);
  auto given = [&](Node& node, uint8_t version) {
    for (auto each : sources.at(node.name).from.getLoopback())
      KJ_IF_MAYBE (address, net::read(each))
        if (address->version() == version) return *address;
    return net::Ip();
  };
  for (auto& node : slice.nodes)
    if (auto address = given(node, 4); address.is4()) pool.avoid(net::Ip4Net(address.v4()));
  for (auto& node : slice.nodes)
    for (uint8_t version : {4, 6}) {
      auto address = given(node, version);
      if (address.isNone() && node.kind != Kind::HOST) {
        if (version == 6)
          address = pool6.loopback(node.name);
        else KJ_IF_MAYBE (net, pool.take(slice.name + " " + node.name))
          address = net->address();
        else
          return problem(
              sources.at(node.name).path,
              "no addresses are left for loopbacks; give them a larger prefix: addresses { loopbacks 10.255.0.0/16; }");
      }
      if (!address.isNone()) node.loopbacks.push_back(address);
    }
}

void Reader::findGateways() {
  auto lead = [&](const End& host, const End& to) {
    auto& node = slice.nodes[numbers[host.node]];
    auto& other = slice.nodes[numbers[to.node]];
    if (node.kind != Kind::HOST || other.kind == Kind::HOST || !node.gateways.empty()) return;
    uint8_t versions = 0;
    for (auto& address : other.interface(to.interface)->addresses)
      if (!(versions & 1 << address.version())) {
        versions |= 1 << address.version();
        node.gateways.push_back(address.address());
      }
  };
  for (auto& link : slice.links)
    for (int i : {0, 1}) lead(link.ends[i], link.ends[1 - i]);
  for (auto& lan : slice.lans)
    for (auto& host : lan.members)
      for (auto& to : lan.members) lead(host, to);
}

}  // namespace xylem::slice
