// The kernel is asked, and not the plane: it remembers what the plane has written, and the plane does not.
//
// Nexthop objects have numbers that follow from when they were made, and a group has an object for each IP version; so
// groups are told by what is in them, each once, in that order.

#include <fea/netlink.h>
#include <fea/transfer.h>

#include <capnp/serialize.h>
#include <fea/kernel-routes.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <net/if.h>
#include <net/wire.h>
#include <netlink/msg.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace xylem::fea {

using xrl::Task;

namespace {

constexpr uint16_t KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
constexpr int TRIES = 20;

struct Content {
  // Of a group.
  enum Kind { HOPS, BLACKHOLE, UNREACHABLE } kind = HOPS;
  std::vector<std::tuple<std::string, net::Ip, uint>> hops;
  // Interface, gateway, weight.
  auto operator<=>(const Content&) const = default;
};

struct NeighborRow {
  std::string interface;
  net::Ip address;
  net::Mac mac;
  bool permanent;
};

class Picture {
  // Of the kernel, at one moment.
 public:
  Picture(xrl::Loop& loop, KernelOptions options, std::map<uint, std::string> names)
      : loop(loop), options(options), names(std::move(names)) {}

  Task<void> take() {
    bool whole = false;
    for (int tries = 0; tries < TRIES && !whole; ++tries) whole = co_await read();
    KJ_REQUIRE(whole, "the routes of the kernel change faster than they can be read");
    number();
  }

  std::map<Content, uint32_t> groups;
  // And their numbers, from 1 on.
  std::vector<std::pair<net::IpNet, uint32_t>> routes;
  // Each with the kernel's id of its group; later with its number.
  std::vector<NeighborRow> neighbors;

 private:
  struct Object {
    std::vector<std::pair<uint32_t, uint>> members;
    uint link = 0;
    net::Ip gateway;
    bool blackhole = false;
  };
  static constexpr uint32_t UNREACHABLE = ~uint32_t(0);
  // No object has this id.

  Task<bool> read() {
    objects.clear();
    routes.clear();
    neighbors.clear();
    using Each = kj::Function<void(const nlmsghdr&)>;
    nhmsg anyNexthop{};
    Each foundNexthop = [this](const nlmsghdr& message) { nexthop(message); };
    bool whole = co_await dump(RTM_GETNEXTHOP, anyNexthop, kj::mv(foundNexthop));
    for (uint8_t family : {AF_INET, AF_INET6}) {
      rtmsg ours{};
      ours.rtm_family = family;
      ours.rtm_table = RT_TABLE_MAIN;
      ours.rtm_protocol = options.protocol;
      Each foundRoute = [this](const nlmsghdr& message) { route(message); };
      bool more = co_await dump(RTM_GETROUTE, ours, kj::mv(foundRoute));
      whole = whole && more;
    }
    ndmsg anyNeighbor{};
    Each foundNeighbor = [this](const nlmsghdr& message) { neighbor(message); };
    bool last = co_await dump(RTM_GETNEIGH, anyNeighbor, kj::mv(foundNeighbor));
    co_return whole&& last;
  }

  template <typename Header> Task<bool> dump(uint16_t type, Header header, kj::Function<void(const nlmsghdr&)> each) {
    Netlink netlink;
    netlink.beginDump(type, header);
    for (;;) {
      auto state = netlink.continueDump(each);
      if (state != Netlink::Dumped::MORE) co_return state == Netlink::Dumped::DONE;
      // A piece is below a millisecond; then the loop turns.
      co_await loop.timer().afterDelay(0 * kj::SECONDS);
    }
  }

  void nexthop(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEXTHOP) return;
    Attributes attributes(message, sizeof(nhmsg));
    auto& object = objects[attributes.u32(NHA_ID)];
    object.link = attributes.u32(NHA_OIF);
    object.gateway = attributes.ip(NHA_GATEWAY);
    object.blackhole = attributes.has(NHA_BLACKHOLE);
    auto bytes = attributes.bytes(NHA_GROUP);
    for (size_t at = 0; at + sizeof(nexthop_grp) <= bytes.size(); at += sizeof(nexthop_grp)) {
      nexthop_grp member;
      memcpy(&member, bytes.begin() + at, sizeof(member));
      object.members.emplace_back(member.id, uint(member.weight) + 1);
    }
  }

