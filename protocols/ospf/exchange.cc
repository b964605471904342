// The exchange of databases: RFC 2328 sections 10.6 to 10.9.
//
// The summary of the database is a list of keys, made once; headers are looked up when their turn comes, so that what
// has gone meanwhile is left out. What came meanwhile is flooded to this neighbour like to all others from the state
// Exchange on.
//
// Requests go out while the exchange still runs, one packet at a time: the next when all that the last one asked for
// has come.

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr size_t DESCRIPTION_FIXED = 12;
// In OSPFv3; less in OSPFv2.
constexpr auto PAUSE = 1 * kj::SECONDS;
constexpr auto RESTART_PAUSE = 200 * kj::MILLISECONDS;

}  // namespace

void Core::beginExchange(Neighbor& neighbor) {
  // Two routers that disagree for good are not to do so as fast as they can.
  bool hasty = neighbor.begun + PAUSE > now;
  // A helper may compute routes because of our Grace-LSA, as it would for any other, and BIRD then does without a
  // neighbour that is not fully adjacent. It does so at about the time of its hellos, which is now.
  auto pause = hasty ? PAUSE : restartUntil != nullptr ? RESTART_PAUSE : 0 * kj::SECONDS;
  forgetExchange(neighbor);
  setState(neighbor, NeighborState::EXSTART);
  neighbor.begun = now;
  neighbor.master = true;
  neighbor.exchangeSequence = neighbor.exchangeSequence == 0
                                  ? epoch + uint32_t((now - kj::origin<Time>()) / kj::SECONDS)
                                  : neighbor.exchangeSequence + 1;
  compose(neighbor, Description::INIT | Description::MORE | Description::MASTER);
  if (pause > 0 * kj::SECONDS)
    neighbor.describeAt = now + pause;
  else
    resend(neighbor);
}

void Core::forgetExchange(Neighbor& neighbor) {
  for (auto& [key, each] : neighbor.unacknowledged) --each.lsa->retransmitted;
  neighbor.unacknowledged.clear();
  neighbor.postponedGrace = nullptr;
  neighbor.wanted.clear();
  neighbor.asked = 0;
  neighbor.summary.clear();
  neighbor.summarized = 0;
  neighbor.received = nullptr;
  neighbor.sent = net::ByteWriter();
  neighbor.more = false;
  neighbor.describeAt = neighbor.requestAt = neighbor.retransmitAt = NEVER;
}

void Core::tickNeighbor(Neighbor& neighbor) {
  if (neighbor.describeAt <= now) {
    if (neighbor.state == NeighborState::EXSTART && neighbor.trouble.size() == 0 && neighbor.begun + PAUSE < now)
      neighbor.trouble =
          kj::str("it does not answer database descriptions; perhaps its MTU is lower than ", neighbor.interface.mtu());
    resend(neighbor);
  }
  if (neighbor.requestAt <= now) request(neighbor);
  if (neighbor.retransmitAt <= now) retransmit(neighbor);
}

// ---- description

void Core::describe(Neighbor& neighbor, uint8_t flags) {
  compose(neighbor, flags);
  resend(neighbor);
}

void Core::compose(Neighbor& neighbor, uint8_t flags) {
  // The next part of the summary; all of it may have been sent.
  auto& interface = neighbor.interface;
  Description description;
  description.mtu = interface.isVirtual ? 0 : uint16_t(kj::min(interface.mtu(), 0xffffu));
  description.options = optionsOf(interface) | (isV3(face) ? 0 : options::O);
  description.sequence = neighbor.exchangeSequence;
  size_t most = (room(interface) - signallingSize(interface) - DESCRIPTION_FIXED) / LSA_HEADER;
  if (!(flags & Description::INIT)) {
    auto& list = neighbor.summary;
    while (neighbor.summarized < list.size() && description.headers.size() < most) {
      auto& key = list[neighbor.summarized++];
      auto place = placeOf(KJ_ASSERT_NONNULL(scopeOf(key.type, face)), interface.area, &interface);
      auto lsa = place.database.find(key);
      if (lsa != nullptr && !lsa->isMaxAge(now)) description.headers.push_back(lsa->headerAt(now));
    }
    if (neighbor.summarized < list.size()) flags |= Description::MORE;
  }
  description.flags = flags;
  neighbor.more = flags & Description::MORE;
  neighbor.sent = net::ByteWriter();
  description.encode(neighbor.sent, face);
}

