// One interface that speaks RIP: sending.
//
// Regular updates are jittered by a sixth of their interval, so that routers on a link do not fall into step (RFC 2453
// section 3.8). Which changes have been announced here is one number: routes with a later change are what a triggered
// update holds. A regular update covers them as well.
//
// A network that is connected here is not announced here at all unless split horizon is off: everybody on the link has
// it, and to poison it would only be confusing.
//
// The sequence number of signed packets is the time in seconds, on top of an epoch that whoever starts the core takes
// from a clock that goes on over a restart. It may repeat (RFC 2082 section 3.2.2), so a burst does not run ahead of
// the time.

#include <protocols/rip/port.h>

#include <algorithm>

namespace xylem::rip {

namespace {

constexpr uint BURST = 32;
constexpr auto GAP = 20 * kj::MILLISECONDS;
constexpr size_t MAX_JOBS = 16;

template <typename F> kj::Maybe<typename F::Address> addressOf(const net::IfAddr& on) {
  if constexpr (IS_RIP<F>) {
    if (on.version() == 4) return on.address().v4();
  } else {
    if (on.version() == 6) return on.address().v6();
  }
  return nullptr;
}

}  // namespace

kj::Duration between(kj::Duration min, kj::Duration max, Random& random) {
  uint32_t span = uint32_t((max - min) / kj::MILLISECONDS);
  return min + random() % (span + 1) * kj::MILLISECONDS;
}

template <typename F> bool Port<F>::usable() const {
  if (!link.running || !settings.authentication.maySend()) return false;
  for (auto& each : link.addresses) {
    KJ_IF_MAYBE (address, addressOf<F>(each)) {
      if (IS_RIP<F> || address->isLinkLocal()) return true;
    }
  }
  return false;
}

template <typename F> std::set<typename F::Net> Port<F>::networks() const {
  std::set<Net> nets;
  for (auto& each : link.addresses) {
    KJ_IF_MAYBE (address, addressOf<F>(each)) {
      Net net(*address, each.length());
      if (!net.isMartian() && !net.isDefault() && !address->isLinkLocal()) nets.insert(net);
    }
  }
  return nets;
}

template <typename F> bool Port<F>::isOwn(Address address) const {
  for (auto& each : link.addresses) {
    KJ_IF_MAYBE (own, addressOf<F>(each)) {
      if (*own == address) return true;
    }
  }
  return false;
}

template <typename F> bool Port<F>::isOnLink(Address address) const {
  if (std::find(settings.neighbors.begin(), settings.neighbors.end(), address) != settings.neighbors.end()) return true;
  if constexpr (!IS_RIP<F>) {
    return address.isLinkLocal();
  } else {
    for (auto& each : link.addresses) {
      if (each.net().contains(address)) return true;
    }
    return false;
  }
}

template <typename F> void Port<F>::start(kj::Duration interval, Time now) {
  running = true;
  // What was announced here in an earlier life counts for nothing; the first update is full, and comes soon.
  announced = table.changes();
  updateAt = now + between(0 * kj::SECONDS, kj::min(interval, 1 * kj::SECONDS), random);
  Composer<F> request(Command::REQUEST, settings.authentication, link.mtu);
  request.addWholeTable();
  transmit(nullptr, request, now);
}

template <typename F> void Port<F>::stop() {
  running = false;
  jobs.clear();
  neighbors.clear();
}

template <typename F> void Port<F>::goodbye(Time now) {
  if (!running) return;
  jobs.clear();
  Composer<F> packet(Command::RESPONSE, settings.authentication, link.mtu);
  auto flush = [&]() {
    transmit(nullptr, packet, now);
    packet = Composer<F>(Command::RESPONSE, settings.authentication, link.mtu);
  };
  for (auto& [net, route] : table.routes()) {
    auto announcement = entryFor(net, route);
    KJ_IF_MAYBE (entry, announcement) {
      *entry = Entry<F>{net, Address(), route.tag, UNREACHABLE};
      if (!packet.fits(*entry)) flush();
      packet.add(*entry);
    }
  }
  if (!packet.empty()) flush();
}

template <typename F> void Port<F>::update(kj::Duration interval, Time now) {
  if (!running || now < updateAt) return;
  updateAt = now + between(interval - interval / 6, interval + interval / 6, random);
  forgetSilent(now);
  // One that is still under way with the last regular update is slower than its interval; it is not given more to do.
  bool underWay =
      std::any_of(jobs.begin(), jobs.end(), [](auto& job) { return job.only == nullptr && job.since == 0; });
  if (underWay) return;
  jobs.push_back(Job{});
  announced = table.changes();
}

template <typename F> void Port<F>::announceChanges() {
  if (!running || announced == table.changes()) return;
  jobs.push_back(Job{nullptr, announced, nullptr});
  announced = table.changes();
}

template <typename F> void Port<F>::answer(Address to, uint16_t port) {
  if (jobs.size() >= MAX_JOBS) {
    ++counters.requestsIgnored;
    return;
  }
  jobs.push_back(Job{typename Job::One{to, port}, 0, nullptr});
}

template <typename F> void Port<F>::answer(Address to, uint16_t port, const Packet<F>& request, Time now) {
  typename Job::One one{to, port};
  Composer<F> reply(Command::RESPONSE, settings.authentication, link.mtu);
  for (auto& asked : request.entries) {
    auto at = table.routes().find(asked.net);
    Entry<F> entry{asked.net, Address(), 0, UNREACHABLE};
    if (at != table.routes().end()) {
      entry.metric = at->second.metric;
      entry.tag = at->second.tag;
    }
    if (!reply.fits(entry)) {
      transmit(one, reply, now);
      reply = Composer<F>(Command::RESPONSE, settings.authentication, link.mtu);
    }
    reply.add(entry);
  }
  if (!reply.empty()) transmit(one, reply, now);
}

template <typename F> void Port<F>::run(Time now) {
  if (!running || now < sendAt) return;
  for (uint sent = 0; !jobs.empty();) {
    if (sent == BURST) {
      sendAt = now + GAP;
      return;
    }
    if (sendNext(jobs.front(), now))
      ++sent;
    else
      jobs.pop_front();
  }
}

template <typename F> kj::Maybe<Time> Port<F>::deadline() const {
  if (!running) return nullptr;
  return jobs.empty() ? updateAt : kj::min(updateAt, sendAt);
}

template <typename F> kj::Maybe<Entry<F>> Port<F>::entryFor(Net net, const Route<F>& route) const {
  // What is said here of a route, if anything.
  uint8_t metric = route.metric;
  bool fromHere = route.interface == name && route.source != Source::REDISTRIBUTED;
  if (fromHere && settings.horizon != Horizon::NONE) {
    if (settings.horizon == Horizon::SPLIT || route.source == Source::CONNECTED) return nullptr;
    metric = UNREACHABLE;
  }
  return Entry<F>{net, metric < UNREACHABLE ? nextHopFor(route) : Address(), route.tag, metric};
}

template <typename F> typename F::Address Port<F>::nextHopFor(const Route<F>& route) const {
  // The gateway, when it is on this very link and others there can spare themselves the way through this router.
  bool onLink = route.interface == name && !route.nextHop.isUnspecified() && isOnLink(route.nextHop);
  return onLink && !isOwn(route.nextHop) ? route.nextHop : Address();
}

template <typename F> bool Port<F>::sendNext(Job& job, Time now) {
  // One packet of a job; false when there was nothing left to send.
  auto& routes = table.routes();
  auto at = routes.begin();
  KJ_IF_MAYBE (last, job.last) at = routes.upper_bound(*last);
  Composer<F> packet(Command::RESPONSE, settings.authentication, link.mtu);
  for (; at != routes.end(); ++at) {
    if (at->second.changed > job.since) {
      auto announcement = entryFor(at->first, at->second);
      KJ_IF_MAYBE (entry, announcement) {
        if (!packet.fits(*entry)) break;
        packet.add(*entry);
      }
    }
    job.last = at->first;
  }
  if (packet.empty()) return false;
  transmit(job.only, packet, now);
  return true;
}

template <typename F> void Port<F>::transmit(kj::Maybe<typename Job::One> only, Composer<F>& packet, Time now) {
  auto bytes = packet.finish(sequence(now));
  auto send = [&](Address to, uint16_t port) {
    ++counters.packetsSent;
    actions.send(name, to, port, kj::heapArray(bytes.asPtr()));
  };
  KJ_IF_MAYBE (one, only) {
    send(one->address, one->port);
    return;
  }
  if (!settings.passive) send(F::GROUP, F::PORT);
  for (auto& neighbor : settings.neighbors) send(neighbor, F::PORT);
}

template <typename F> uint32_t Port<F>::sequence(Time now) const {
  return epoch + uint32_t((now - kj::origin<Time>()) / kj::SECONDS);
}

template <typename F> void Port<F>::forgetSilent(Time now) {
  std::erase_if(neighbors, [&](auto& each) { return each.second.lastHeard + table.timeout < now; });
}

template class Port<Rip>;
template class Port<Ripng>;

}  // namespace xylem::rip