  void route(const nlmsghdr& message) {
    RouteRow row(message);
    if (row.protocol != options.protocol || row.metric != options.metric || row.table != RT_TABLE_MAIN || row.isCopy ||
        row.net.isNone())
      return;
    routes.emplace_back(row.net, row.type == RTN_UNREACHABLE ? UNREACHABLE : row.kernelId);
  }

  void neighbor(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEIGH) return;
    auto& header = *static_cast<ndmsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
    Attributes attributes(message, sizeof(header));
    auto address = attributes.ip(NDA_DST);
    auto mac = attributes.bytes(NDA_LLADDR);
    auto name = names.find(uint(header.ndm_ifindex));
    bool isKnown = header.ndm_state & KNOWN && (header.ndm_family == AF_INET || header.ndm_family == AF_INET6);
    if (!isKnown || mac.size() != 6 || address.isNone() || address.isMulticast() || name == names.end()) return;
    neighbors.push_back(
        {name->second, address, net::Mac::fromBytes(mac.begin()), bool(header.ndm_state & NUD_PERMANENT)});
  }

  Content contentOf(uint32_t id) {
    Content out;
    if (id == UNREACHABLE) {
      out.kind = Content::UNREACHABLE;
      return out;
    }
    for (auto [member, weight] : objects[id].members) {
      auto& hop = objects[member];
      if (hop.blackhole) out.kind = Content::BLACKHOLE;
      if (!hop.blackhole) out.hops.emplace_back(names[hop.link], hop.gateway, weight);
    }
    std::sort(out.hops.begin(), out.hops.end());
    return out;
  }

  void number() {
    std::map<uint32_t, Content> used;
    for (auto& [net, id] : routes)
      if (used.count(id) == 0) groups.emplace(used[id] = contentOf(id), 0);
    uint32_t next = 0;
    for (auto& [content, group] : groups) group = ++next;
    std::map<uint32_t, uint32_t> numbers;
    for (auto& [id, content] : used) numbers[id] = groups[content];
    for (auto& [net, id] : routes) id = numbers[id];
    std::sort(routes.begin(), routes.end(), [](auto& a, auto& b) { return a.first < b.first; });
    std::sort(neighbors.begin(), neighbors.end(),
              [](auto& a, auto& b) { return std::tie(a.interface, a.address) < std::tie(b.interface, b.address); });
  }

  xrl::Loop& loop;
  KernelOptions options;
  std::map<uint, std::string> names;
  // Of interfaces, by index.
  std::map<uint32_t, Object> objects;
};

void write(const Content& from, uint32_t id, rib::NextHopGroup::Builder to) {
  to.setId(id);
  if (from.kind == Content::BLACKHOLE) return to.setBlackhole();
  if (from.kind == Content::UNREACHABLE) return to.setUnreachable();
  auto hops = to.initHops(uint(from.hops.size()));
  for (auto i : kj::indices(hops)) {
    auto& [name, gateway, weight] = from.hops[i];
    hops[i].setInterface(name.c_str());
    if (!gateway.isNone()) net::write(gateway, hops[i].initGateway());
    hops[i].setWeight(uint16_t(weight));
  }
}

void write(net::IpNet net, uint32_t group, rib::Route::Builder to) {
  auto parts = net::partsOf(net);
  to.setVersion(parts.version);
  to.setLength(parts.length);
  to.setHigh(parts.high);
  to.setLow(parts.low);
  to.setNextHop(group);
}

void write(const Link& link, Part::Port::Builder to) {
  to.setName(link.name);
  to.setUp(link.up);
  to.setMtu(link.mtu);
  net::write(link.mac, to.initMac());
  auto addresses = to.initAddresses(uint(link.addresses.size()));
  for (auto i : kj::indices(addresses)) net::write(link.addresses[i], addresses[i]);
}

kj::Own<capnp::MallocMessageBuilder> interfacesOf(Forwarder& plane, std::map<uint, std::string>& names) {
  std::map<kj::StringPtr, const Link*> sorted;
  for (auto& link : plane.links()) {
    sorted[link->name] = link.get();
    names[link->index] = link->name.cStr();
  }
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto list = message->initRoot<Part>().initInterfaces(uint(sorted.size()));
  uint i = 0;
  for (auto& [name, link] : sorted) write(*link, list[i++]);
  return message;
}

