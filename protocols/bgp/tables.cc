// Attributes that come again need no second look: what a session sends in equal bytes is decoded, judged and stored
// once, unless the import policy asks for the prefix; and what peers are told of equal attributes is made once.
//
// A next hop that is a link-local address means something on one link only. In the tables it carries the index of its
// interface in the 32 bits that are zero on the wire (RFC 4291 section 2.5.6).

#include <protocols/bgp/tables.h>

#include <protocols/bgp/speaker.h>

namespace xylem::bgp {

using policy::Attributes;
using policy::Subject;

namespace {

Source sourceOf(Speaker& speaker, uint16_t peer) {
  auto& neighbor = speaker.neighbors[peer];
  return {neighbor.kind, neighbor.client, neighbor.routerId};
}

Subject subjectFor(Speaker& speaker, uint16_t peer, net::IpNet net, const Terms& terms, const Attributes& attributes,
                   policy::Validity rpki) {
  auto protocol = peer == 0 && attributes.origin == policy::Origin::INCOMPLETE ? "redistributed"_kj : "bgp"_kj;
  return {net, protocol, speaker.neighbors[peer].address, terms.self, terms.localAs, rpki, 0, attributes};
}

Subject incoming(Speaker& speaker, uint16_t peer, net::IpNet net, const Terms& terms, const Attributes& attributes) {
  auto rpki = policy::Validity::UNKNOWN;
  if (terms.importChain.usesRpki()) rpki = speaker.rpki.validate(net, originIn(terms, attributes.path));
  return subjectFor(speaker, peer, net, terms, attributes, rpki);
}

Subject outgoing(Speaker& speaker, uint16_t peer, net::IpNet net, const Terms& terms, const Attributes& attributes) {
  auto rpki = policy::Validity::UNKNOWN;
  if (terms.usesRpkiOut()) rpki = speaker.rpki.validate(net, originOut(terms, attributes.path));
  return subjectFor(speaker, peer, net, terms, attributes, rpki);
}

void setScope(Attributes& attributes, uint scope) {
  // One next hop is left: the global address, or else the link-local one with its interface.
  auto& nextHop = attributes.nextHop;
  if (nextHop.is6() && (nextHop.isLinkLocal() || nextHop.isUnspecified())) {
    auto address = attributes.linkLocal.isUnspecified() ? nextHop.v6() : attributes.linkLocal;
    nextHop = scoped(address, scope);
  }
  attributes.linkLocal = {};
}

}  // namespace

// ---- Teller

template <typename Net>
Teller<Net>::Teller(Speaker& speaker, const Tables<Net>& tables, Terms terms, Words words)
    : speaker(speaker),
      tables(tables),
      family(tables.family),
      terms(kj::mv(terms)),
      uniform(this->terms.isUniformOut()),
      words(words),
      places(PLACES) {}

template <typename Net> Teller<Net>::~Teller() {
  for (auto& place : places) {
    if (place.accepted == AttributePool::NONE) continue;
    speaker.pool.release(place.accepted);
    if (place.told != AttributePool::NONE) speaker.pool.release(place.told);
  }
}

template <typename Net>
kj::Maybe<kj::StringPtr> Teller<Net>::refused(const Outgoing<Net>& route, Subject& subject) const {
  return refusedOut(terms, sourceOf(speaker, route.source), subject);
}

template <typename Net> AttributeId Teller<Net>::advertise(const Outgoing<Net>& route) {
  auto& pool = speaker.pool;
  auto& place = places[net::mix(route.accepted, route.source) % PLACES];
  if (tables.isSummarized(route.net)) return AttributePool::NONE;
  if (uniform && place.accepted == route.accepted && place.source == route.source) {
    if (place.told != AttributePool::NONE) pool.hold(place.told);
    return place.told;
  }
  auto attributes = pool.get(route.accepted);
  auto subject = outgoing(speaker, route.source, route.net, terms, attributes);
  auto told = AttributePool::NONE;
  if (refused(route, subject) == nullptr) told = pool.intern(*subject.attributes);
  if (uniform) {
    if (place.accepted != AttributePool::NONE) pool.release(place.accepted);
    if (place.accepted != AttributePool::NONE && place.told != AttributePool::NONE) pool.release(place.told);
    pool.hold(route.accepted);
    if (told != AttributePool::NONE) pool.hold(told);
    place = {route.accepted, told, route.source};
  }
  return told;
}

template <typename Net>
void Teller<Net>::announce(AttributeId id, kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) {
  auto attributes = speaker.pool.get(id);
  block.truncate(0);
  encodeAttributes(attributes, {words.as4, family}, block);
  Composer composer(family, words.addPath, words.max, out);
  bool fits = composer.begin(unscoped(attributes.nextHop), attributes.linkLocal, block.bytes());
  for (auto& route : routes) {
    Destination<typename Net::Address> destination{route.net, route.pathId};
    if (fits)
      composer.announce(destination);
    else
      composer.withdraw(destination);
  }
  composer.finish();
}

template <typename Net> void Teller<Net>::withdraw(kj::ArrayPtr<const PathKey<Net>> routes, net::ByteWriter& out) {
  Composer composer(family, words.addPath, words.max, out);
  for (auto& route : routes) composer.withdraw(Destination<typename Net::Address>{route.net, route.pathId});
  composer.finish();
}

template <typename Net> void Teller<Net>::endOfRib(net::ByteWriter& out) { out.bytes(encodeEndOfRib(family)); }
template <typename Net> void Teller<Net>::beginRefresh(net::ByteWriter& out) {
  out.bytes(encodeRefresh({family, Refresh::BEGIN}));
}
template <typename Net> void Teller<Net>::endRefresh(net::ByteWriter& out) {
  out.bytes(encodeRefresh({family, Refresh::END}));
}

// ---- Tables: what comes in

template <typename Net>
Tables<Net>::Tables(Speaker& speaker, Family family)
    : family(family),
      table(speaker.pool, speaker.nextHops, speaker.neighbors, speaker.decision),
      groups(table, speaker.pool),
      presence(table, [this](Net net, bool below) { this->speaker.presenceChanged(net, below); }),
      speaker(speaker) {
  if (safiOf(family) == 1) feed.emplace(table, speaker.pool, speaker.sets);
}

template <typename Net> Tables<Net>::~Tables() {
  if (last != AttributePool::NONE) speaker.pool.release(last);
}

template <typename Net> void Tables<Net>::announce(Peer& peer, const Update& update, const Announced& announced) {
  auto& channel = peer.channel(family);
  if (!channel.up) return;
  if (update.disposition >= Disposition::WITHDRAW) return withdraw(peer, announced.nlri);
  scratch.clear();
  for (auto piece : update.key(announced)) scratch.addAll(piece);
  auto& pool = speaker.pool;
  RecentAttributes::Known known{AttributePool::NONE, AttributePool::NONE};
  bool uniform = channel.terms.importChain.isUniform();
  KJ_IF_MAYBE (found, channel.recent->find(scratch)) {
    known = *found;
    pool.hold(known.received);
    if (known.accepted != AttributePool::NONE) pool.hold(known.accepted);
  } else {
    auto decoded = decodeAttributes(update, announced, KJ_ASSERT_NONNULL(peer.core().context()));
    for (auto& finding : decoded.findings) peer.findings.note(finding);
    if (decoded.disposition == Disposition::WITHDRAW) return withdraw(peer, announced.nlri);
    setScope(decoded.attributes, peer.scopeOf());
    known.received = pool.intern(decoded.attributes);
    if (uniform) {
      Cursor<typename Net::Address> cursor(announced.nlri);
      Destination<typename Net::Address> first;
      if (cursor.next(first)) known.accepted = accept(peer.index, first.net, known.received, false);
    }
    if (decoded.findings.empty()) channel.recent->add(scratch, known);
  }
  Cursor<typename Net::Address> cursor(announced.nlri);
  Destination<typename Net::Address> destination;
  auto now = speaker.seconds();
  bool damps = dampening.isOn() && channel.terms.kind == Neighbor::EXTERNAL;
  while (cursor.next(destination)) {
    if (damps) flap(peer, destination, known.received);
    if (uniform && !damps) {
      table.announce(peer.index, destination.path, destination.net, known.received, known.accepted, now);
      continue;
    }
    auto accepted = accept(peer.index, destination.net, known.received, false);
    table.announce(peer.index, destination.path, destination.net, known.received, accepted, now);
    if (accepted != AttributePool::NONE) pool.release(accepted);
  }
  pool.release(known.received);
  if (known.accepted != AttributePool::NONE) pool.release(known.accepted);
  speaker.wake();
}

template <typename Net> void Tables<Net>::withdraw(Peer& peer, const Nlri& withdrawn) {
  if (!peer.channel(family).up) return;
  Cursor<typename Net::Address> cursor(withdrawn);
  Destination<typename Net::Address> destination;
  bool damps = dampening.isOn() && peer.channel(family).terms.kind == Neighbor::EXTERNAL;
  while (cursor.next(destination)) {
    bool was = table.withdraw(peer.index, destination.path, destination.net);
    if (was && damps) dampening.flap(peer.index, destination.net, Flap::WITHDRAWN, speaker.seconds());
  }
  speaker.wake();
}

template <typename Net>
void Tables<Net>::flap(Peer& peer, const Destination<typename Net::Address>& destination, AttributeId received) {
  KJ_IF_MAYBE (at, table.find(destination.net)) {
    table.eachPath(*at, [&](uint32_t index, const Path& path) {
      if (path.peer != peer.index || table.pathIdOf(index) != destination.path || path.received == received) return;
      dampening.flap(peer.index, destination.net, Flap::CHANGED, speaker.seconds());
    });
  }
}

template <typename Net> void Tables<Net>::reuse() {
  auto now = speaker.seconds();
  dampening.reuse(now, [&](uint16_t peer, Net net) {
    struct Again {
      uint32_t pathId, since;
      AttributeId received;
    };
    std::vector<Again> paths;
    KJ_IF_MAYBE (at, table.find(net))
      table.eachPath(*at, [&](uint32_t index, const Path& path) {
        if (path.peer == peer && !table.isStale(path))
          paths.push_back({table.pathIdOf(index), path.since, path.received});
      });
    for (auto& path : paths) {
      auto accepted = accept(peer, net, path.received, false);
      table.announce(peer, path.pathId, net, path.received, accepted, path.since);
      if (accepted != AttributePool::NONE) speaker.pool.release(accepted);
    }
    speaker.wake();
  });
}

template <typename Net> const Attributes& Tables<Net>::decoded(AttributeId id) {
  if (id == last) return lastDecoded;
  if (last != AttributePool::NONE) speaker.pool.release(last);
  speaker.pool.hold(id);
  last = id;
  lastDecoded = speaker.pool.get(id);
  return lastDecoded;
}

template <typename Net> AttributeId Tables<Net>::accept(uint16_t index, Net net, AttributeId received, bool stale) {
  auto& pool = speaker.pool;
  if (index == 0) {
    pool.hold(received);
    return received;
  }
  if (dampening.isSuppressed(index, net)) return AttributePool::NONE;
  KJ_IF_MAYBE (peer, speaker.peer(index)) {
    auto& channel = peer->channel(family);
    auto subject = incoming(speaker, index, net, channel.terms, decoded(received));
    if (stale && channel.isLongLived) {
      // RFC 9494 section 4.2
      if (subject.attributes->communities.has(policy::NO_LLGR)) return AttributePool::NONE;
      subject.attributes.edit().communities.insert(policy::LLGR_STALE);
    }
    if (refusedIn(channel.terms, subject) != nullptr) return AttributePool::NONE;
    if (subject.attributes.changed()) return pool.intern(*subject.attributes);
    pool.hold(received);
    return received;
  }
  return AttributePool::NONE;
}

template <typename Net>
kj::Maybe<kj::StringPtr> Tables<Net>::whyRefused(uint16_t index, Net net, AttributeId received) {
  if (index == 0) return nullptr;
  if (dampening.isSuppressed(index, net)) return "dampened"_kj;
  KJ_IF_MAYBE (peer, speaker.peer(index)) {
    auto& terms = peer->channel(family).terms;
    auto subject = incoming(speaker, index, net, terms, decoded(received));
    return refusedIn(terms, subject);
  }
  return "neighbor removed"_kj;
}

// ---- Tables: what goes out

template <typename Net> kj::Array<kj::byte> Tables<Net>::defaultRoute(Peer& peer, bool withdrawn) {
  auto& agreed = KJ_ASSERT_NONNULL(peer.core().negotiated());
  auto attributes = originated(peer.channel(family).terms);
  net::ByteWriter block, out;
  encodeAttributes(attributes, {agreed.as4, family}, block);
  Composer composer(family, agreed.addPathSend.has(family), agreed.maxSent, out);
  Destination<typename Net::Address> everything{};
  if (!withdrawn && composer.begin(attributes.nextHop, attributes.linkLocal, block.bytes()))
    composer.announce(everything);
  else
    composer.withdraw(everything);
  composer.finish();
  return out.finish();
}

template <typename Net> GroupKind<Net> Tables<Net>::kindFor(Peer& peer) {
  auto& agreed = KJ_ASSERT_NONNULL(peer.core().negotiated());
  auto& terms = peer.channel(family).terms;
  typename Teller<Net>::Words words{agreed.as4, agreed.addPathSend.has(family), agreed.maxSent};
  uint most = words.addPath ? kj::max(uint(peer.family(family).addPathSend), 1u) : 1;
  std::string key = kj::str(terms.groupKey().c_str(), ' ', words.as4, words.addPath, ' ', words.max, ' ', most).cStr();
  auto& teller = tellers[key];
  if (teller.get() == nullptr) teller = kj::heap<Teller<Net>>(speaker, *this, terms, words);
  ++teller->users;
  keys[peer.index] = key;
  return {key, *teller, *teller, words.addPath, most};
}

template <typename Net> void Tables<Net>::setSummaries(const std::set<Net>& wanted) {
  bool same = wanted.size() == summaries.size() &&
              std::all_of(wanted.begin(), wanted.end(), [&](Net net) { return summaries.find(net) != nullptr; });
  if (same) return;
  summaries.clear();
  for (auto net : wanted) summaries.insert(net, 0);
  for (auto& [peer, key] : keys) groups.reexport(key);
  speaker.wake();
}

template <typename Net> void Tables<Net>::drop(const std::string& key) {
  auto found = tellers.find(key);
  if (--found->second->users == 0) tellers.erase(found);
}

template <typename Net> void Tables<Net>::join(Peer& peer) { groups.join(peer.index, kindFor(peer)); }

template <typename Net> void Tables<Net>::leave(Peer& peer) {
  groups.leave(peer.index);
  drop(keys.at(peer.index));
  keys.erase(peer.index);
}

template <typename Net> void Tables<Net>::regroup(Peer& peer) {
  auto before = keys.at(peer.index);
  groups.regroup(peer.index, kindFor(peer));
  drop(before);
}

template class Teller<net::Ip4Net>;
template class Teller<net::Ip6Net>;
template class Tables<net::Ip4Net>;
template class Tables<net::Ip6Net>;

}  // namespace xylem::bgp