void Core::resend(Neighbor& neighbor) {
  auto packet = packetOf(PacketType::DESCRIPTION, neighbor.interface);
  packet.body.bytes(neighbor.sent.bytes());
  transmit(neighbor.interface,
           neighbor.interface.isPointToPoint() && !neighbor.interface.isVirtual ? allRouters() : neighbor.address,
           kj::mv(packet));
  // The master repeats itself until it is answered; the slave answers again when it is asked again.
  neighbor.describeAt = neighbor.master ? now + neighbor.interface.settings.retransmitInterval * kj::SECONDS : NEVER;
}

void Core::listSummary(Neighbor& neighbor) {
  auto& interface = neighbor.interface;
  auto add = [&](const Database& database) {
    for (auto& [key, entry] : database.entries()) {
      if (entry.lsa->isMaxAge(now)) {
        // Section 10.3, NegotiationDone: what dies is flooded to it instead.
        floodOn(interface, entry.lsa, nullptr);
        continue;
      }
      bool understood = isV3(face) || !isOpaque(key.type) || (neighbor.options & options::O);
      if (understood) neighbor.summary.push_back(key);
    }
  };
  add(interface.links);
  add(interface.area->database);
  if (interface.area->takesExternals() && !interface.isVirtual) add(asDatabase);
}

bool Core::negotiated(Neighbor& neighbor, const Description& description) {
  // Who leads? False: that is not known yet.
  constexpr uint8_t ALL = Description::INIT | Description::MORE | Description::MASTER;
  bool opening = description.flags == ALL && description.headers.empty();
  bool answer = !(description.flags & (Description::INIT | Description::MASTER)) &&
                description.sequence == neighbor.exchangeSequence;
  if (opening && neighbor.router > self) {
    neighbor.master = false;
    neighbor.exchangeSequence = description.sequence;
  } else if (answer && neighbor.router < self) {
    neighbor.master = true;
  } else {
    return false;
  }
  neighbor.options = description.options;
  neighbor.trouble = nullptr;
  setState(neighbor, NeighborState::EXCHANGE);
  listSummary(neighbor);
  return true;
}

bool Core::isNext(const Neighbor& neighbor, const Description& description) const {
  bool theirs = description.flags & Description::MASTER;
  uint32_t expected = neighbor.master ? neighbor.exchangeSequence : neighbor.exchangeSequence + 1;
  return theirs != neighbor.master && !(description.flags & Description::INIT) &&
         description.options == neighbor.options && description.sequence == expected;
}

void Core::receiveDescription(Neighbor& neighbor, Description description) {
  auto& interface = neighbor.interface;
  bool tooLarge = !interface.isVirtual && !interface.settings.ignoreMtu && description.mtu > interface.mtu();
  if (tooLarge) {
    neighbor.trouble = kj::str("its MTU is ", description.mtu, ", and ", interface.mtu(), " here");
    return bad(interface, "a larger MTU than here"_kj);
  }
  if (neighbor.state == NeighborState::INIT) {
    twoWay(neighbor);
    if (interface.elects() && interface.state > InterfaceState::WAITING) elect(interface);
  }
  if (neighbor.state < NeighborState::EXSTART) return;
  bool duplicate = false;
  KJ_IF_MAYBE (last, neighbor.received) duplicate = description.isDuplicateOf(*last);
  if (neighbor.state == NeighborState::EXSTART) {
    if (!negotiated(neighbor, description)) return;
  } else if (duplicate) {
    if (!neighbor.master) resend(neighbor);
    return;
  } else if (neighbor.state != NeighborState::EXCHANGE || !isNext(neighbor, description)) {
    neighbor.trouble = kj::str("the exchange of databases began again: a description out of sequence");
    return beginExchange(neighbor);
  }
  take(neighbor, description);
  if (neighbor.state == NeighborState::EXCHANGE || neighbor.state == NeighborState::LOADING)
    neighbor.received = kj::mv(description);
}