template <typename Items, typename Make> Task<void> giveAll(Give& give, const Items& items, Make make) {
  // In parts. `make` makes one of that many items from there on.
  for (auto at = items.begin(); at != items.end();) {
    auto end = at;
    uint count = 0;
    while (end != items.end() && count < PART_ITEMS) {
      ++end;
      ++count;
    }
    capnp::MallocMessageBuilder message;
    auto part = message.initRoot<Part>();
    make(part, at, count);
    auto reader = part.asReader();
    co_await give(reader);
    at = end;
  }
}

}  // namespace

Task<void> exportForwarding(xrl::Loop& loop, Forwarder& plane, KernelOptions options, Give give) {
  capnp::MallocMessageBuilder begin;
  begin.initRoot<Part>().setBegin(STREAM_VERSION);
  auto first = begin.getRoot<Part>().asReader();
  co_await give(first);
  // What has happened to interfaces by now is known when the loop has read of it and turned.
  for (int turn = 0; turn < 2; ++turn) co_await loop.timer().afterDelay(0 * kj::SECONDS);
  std::map<uint, std::string> names;
  auto interfaces = interfacesOf(plane, names);
  auto second = interfaces->getRoot<Part>().asReader();
  co_await give(second);
  Picture picture(loop, options, names);
  co_await picture.take();

  auto makeGroups = [](Part::Builder part, auto at, uint count) {
    auto list = part.initBatch().initGroups(count);
    for (auto group : list) {
      write(at->first, at->second, group);
      ++at;
    }
  };
  co_await giveAll(give, picture.groups, makeGroups);
  auto makeRoutes = [](Part::Builder part, auto at, uint count) {
    auto list = part.initBatch().initRoutes(count);
    for (auto route : list) {
      write(at->first, at->second, route);
      ++at;
    }
  };
  co_await giveAll(give, picture.routes, makeRoutes);
  auto makeNeighbors = [](Part::Builder part, auto at, uint count) {
    auto list = part.initNeighbors(count);
    for (auto neighbor : list) {
      neighbor.setInterface(at->interface.c_str());
      net::write(at->address, neighbor.initAddress());
      net::write(at->mac, neighbor.initMac());
      neighbor.setPermanent(at->permanent);
      ++at;
    }
  };
  co_await giveAll(give, picture.neighbors, makeNeighbors);

  capnp::MallocMessageBuilder end;
  auto counts = end.initRoot<Part>().initEnd();
  counts.setInterfaces(second.getInterfaces().size());
  counts.setGroups(uint(picture.groups.size()));
  counts.setRoutes(picture.routes.size());
  counts.setNeighbors(picture.neighbors.size());
  auto last = end.getRoot<Part>().asReader();
  co_await give(last);
}

// ---- import

uint Import::indexOf(kj::StringPtr name) {
  for (auto& link : plane.links())
    if (link->name == name) return link->index;
  KJ_FAIL_REQUIRE("there is no such interface here; make it first", name);
}

void Import::takeInterface(Part::Port::Reader port) {
  Netlink netlink;
  ifinfomsg header{};
  header.ifi_index = int(indexOf(port.getName()));
  header.ifi_change = IFF_UP;
  header.ifi_flags = port.getUp() ? IFF_UP : 0;
  Message change(RTM_NEWLINK, 0, header);
  change.put(IFLA_MTU, uint32_t(port.getMtu()));
  KJ_IF_MAYBE (refusal, netlink.request(change)) KJ_FAIL_REQUIRE("interface refused", port.getName(), refusal->text);
  for (auto each : port.getAddresses()) {
    auto address = KJ_REQUIRE_NONNULL(net::read(each), "not an address", port.getName());
    ifaddrmsg about{};
    about.ifa_family = address.version() == 4 ? AF_INET : AF_INET6;
    about.ifa_prefixlen = uint8_t(address.length());
    about.ifa_index = uint(header.ifi_index);
    // What another router had is no duplicate here.
    if (address.version() == 6) about.ifa_flags = IFA_F_NODAD;
    Message add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, about);
    add.put(IFA_LOCAL, address.address());
    add.put(IFA_ADDRESS, address.address());
    KJ_IF_MAYBE (refusal, netlink.request(add))
      KJ_REQUIRE(refusal->error == EEXIST, "address refused", port.getName(), address, refusal->text);
  }
}

