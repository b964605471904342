// The core of RIP: who may say what, and when changes are told (RFC 2453 sections 3.9 and 3.10.1, RFC 2080
// section 2.4).
//
// A packet is believed when it is authentic, and comes from a router on the link, which in RIPng means from a
// link-local address. Requests are held to the same, though RFC 2453 does not: who is not on the link has no business
// with the table, and answering would make an amplifier of this router. A request from another port than the protocol's
// is a diagnostic query; only that kind is answered on a passive interface.
//
// The first change triggers an update at once, that is, with the next `tick`, so that changes which come together leave
// together. After that, changes wait for a random time of 1 to 5 seconds.

#include <protocols/rip/core.h>

namespace xylem::rip {

template <typename F> void Core<F>::configure(Settings<F> settings, Time now) {
  if (retired) return;
  updateInterval = settings.updateInterval;
  routes.timeout = settings.timeout;
  routes.garbageCollect = settings.garbageCollect;
  for (auto it = all.begin(); it != all.end();) {
    if (settings.interfaces.count(it->first) > 0) {
      ++it;
      continue;
    }
    it->second->goodbye(now);
    it->second->stop();
    routes.connect(it->first, {}, now);
    routes.drop(
        it->first, [](Address) { return true; }, now);
    it = all.erase(it);
  }
  for (auto& [name, wanted] : settings.interfaces) {
    auto& port = all[name];
    if (port.get() == nullptr) port = kj::heap<Port<F>>(name, actions, routes, random, epoch);
    port->settings = kj::mv(wanted);
    refresh(*port, now);
  }
}

template <typename F> void Core<F>::link(const std::string& interface, Link link, Time now) {
  if (retired) return;
  auto& known = links[interface] = kj::mv(link);
  bool gone = !known.running && known.addresses.empty();
  if (gone) links.erase(interface);
  auto port = all.find(interface);
  if (port != all.end()) refresh(*port->second, now);
}

template <typename F> void Core<F>::refresh(Port<F>& port, Time now) {
  // Link or settings have changed.
  auto link = links.find(port.name);
  port.link = link == links.end() ? Link() : link->second;
  bool usable = port.usable();
  routes.connect(port.name, usable ? port.networks() : std::set<Net>(), now);
  if (usable && !port.active()) {
    port.start(updateInterval, now);
  } else if (!usable) {
    port.stop();
  }
  routes.drop(
      port.name, [&](Address nextHop) { return !usable || !port.isOnLink(nextHop); }, now);
}

template <typename F> void Core<F>::redistribute(Net net, Offer<F> offer, Time now) {
  if (!retired) routes.redistribute(net, kj::mv(offer), now);
}

template <typename F> void Core<F>::withdraw(Net net, Time now) {
  if (!retired) routes.withdraw(net, now);
}

template <typename F> void Core<F>::tick(Time now) {
  if (retired) return;
  routes.expire(now);
  for (auto& [name, port] : all) port->update(updateInterval, now);
  if (announced < routes.changes() && now >= triggerAt) {
    for (auto& [name, port] : all) port->announceChanges();
    announced = routes.changes();
    triggerAt = now + between(1 * kj::SECONDS, 5 * kj::SECONDS, random);
    ++triggeredUpdates;
  }
  for (auto& [name, port] : all) port->run(now);
}

template <typename F> kj::Maybe<Time> Core<F>::deadline() const {
  if (retired) return nullptr;
  auto first = routes.deadline();
  auto consider = [&](Time time) { first = kj::min(time, first.orDefault(time)); };
  if (announced < routes.changes()) consider(triggerAt);
  for (auto& [name, port] : all) {
    KJ_IF_MAYBE (time, port->deadline()) consider(*time);
  }
  return first;
}

template <typename F> void Core<F>::retire(Time now) {
  if (retired) return;
  for (auto& [name, port] : all) {
    port->goodbye(now);
    port->stop();
  }
  retired = true;
}

template <typename F> void Core<F>::drop(Port<F>& port, kj::StringPtr reason, Address from) {
  ++port.counters.badPackets;
  port.counters.badReason = reason;
  auto neighbor = port.neighbors.find(from);
  if (neighbor != port.neighbors.end()) ++neighbor->second.badPackets;
}

template <typename F> void Core<F>::receive(const std::string& interface, const Datagram<F>& datagram, Time now) {
  auto found = all.find(interface);
  if (found == all.end() || !found->second->active()) return;
  auto& port = *found->second;
  if (port.isOwn(datagram.from)) return;
  if (!port.isOnLink(datagram.from)) return drop(port, "sender that is not on the link"_kj, datagram.from);

  kj::Maybe<uint32_t> sequence;
  auto known = port.neighbors.find(datagram.from);
  if (known != port.neighbors.end()) sequence = known->second.sequence;
  auto opened = open<F>(datagram.bytes, port.settings.authentication, sequence);
  if (opened.template is<Bad>()) return drop(port, opened.template get<Bad>().reason, datagram.from);
  auto& content = opened.template get<Opened>();
  if (content.command == Command::RESPONSE) {
    KJ_IF_MAYBE (reason, refusal(datagram)) return drop(port, *reason, datagram.from);
  }
  auto decoded = decode<F>(content);
  if (decoded.template is<Bad>()) return drop(port, decoded.template get<Bad>().reason, datagram.from);
  auto& packet = decoded.template get<Packet<F>>();
  ++port.counters.packetsReceived;
  port.counters.badRoutes += packet.badEntries;
  if (content.command == Command::REQUEST) return request(port, datagram, packet, now);

  Neighbor untracked;
  bool track = known != port.neighbors.end() || port.neighbors.size() < Port<F>::MAX_NEIGHBORS;
  auto& neighbor = track ? port.neighbors[datagram.from] : untracked;
  neighbor.lastHeard = now;
  neighbor.sequence = sequence;
  neighbor.badRoutes += packet.badEntries;
  respond(port, datagram, packet, neighbor, now);
}

template <typename F> kj::Maybe<kj::StringPtr> Core<F>::refusal(const Datagram<F>& datagram) const {
  // Why a response is not believed.
  if (datagram.port != F::PORT) return "response from another port"_kj;
  if (!IS_RIP<F> && datagram.multicast && datagram.hops.orDefault(255) != 255) {
    return "response that was forwarded"_kj;
  }
  return nullptr;
}

template <typename F>
void Core<F>::request(Port<F>& port, const Datagram<F>& datagram, const Packet<F>& packet, Time now) {
  if (port.settings.passive && datagram.port == F::PORT) return;
  if (packet.wholeTable)
    port.answer(datagram.from, datagram.port);
  else
    port.answer(datagram.from, datagram.port, packet, now);
}

template <typename F>
void Core<F>::respond(Port<F>& port, const Datagram<F>& datagram, const Packet<F>& packet, Neighbor& neighbor,
                      Time now) {
  for (Entry<F> entry : packet.entries) {
    entry.metric = uint8_t(kj::min(uint(UNREACHABLE), uint(entry.metric) + port.settings.metric));
    if (port.isOwn(entry.nextHop)) {
      entry.metric = UNREACHABLE;  // It leads back here.
      entry.nextHop = datagram.from;
    } else if (entry.nextHop.isUnspecified() || !port.isOnLink(entry.nextHop)) {
      entry.nextHop = datagram.from;
    }
    routes.learn(entry, datagram.from, port.name, now);
  }
}

template class Core<Rip>;
template class Core<Ripng>;

}  // namespace xylem::rip
