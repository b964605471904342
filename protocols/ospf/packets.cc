// Packets that come and go: whose they are, and whether they are good.
//
// A packet belongs to the interface that it came in on, or, when it is the backbone's, was sent to one router alone and
// came in from an area that a virtual link leads through, to that virtual link (RFC 2328 section 8.2). It is
// authenticated as that interface says. Hellos make neighbours; all else comes from neighbours, and only from those
// whose adjacency is at least about to be formed.

#include <protocols/ospf/core.h>
#include <protocols/ospf/signalling.h>

namespace xylem::ospf {

namespace {

bool isStranger(const Interface& interface, Ip from) {
  if (isV3(interface.face)) return !from.is6() || (!interface.isVirtual && !from.isLinkLocal());
  return !interface.isPointToPoint() && !interface.primary.net().contains(from);
}

bool hasAddress(const Link& link, Ip address) {
  for (auto& each : link.addresses)
    if (each.address() == address) return true;
  return false;
}

}  // namespace

// ---- those that go

size_t Core::room(const Interface& interface) const {
  auto& authentication = interface.settings.authentication;
  size_t around =
      isV3(face) ? IP6_HEADER + Trailer{authentication.signers()}.size() : IP4_HEADER + authentication.trailer();
  return kj::max(interface.mtu(), 576u) - around - headerSize(face);
}

Ip Core::sourceOn(const Interface& interface) const {
  // An unnumbered one speaks with another's address, a loopback's before others; in OSPFv3 there are none.
  if (isV3(face) || !interface.address().isNone()) return interface.address();
  Ip found;
  for (auto& [name, each] : all) {
    if (each->state == InterfaceState::LOOPBACK && !each->address().isNone()) return each->address();
    if (found.isNone()) found = each->address();
  }
  return found;
}

void Core::transmit(Interface& interface, Ip to, PacketWriter packet) {
  auto speaker = byNumber.find(interface.isVirtual ? interface.virtualVia : interface.number);
  if (speaker == byNumber.end()) return;
  auto& through = *speaker->second;
  auto source = isV3(face) && interface.isVirtual ? globalAddress(through) : sourceOn(through);
  uint32_t seconds = epoch + uint32_t((now - kj::origin<Time>()) / kj::SECONDS);
  uint64_t sequence = uint64_t(seconds) << 32 | ++packetCount;
  auto& authentication = interface.settings.authentication;
  ++interface.counters.sent[packet.body.bytes()[1]];
  kj::Array<kj::byte> bytes;
  bool signals = packet.body.bytes()[1] <= uint8_t(PacketType::DESCRIPTION) && signallingSize(interface) > 0;
  if (!isV3(face)) {
    bytes = authentication.seal(kj::mv(packet.body), source, sequence);
    if (signals) bytes = Signalling().behind(bytes, authentication);
  } else if (source.is6()) {
    kj::Array<kj::byte> block;
    if (signals) block = Signalling().block3();
    bytes = Trailer{authentication.signers()}.seal(kj::mv(packet.body), sequence, source.v6(), block);
  } else {
    return;
  }
  actions.send(through.name.c_str(), source, to, interface.isVirtual, kj::mv(bytes));
}

size_t Core::signallingSize(const Interface& interface) const {
  return config.signalling ? Signalling::size(face, interface.settings.authentication) : 0;
}

PacketWriter Core::packetOf(PacketType type, const Interface& interface) const {
  return PacketWriter(type, self, interface.area->id, face, interface.settings.instance);
}

// ---- those that come

kj::OneOf<Bytes, Bad> Core::check(const Interface& interface, const Header& header, Bytes packet, Ip from,
                                  Numbers& numbers) const {
  auto& authentication = interface.settings.authentication;
  if (!isV3(face)) return authentication.check(packet, from, numbers);
  return Trailer{authentication.signers()}.check(packet, header.type, numbers.byType, from.v6());
}

void Core::bad(Interface& interface, kj::StringPtr reason) {
  ++interface.counters.bad;
  interface.counters.badReason = reason;
}

void Core::reject(Interface& interface, Ip from, RouterId router, kj::String reason) {
  bad(interface, "a router that is not taken for a neighbor"_kj);
  auto at = interface.rejected.find(from);
  if (at == interface.rejected.end()) {
    if (interface.rejected.size() >= Interface::MAX_REJECTED) return;
    at = interface.rejected.emplace(from, Rejected()).first;
  }
  at->second.router = router;
  at->second.reason = kj::mv(reason);
  at->second.last = now;
  ++at->second.count;
}

kj::Maybe<Interface&> Core::target(Interface& interface, const Header& header) {
  if (header.area == interface.area->id) return interface;
  if (header.area != BACKBONE) return nullptr;
  for (auto& [name, each] : all) {
    bool its = each->isVirtual && each->isUp() && each->peer == header.router && each->transit == interface.area->id;
    if (its) return *each;
  }
  return nullptr;
}

void Core::receive(const std::string& name, Ip from, bool multicast, Bytes packet, Time time) {
  auto found = all.find(name);
  if (retired || found == all.end() || !found->second->isUp() || found->second->settings.passive) return;
  begin(time);
  auto& arrived = *found->second;
  if (hasAddress(arrived.link, from)) return;
  auto read = Header::read(packet, face);
  if (read == nullptr) return bad(arrived, isV3(face) ? "not a packet of OSPFv3"_kj : "not a packet of OSPFv2"_kj);
  auto header = KJ_ASSERT_NONNULL(read);
  auto whose = multicast && header.area != arrived.area->id ? nullptr : target(arrived, header);
  auto& instance = whose.orDefault(arrived).settings.instance;
  if (header.instance != instance) return;  // Others speak on this link.
  if (whose == nullptr)
    return reject(arrived, from, header.router,
                  kj::str("it is in area ", header.area, " on this link, and this router in area ", arrived.area->id));
  auto& interface = KJ_ASSERT_NONNULL(whose);
  if (header.router == self)
    return reject(interface, from, header.router, kj::str("it has this router's own ID, ", self));
  if (isStranger(interface, from))
    return reject(interface, from, header.router,
                  isV3(face)
                      ? kj::str("its address ", from, " is not link-local")
                      : kj::str("its address ", from, " is not in this link's network ", interface.primary.net()));

  auto neighbor = findNeighbor(interface, from, header.router);
  Numbers numbers;
  KJ_IF_MAYBE (known, neighbor) numbers = known->numbers;
  auto checked = check(interface, header, packet, from, numbers);
  if (checked.is<Bad>()) {
    KJ_IF_MAYBE (known, neighbor) ++known->badPackets;
    return reject(interface, from, header.router, kj::str("its packets have ", checked.get<Bad>().reason));
  }
  auto body = checked.get<Bytes>();
  if (header.type == PacketType::HELLO) {
    KJ_IF_MAYBE (hello, Hello::decode(body, face)) {
      ++interface.counters.received[uint(header.type)];
      receiveHello(interface, from, header.router, *hello, numbers);
      KJ_IF_MAYBE (heard, findNeighbor(interface, from, header.router))
        if (heard->router == header.router) takeSignalling(*heard, header.type, packet, body);
    } else {
      bad(interface, "a malformed hello"_kj);
    }
  } else {
    KJ_IF_MAYBE (known, neighbor) {
      known->numbers = numbers;
      if (known->router == header.router) {
        takeSignalling(*known, header.type, packet, body);
        dispatch(interface, *known, header.type, body, multicast);
      }
    } else {
      bad(interface, "a packet of a router that is not a neighbor"_kj);
    }
  }
  settle();
}

void Core::takeSignalling(Neighbor& neighbor, PacketType type, Bytes packet, Bytes body) {
  if (type > PacketType::DESCRIPTION) return;
  neighbor.signalled = nullptr;
  if (!Signalling::isTold(type, body, face)) return;
  auto read = Signalling::read(packet, face, neighbor.interface.settings.authentication);
  if (read.is<Bad>()) {
    ++neighbor.badSignals;
    neighbor.badSignal = read.get<Bad>().reason;
  } else {
    neighbor.signalled = read.get<Signalling>().extended;
  }
}

void Core::dispatch(Interface& interface, Neighbor& neighbor, PacketType type, Bytes body, bool multicast) {
  auto malformed = [&]() {
    ++neighbor.badPackets;
    bad(interface, "a malformed packet"_kj);
  };
  ++interface.counters.received[uint(type)];
  if (type == PacketType::DESCRIPTION) {
    auto decoded = Description::decode(body, face);
    KJ_IF_MAYBE (description, decoded) return receiveDescription(neighbor, kj::mv(*description));
    return malformed();
  }
  if (neighbor.state < NeighborState::EXCHANGE) return;
  if (type == PacketType::REQUEST) {
    KJ_IF_MAYBE (list, decodeRequest(body, face)) return receiveRequest(neighbor, *list);
  } else if (type == PacketType::UPDATE) {
    KJ_IF_MAYBE (list, decodeUpdate(body)) return receiveUpdate(neighbor, *list, multicast);
  } else {
    KJ_IF_MAYBE (list, decodeAcknowledgment(body, face)) return receiveAcknowledgment(neighbor, *list);
  }
  malformed();
}

}  // namespace xylem::ospf