void Import::takeNeighbor(Part::Neighbor::Reader from) {
  auto address = KJ_REQUIRE_NONNULL(net::read(from.getAddress()), "not an address", from.getInterface());
  auto mac = KJ_REQUIRE_NONNULL(net::read(from.getMac()), "not a MAC address", address);
  ndmsg header{};
  header.ndm_family = address.is4() ? AF_INET : AF_INET6;
  header.ndm_ifindex = int(indexOf(from.getInterface()));
  header.ndm_state = from.getPermanent() ? NUD_PERMANENT : NUD_STALE;
  Message message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, header);
  message.put(NDA_DST, address);
  kj::byte bytes[6];
  mac.toBytes(bytes);
  message.put(NDA_LLADDR, kj::ArrayPtr<const kj::byte>(bytes, 6));
  Netlink netlink;
  KJ_IF_MAYBE (refusal, netlink.request(message)) KJ_FAIL_REQUIRE("neighbor refused", address, refusal->text);
}

void Import::count(Part::Reader part) {
  KJ_REQUIRE(!hasEnded, "something comes after the end of the stream");
  KJ_REQUIRE(hasBegun || part.isBegin(), "the stream does not begin with its version");
  if (part.isInterfaces()) interfaces += part.getInterfaces().size();
  if (part.isBatch()) groups += part.getBatch().getGroups().size();
  if (part.isBatch()) routes += part.getBatch().getRoutes().size();
  if (part.isNeighbors()) neighbors += part.getNeighbors().size();
}

Task<void> Import::take(Part::Reader part) {
  count(part);
  auto which = part.which();
  if (which == Part::BEGIN) {
    KJ_REQUIRE(!hasBegun, "the stream begins twice");
    KJ_REQUIRE(part.getBegin() == STREAM_VERSION, "this version of the stream is not known here", part.getBegin());
    hasBegun = true;
  } else if (which == Part::INTERFACES) {
    for (auto each : part.getInterfaces()) takeInterface(each);
  } else if (which == Part::BATCH) {
    if (!isWriting) co_await plane.beginSync();
    isWriting = true;
    auto batch = part.getBatch();
    co_await plane.push(batch);
  } else if (which == Part::NEIGHBORS) {
    for (auto each : part.getNeighbors()) takeNeighbor(each);
  } else if (which == Part::END) {
    auto end = part.getEnd();
    KJ_REQUIRE(end.getInterfaces() == interfaces && end.getGroups() == groups && end.getRoutes() == routes &&
                   end.getNeighbors() == neighbors,
               "parts of the stream are missing");
    hasEnded = true;
  } else {
    KJ_FAIL_REQUIRE("the stream has a part that is not known here", uint(which));
  }
}

Task<void> Import::done() {
  KJ_REQUIRE(hasEnded, "the stream has no end");
  if (!isWriting) co_await plane.beginSync();
  co_await plane.synced();
}

// ---- files

namespace {

class Refusals final : public Forwarder::Listener {
  // Of a plane that nobody else writes to.
 public:
  void linksChanged(kj::ArrayPtr<const kj::String>) override {}
  void lost(kj::ArrayPtr<const net::IpNet>) override {}
  void resync(kj::StringPtr) override {}
  void refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) override {
    count += nets.size();
    if (first.size() == 0) first = kj::str(nets[0], ": ", reason);
  }

  size_t count = 0;
  kj::String first;
};

Task<void> importAll(Import& import, int file) {
  kj::FdInputStream stream(file);
  kj::BufferedInputStreamWrapper buffered(stream);
  while (buffered.tryGetReadBuffer().size() > 0) {
    capnp::InputStreamMessageReader message(buffered);
    auto part = message.getRoot<Part>();
    co_await import.take(part);
  }
  co_await import.done();
}

}  // namespace

int exportTo(int file) {
  xrl::Loop loop;
  Refusals listener;
  KernelOptions options;
  auto plane = openKernel(loop, listener, options);
  kj::FdOutputStream stream(file);
  kj::BufferedOutputStreamWrapper buffered(stream);
  kj::Promise<void> exported = exportForwarding(loop, *plane, options, [&](Part::Reader part) -> kj::Promise<void> {
    capnp::MallocMessageBuilder copy;
    copy.setRoot(part);
    capnp::writeMessage(buffered, copy);
    return kj::READY_NOW;
  });
  exported.wait(loop.waitScope());
  buffered.flush();
  return 0;
}

int importFrom(int file) {
  xrl::Loop loop;
  Refusals listener;
  auto plane = openKernel(loop, listener);
  plane->forward();
  Import import(*plane);
  kj::Promise<void> imported = importAll(import, file);
  imported.wait(loop.waitScope());
  KJ_REQUIRE(listener.count == 0, "routes refused", listener.count, listener.first);
  return 0;
}

}  // namespace xylem::fea