void Core::take(Neighbor& neighbor, const Description& description) {
  for (auto& header : description.headers) {
    if (!note(neighbor, header)) {
      neighbor.trouble = kj::str("it described an LSA of a type that does not belong here, ", uint(header.key.type));
      return beginExchange(neighbor);
    }
  }
  bool theyHaveMore = description.flags & Description::MORE;
  bool done = false;
  if (neighbor.master) {
    ++neighbor.exchangeSequence;
    done = !neighbor.more && !theyHaveMore;
    if (done)
      neighbor.describeAt = NEVER;
    else
      describe(neighbor, Description::MASTER);
  } else {
    neighbor.exchangeSequence = description.sequence;
    describe(neighbor, 0);
    done = !neighbor.more && !theyHaveMore;
  }
  if (neighbor.asked == 0 && !neighbor.wanted.empty()) request(neighbor);
  if (done) exchangeDone(neighbor);
}

bool Core::note(Neighbor& neighbor, const LsaHeader& header) {
  // Want it, if it is newer than what is here. False: it may not be described here.
  auto& interface = neighbor.interface;
  KJ_IF_MAYBE (place, placeFor(header, interface)) {
    auto current = place->database.find(header.key);
    if (current == nullptr || compareAge(header, current->headerAt(now)) > 0) neighbor.wanted[header.key] = {header};
    return true;
  }
  return false;
}

void Core::exchangeDone(Neighbor& neighbor) {
  setState(neighbor, neighbor.wanted.empty() ? NeighborState::FULL : NeighborState::LOADING);
}

// ---- requests

void Core::request(Neighbor& neighbor) {
  // What is wanted, as much as one packet can ask for. When all of the last request has come, nobody is marked as asked
  // for, and those that have no room now need not be looked at.
  bool again = neighbor.asked > 0;
  neighbor.requestAt = NEVER;
  neighbor.asked = 0;
  if (neighbor.wanted.empty()) return;
  auto& interface = neighbor.interface;
  auto packet = packetOf(PacketType::REQUEST, interface);
  size_t most = room(interface) / REQUEST_ENTRY;
  for (auto& [key, missing] : neighbor.wanted) {
    missing.asked = neighbor.asked < most;
    if (!missing.asked && !again) break;
    if (!missing.asked) continue;
    encodeRequest(key, packet.body, face);
    ++neighbor.asked;
  }
  transmit(interface, neighbor.address, kj::mv(packet));
  neighbor.requestAt = now + interface.settings.retransmitInterval * kj::SECONDS;
}

void Core::satisfied(Neighbor& neighbor, const Key& key) {
  auto at = neighbor.wanted.find(key);
  if (at == neighbor.wanted.end()) return;
  if (at->second.asked) --neighbor.asked;
  neighbor.wanted.erase(at);
  if (neighbor.wanted.empty()) {
    neighbor.requestAt = NEVER;
    neighbor.asked = 0;
    if (neighbor.state == NeighborState::LOADING) setState(neighbor, NeighborState::FULL);
  } else if (neighbor.asked == 0) {
    request(neighbor);
  }
}

void Core::receiveRequest(Neighbor& neighbor, const std::vector<Key>& list) {
  auto& interface = neighbor.interface;
  std::vector<LsaPtr> found;
  for (auto& wanted : list) {
    LsaHeader header;
    header.key = wanted;
    header.face = face;
    LsaPtr lsa;
    KJ_IF_MAYBE (place, placeFor(header, interface)) lsa = place->database.get(header.key);
    if (lsa == nullptr) {
      neighbor.trouble = kj::str("the exchange of databases began again: it asked for an LSA that is not here");
      return beginExchange(neighbor);
    }
    found.push_back(kj::mv(lsa));
  }
  sendUpdates(interface, neighbor.address, found);
}

}  // namespace xylem::ospf
