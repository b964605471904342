// Interfaces and hellos: RFC 2328 sections 9 and 10.5.
//
// A hello that disagrees in what must agree (9.5) makes no neighbour; who sent it, and what disagrees, is kept, for the
// operator who wonders. A neighbour that was heard stays known until its dead interval is over or the interface goes
// down.
//
// A restarting neighbour's hellos do not list this router at first. While its grace lasts, that does not end the
// adjacency (RFC 3623 section 3.1).

#include <protocols/ospf/core.h>

#include <kj/debug.h>

namespace xylem::ospf {

namespace {

constexpr size_t MAX_NEIGHBORS = 4096;

struct Candidate {
  // A router of a link, as the election sees it.
  uint8_t priority;
  RouterId router;
  Ip4 identity, designated, backup;

  bool saysDesignated() const { return designated == identity; }
  bool saysBackup() const { return backup == identity; }
  bool isBefore(const Candidate& other) const {
    return std::tie(priority, router) > std::tie(other.priority, other.router);
  }
};

using Candidates = std::vector<Candidate>;

const Candidate* best(const Candidates& all, kj::FunctionParam<bool(const Candidate&)> fits) {
  const Candidate* found = nullptr;
  for (auto& each : all)
    if (fits(each) && (found == nullptr || each.isBefore(*found))) found = &each;
  return found;
}

std::pair<Ip4, Ip4> calculate(const Candidates& all) {
  // Section 9.4, steps 2 and 3: designated router, backup.
  auto identity = [](const Candidate* found) { return found == nullptr ? Ip4() : found->identity; };
  auto backup = best(all, [](auto& each) { return !each.saysDesignated() && each.saysBackup(); });
  if (backup == nullptr) backup = best(all, [](auto& each) { return !each.saysDesignated(); });
  auto designated = best(all, [](auto& each) { return each.saysDesignated(); });
  if (designated == nullptr) designated = backup;
  return {identity(designated), identity(backup)};
}

}  // namespace

uint32_t Core::areaOptions(const Area& area) const {
  uint32_t both = face == Face::V2   ? options::O
                  : face == Face::V3 ? options::R | options::V6
                                     : options::R | options::AF;
  switch (area.settings.type) {
    case AreaType::NORMAL:
      return options::E | both;
    case AreaType::STUB:
      return both;
    case AreaType::NSSA:
      return options::N | both;
  }
  KJ_UNREACHABLE;
}

uint32_t Core::optionsOf(const Interface& interface) const {
  // What its hellos say; in OSPFv3, its database descriptions too.
  auto options = areaOptions(*interface.area);
  bool signals = signallingSize(interface) > 0;
  if (!isV3(face)) return (options & ~options::O) | (signals ? options::L : 0);
  bool trailer = interface.settings.authentication.signers().size() > 0;
  return options | (trailer ? options::AT : 0) | (signals ? options::L3 : 0);
}

// ---- interface up, down

void Core::start(Interface& interface) {
  auto& settings = interface.settings;
  interface.designated = interface.backup = Ip4();
  borderDue = true;
  if (!interface.isVirtual && settings.type == NetworkType::LOOPBACK) {
    interface.state = InterfaceState::LOOPBACK;
    return;
  }
  if (!interface.elects())
    interface.state = InterfaceState::POINT_TO_POINT;
  else if (settings.priority == 0 || settings.passive)
    interface.state = InterfaceState::OTHER;
  else
    interface.state = InterfaceState::WAITING;
  if (settings.passive) return;
  if (interface.state == InterfaceState::WAITING) interface.waitUntil = now + settings.deadInterval * kj::SECONDS;
  if (restartUntil == nullptr) return sendHello(interface);
  sendGrace(interface);
  // A neighbour that a hello does not list may take the adjacency for lost, and BIRD computes routes without it then,
  // helper though it is. So first it is heard who is there.
  interface.helloAt = now + settings.helloInterval * kj::SECONDS;
}

void Core::stop(Interface& interface) {
  if (interface.state == InterfaceState::DOWN) return;
  while (!interface.neighbors.empty()) drop(*interface.neighbors.begin()->second);
  interface.state = InterfaceState::DOWN;
  interface.designated = interface.backup = Ip4();
  interface.helloAt = interface.waitUntil = interface.acknowledgeAt = NEVER;
  interface.acknowledgments.clear();
  interface.updates.clear();
  interface.rejected.clear();
  borderDue = true;
  touch(interface);
}

void Core::tickInterface(Interface& interface) {
  if (interface.acknowledgeAt <= now) flushAcknowledgments(interface);
  if (interface.waitUntil <= now) {
    interface.waitUntil = NEVER;
    elect(interface);
  }
  if (interface.helloAt <= now) sendHello(interface);
  std::vector<Neighbor*> dead;
  for (auto& [key, neighbor] : interface.neighbors) {
    KJ_IF_MAYBE (until, neighbor->graceUntil) {
      if (*until <= now) endHelp(*neighbor, "its time is over");
    }
    bool silent = neighbor->deadAt <= now && neighbor->graceUntil == nullptr;
    if (silent)
      dead.push_back(neighbor.get());
    else
      tickNeighbor(*neighbor);
  }
  for (auto neighbor : dead) drop(*neighbor);
  std::erase_if(interface.rejected, [&](auto& each) {
    return each.second.last + 4 * interface.settings.helloInterval * kj::SECONDS + 10 * kj::SECONDS < now;
  });
}

// ---- hellos

void Core::sendHello(Interface& interface, kj::Maybe<Ip> only) {
  auto& settings = interface.settings;
  Hello hello;
  bool masked = !isV3(face) && !interface.isVirtual && !interface.isUnnumbered();
  hello.interface = interface.id();
  if (masked) hello.mask = Ip4::mask(interface.primary.length());
  hello.interval = settings.helloInterval;
  hello.deadInterval = settings.deadInterval;
  hello.options = optionsOf(interface);
  hello.priority = settings.priority;
  hello.designated = interface.designated;
  hello.backup = interface.backup;
  for (auto& [key, neighbor] : interface.neighbors)
    if (neighbor->state >= NeighborState::INIT) hello.neighbors.push_back(neighbor->router);
  if (retired) hello.neighbors.clear();
  auto send = [&](Ip to) {
    auto packet = packetOf(PacketType::HELLO, interface);
    hello.encode(packet.body, face);
    transmit(interface, to, kj::mv(packet));
  };
  KJ_IF_MAYBE (one, only) return send(*one);
  interface.helloAt = now + settings.helloInterval * kj::SECONDS;
  if (interface.isVirtual) return send(interface.virtualAddress);
  if (interface.multicasts()) return send(allRouters());
  for (auto address : settings.neighbors) send(address);
}

kj::Maybe<kj::String> Core::mismatch(const Interface& interface, const Hello& hello) const {
  auto& settings = interface.settings;
  auto differ = [](kj::StringPtr what, auto theirs, auto ours) {
    return kj::str("its ", what, " is ", theirs, ", and ", ours, " here");
  };
  if (hello.interval != settings.helloInterval) return differ("hello interval", hello.interval, settings.helloInterval);
  if (hello.deadInterval != settings.deadInterval)
    return differ("dead interval", hello.deadInterval, settings.deadInterval);
  bool masked = !isV3(face) && !interface.isPointToPoint() && hello.mask != Ip4::mask(interface.primary.length());
  if (masked) return differ("network mask", hello.mask, Ip4::mask(interface.primary.length()));
  uint8_t matters = options::E | options::N;
  uint32_t ours = optionsOf(interface) & matters, theirs = hello.options & matters;
  if (face == Face::V3_IP4 && !(hello.options & options::AF)) return kj::str("it does not speak for IPv4");
  if (ours == theirs) return nullptr;
  auto kind = [](uint32_t bits) {
    return bits & options::E ? "a normal area"_kj : bits & options::N ? "an NSSA"_kj : "a stub area"_kj;
  };
  return kj::str("it takes area ", interface.area->id, " for ", kind(theirs), ", and it is ", kind(ours), " here");
}

Ip4 Core::slotOf(const Interface& interface, Ip from, RouterId router) const {
  // Where it is among the neighbours.
  return isV3(face) || interface.isPointToPoint() ? router : from.v4();
}

kj::Maybe<Neighbor&> Core::findNeighbor(Interface& interface, Ip from, RouterId router) {
  auto at = interface.neighbors.find(slotOf(interface, from, router));
  if (at == interface.neighbors.end()) return nullptr;
  return *at->second;
}

void Core::receiveHello(Interface& interface, Ip from, RouterId router, const Hello& hello, const Numbers& numbers) {
  KJ_IF_MAYBE (why, mismatch(interface, hello)) return reject(interface, from, router, kj::mv(*why));
  auto& settings = interface.settings;
  bool wanted = interface.multicasts() || interface.isVirtual || settings.neighbors.count(from) > 0;
  if (!wanted) return reject(interface, from, router, kj::str("it is not among the neighbors that are configured"));
  interface.rejected.erase(from);
  KJ_IF_MAYBE (known, findNeighbor(interface, from, router)) {
    if (known->router != router) drop(*known);  // Another router took over the address.
  }
  auto at = slotOf(interface, from, router);
  auto& slot = interface.neighbors[at];
  if (slot == nullptr) {
    if (interface.neighbors.size() > MAX_NEIGHBORS) {
      interface.neighbors.erase(at);
      return bad(interface, "one neighbor too many"_kj);
    }
    slot = std::make_unique<Neighbor>(interface, router, from, isV3(face) ? router : from.v4());
    slot->priority = hello.priority;
    slot->designated = hello.designated;
    slot->backup = hello.backup;
    slot->since = now;
  }
  slot->numbers = numbers;
  if (isV3(face)) moved(*slot, from, hello.interface);
  heard(*slot, hello);
}

void Core::moved(Neighbor& neighbor, Ip address, uint32_t interfaceId) {
  // In OSPFv3 it stays the same neighbour with another address, or behind another interface.
  bool same = neighbor.address == address && neighbor.interfaceId == interfaceId;
  neighbor.address = address;
  neighbor.interfaceId = interfaceId;
  if (!same) touch(neighbor.interface);
}

void Core::heard(Neighbor& neighbor, const Hello& hello) {
  auto& interface = neighbor.interface;
  bool isNew = neighbor.state < NeighborState::INIT;
  neighbor.heard = now;
  neighbor.deadAt = now + interface.settings.deadInterval * kj::SECONDS;
  // What its descriptions say goes further, and is compared with the next ones.
  if (neighbor.state < NeighborState::EXCHANGE) neighbor.options = hello.options;
  if (isNew) {
    setState(neighbor, NeighborState::INIT);
    // Who is new hears of us at once, and not with the next regular hello.
    if (interface.multicasts() && interface.isPointToPoint()) sendHello(interface);
  }
  auto before =
      std::tuple(neighbor.priority, neighbor.designated == neighbor.identity, neighbor.backup == neighbor.identity);
  neighbor.priority = hello.priority;
  bool forgot = neighbor.graceUntil != nullptr && hello.designated.isUnspecified();
  if (!forgot) std::tie(neighbor.designated, neighbor.backup) = std::pair(hello.designated, hello.backup);
  bool wasTwoWay = neighbor.state >= NeighborState::TWO_WAY;
  bool listed = std::find(hello.neighbors.begin(), hello.neighbors.end(), self) != hello.neighbors.end();
  if (listed) {
    twoWay(neighbor);
  } else {
    if (neighbor.graceUntil != nullptr) return;
    if (wasTwoWay) {
      forgetExchange(neighbor);
      setState(neighbor, NeighborState::INIT);
    }
    if (!interface.multicasts()) sendHello(interface, neighbor.address);
  }
  if (!interface.elects()) return;
  auto after =
      std::tuple(neighbor.priority, neighbor.designated == neighbor.identity, neighbor.backup == neighbor.identity);
  bool isTwoWay = neighbor.state >= NeighborState::TWO_WAY;
  bool resumes = restartUntil != nullptr && interface.state == InterfaceState::WAITING && isTwoWay &&
                 (hello.designated == interface.identity || hello.backup == interface.identity);
  if (resumes) {
    // It was the designated router or the backup before its restart, and goes on as that.
    bool designated = hello.designated == interface.identity;
    std::tie(interface.designated, interface.backup) = std::pair(hello.designated, hello.backup);
    interface.state = designated ? InterfaceState::DESIGNATED : InterfaceState::BACKUP;
    interface.waitUntil = NEVER;
    return reconsider(interface);
  }
  if (interface.state == InterfaceState::WAITING) {
    bool seen = std::get<2>(after) || (std::get<1>(after) && neighbor.backup.isUnspecified());
    if (isTwoWay && seen) elect(interface);
    return;
  }
  if (wasTwoWay != isTwoWay || (isTwoWay && before != after)) elect(interface);
}

// ---- neighbours

void Core::setState(Neighbor& neighbor, NeighborState state) {
  if (neighbor.state == state) return;
  auto before = neighbor.state;
  neighbor.state = state;
  neighbor.since = now;
  if (before != NeighborState::FULL && state != NeighborState::FULL) return;
  if (state == NeighborState::FULL) neighbor.trouble = nullptr;
  touch(neighbor.interface);
  borderDue = true;
  if (neighbor.interface.isVirtual) {
    auto transit = allAreas.find(neighbor.interface.transit);
    if (transit != allAreas.end()) transit->second->routerDue = true;
  }
  actions.tell(neighbor, before);
}

void Core::twoWay(Neighbor& neighbor) {
  if (neighbor.state != NeighborState::INIT) return;
  if (shouldBeAdjacent(neighbor))
    beginExchange(neighbor);
  else
    setState(neighbor, NeighborState::TWO_WAY);
}

bool Core::shouldBeAdjacent(const Neighbor& neighbor) const {
  auto& interface = neighbor.interface;
  if (!interface.elects()) return true;
  bool ours = interface.state == InterfaceState::DESIGNATED || interface.state == InterfaceState::BACKUP;
  return ours || neighbor.identity == interface.designated || neighbor.identity == interface.backup;
}

void Core::reconsider(Interface& interface) {
  // Section 10.3, event AdjOK?.
  for (auto& [key, neighbor] : interface.neighbors) {
    bool should = shouldBeAdjacent(*neighbor);
    if (neighbor->state == NeighborState::TWO_WAY && should) beginExchange(*neighbor);
    if (neighbor->state > NeighborState::TWO_WAY && !should) {
      forgetExchange(*neighbor);
      setState(*neighbor, NeighborState::TWO_WAY);
    }
  }
}

void Core::drop(Neighbor& neighbor) {
  auto& interface = neighbor.interface;
  bool wasTwoWay = neighbor.state >= NeighborState::TWO_WAY;
  neighbor.graceUntil = nullptr;
  forgetExchange(neighbor);
  setState(neighbor, NeighborState::DOWN);
  interface.neighbors.erase(slotOf(interface, neighbor.address, neighbor.router));
  if (wasTwoWay && interface.elects() && interface.state > InterfaceState::WAITING) elect(interface);
}

// ---- the election

void Core::elect(Interface& interface) {
  if (interface.settings.passive) return;
  auto identity = interface.identity;
  Candidates all;
  auto addSelf = [&](Ip4 designated, Ip4 backup) {
    if (interface.settings.priority > 0)
      all.push_back({interface.settings.priority, self, identity, designated, backup});
  };
  addSelf(interface.designated, interface.backup);
  for (auto& [key, neighbor] : interface.neighbors)
    if (neighbor->state >= NeighborState::TWO_WAY && neighbor->priority > 0)
      all.push_back({neighbor->priority, neighbor->router, neighbor->identity, neighbor->designated, neighbor->backup});
  auto before = std::pair(interface.designated, interface.backup);
  auto found = calculate(all);
  bool moved = (found.first == identity) != (before.first == identity) ||
               (found.second == identity) != (before.second == identity);
  if (moved && interface.settings.priority > 0) {
    all[0].designated = found.first;
    all[0].backup = found.second;
    found = calculate(all);
  }
  interface.waitUntil = NEVER;
  std::tie(interface.designated, interface.backup) = found;
  interface.state = found.first == identity    ? InterfaceState::DESIGNATED
                    : found.second == identity ? InterfaceState::BACKUP
                                               : InterfaceState::OTHER;
  touch(interface);
  if (found == before) return;
  reconsider(interface);
  if (interface.isUp()) sendHello(interface);
}

}  // namespace xylem::ospf
