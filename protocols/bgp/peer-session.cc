// A session that is up joins its families to the tables: it hears by its own terms, and is told by those of its update
// group. When it goes down, its routes go too, or stay as stale for as long as graceful restart has it (RFC 4724,
// RFC 9494).

#include <protocols/bgp/peer.h>

#include <protocols/bgp/speaker.h>
#include <xrl/log.h>

namespace xylem::bgp {

using xrl::Task;

net::Ip Peer::selfFor(Family family) const {
  if (self.is4() == isIp4(family) || agreed.extendedNextHop.has(family)) return self;
  // Of the interface that has this side's address, its first one of the other version.
  net::Ip linkLocal;
  for (auto& [name, interface] : speaker.interfaces.all()) {
    if (!interface.has(self)) continue;
    for (auto& each : interface.addresses) {
      if (each.address().is4() != isIp4(family)) continue;
      if (!each.address().isLinkLocal()) return each.address();
      linkLocal = each.address();
    }
  }
  return linkLocal;
}

net::Ip6 Peer::linkLocalFor(net::Ip self) const {
  // Beside a next hop that is this router, for a peer on the same link (RFC 2545 section 3).
  if (!self.is6() || settings.terms.kind != Neighbor::EXTERNAL) return {};
  if (self.isLinkLocal()) return self.v6();
  net::Ip6 linkLocal;
  bool shares = false;
  for (auto& [name, interface] : speaker.interfaces.all()) {
    if (!interface.has(self)) continue;
    for (auto& each : interface.addresses) {
      if (each.address().is6() && each.address().isLinkLocal()) linkLocal = each.address().v6();
      shares = shares || each.net().contains(address());
    }
  }
  return shares ? linkLocal : net::Ip6();
}

void Peer::setTerms(Channel& mine, Family which) {
  auto& family = this->family(which);
  mine.terms = settings.terms;
  KJ_IF_MAYBE (agreed, session.negotiated()) {
    mine.terms.peerAs = agreed->peerAs;
    mine.terms.longLived = agreed->longLived[which].time > 0;
  }
  mine.terms.extendedNextHop = agreed.extendedNextHop.has(which);
  mine.terms.address = address();
  mine.terms.self = selfFor(which);
  mine.terms.selfLinkLocal = linkLocalFor(mine.terms.self);
  mine.terms.defaultOriginate = family.defaultOriginate;
  mine.terms.import = family.import;
  mine.terms.exportNames = family.exportNames;
  mine.terms.withheld.clear();
  for (auto& condition : settings.conditions)
    if (speaker.isThere(condition.net) == condition.absent) mine.terms.withheld.push_back(condition.policy);
  auto names = [](const std::vector<std::string>& list) {
    return KJ_MAP(name, list) { return kj::StringPtr(name.c_str()); };
  };
  mine.terms.policies = speaker.policies();
  mine.terms.importChain = mine.terms.policies->chain(names(family.import));
  mine.terms.exportChain = mine.terms.policies->chain(names(family.exportNames));
  mine.terms.withheldChains.clear();
  for (auto& name : mine.terms.withheld) mine.terms.withheldChains.push_back(mine.terms.policies->chain(names({name})));
}

template <typename T> void Peer::join(T& tables, const Negotiated& negotiated) {
  auto family = tables.family;
  if (!negotiated.families.has(family)) {
    tables.table.flush(index);
    return;
  }
  auto& mine = channel(family);
  mine.up = true;
  mine.ended = mine.full = mine.isFlooded = false;
  mine.recent = kj::heap<RecentAttributes>(speaker.pool);
  setTerms(mine, family);
  tables.join(*this);
  mine.isTold = false;
  mine.owesDefault = this->family(family).defaultOriginate;
  if (!mine.isStale) return;
  // What it does not keep forwarding is gone (RFC 4724 section 4.2, RFC 9494 section 4.3).
  bool forwards = mine.isLongLived && negotiated.longLived[family].forwarding;
  KJ_IF_MAYBE (graceful, negotiated.gracefulRestart)
    forwards = forwards || (!mine.isLongLived && graceful->forwarding.has(family));
  if (!forwards) return forget(tables);
  mine.aging = speaker.loop.timer()
                   .afterDelay(speaker.settings.staleTime * kj::SECONDS)
                   .then([this, &tables]() { forget(tables); })
                   .eagerlyEvaluate(reporting("restart"));
}

void Peer::established(Way which, const Negotiated& negotiated) {
  way = which;
  agreed = negotiated;
  since = speaker.now();
  self = connections[uint(which)]->here().address;
  speaker.neighbors[index] = {settings.terms.kind, negotiated.peerAs, negotiated.peerIdentifier, address(),
                              settings.terms.client};
  xrl::log::info("neighbor up", "neighbor", settings.name.c_str(), "as", negotiated.peerAs, "router-id",
                 negotiated.peerIdentifier);
  waiting = nullptr;
  speaker.each([&](auto& tables) { join(tables, negotiated); });
  speaker.dumps.up(*this);
  speaker.stations.up(*this);
  speaker.wake();
}

template <typename T> void Peer::part(T& tables, const Down& down) {
  auto family = tables.family;
  auto& mine = channel(family);
  if (!mine.up) return;
  tables.leave(*this);
  mine.up = false;
  mine.recent = nullptr;
  bool keep = false;
  KJ_IF_MAYBE (graceful, agreed.gracefulRestart) keep = down.keepRoutes && graceful->families.has(family);
  if (!keep) {
    mine.isStale = mine.isLongLived = false;
    tables.table.flush(index);
    return;
  }
  mine.isStale = true;
  tables.table.markStale(index);
  auto seconds = KJ_ASSERT_NONNULL(agreed.gracefulRestart).time;
  mine.aging = kj::Promise<void>(age(tables, seconds)).eagerlyEvaluate(reporting("restart"));
}

template <typename T> Task<void> Peer::age(T& tables, uint seconds) {
  co_await speaker.loop.timer().afterDelay(seconds * kj::SECONDS);
  auto more = agreed.longLived[tables.family].time;
  if (more > 0) {
    channel(tables.family).isLongLived = true;
    tables.table.reimport(index);
    speaker.wake();
    co_await speaker.loop.timer().afterDelay(more * kj::SECONDS);
  }
  forget(tables);
}

bool Peer::keepsRoutes() const {
  for (auto family : FamilySet::all())
    if (channels[family].isStale) return true;
  return false;
}

template <typename T> void Peer::forget(T& tables) {
  auto& mine = channel(tables.family);
  mine.isStale = mine.isLongLived = false;
  tables.table.sweepStale(index);
  speaker.wake();
  bell.ring();
}

void Peer::down(const Down& down) {
  constexpr kj::StringPtr CAUSES[] = {"stopped"_kj,         "notification sent"_kj,  "notification received"_kj,
                                      "connection lost"_kj, "neighbor restarted"_kj, "nothing could be sent"_kj};
  auto sent = down.cause == Cause::NOTIFICATION_SENT || down.cause == Cause::NOTIFICATION_RECEIVED;
  xrl::log::info("neighbor down", "neighbor", settings.name.c_str(), "cause", CAUSES[uint(down.cause)], "notification",
                 sent ? kj::str(down.notification) : kj::str("-"), "said",
                 down.notification.communication().orDefault(kj::str("-")), "routes",
                 down.keepRoutes ? "kept" : "dropped");
  speaker.dumps.down(*this);
  speaker.stations.down(*this, down);
  waiting = nullptr;
  speaker.each([&](auto& tables) { part(tables, down); });
  speaker.wake();
  speaker.heardAll();
}

void Peer::arrived(Bytes message) { speaker.dumps.arrived(*this, message); }

void Peer::update(const Update& update) {
  for (auto& finding : update.findings) findings.note(finding);
  for (auto& withdrawn : update.withdrawn) {
    if (withdrawn.empty()) continue;
    speaker.with(withdrawn.family, [&](auto& tables) { tables.withdraw(*this, withdrawn); });
  }
  for (auto& announced : update.announced) {
    if (announced.nlri.empty()) continue;
    speaker.with(announced.nlri.family, [&](auto& tables) {
      tables.announce(*this, update, announced);
      limit(announced.nlri.family, tables.table.counts(index).received);
    });
  }
}

void Peer::endOfRib(Family family) {
  channel(family).ended = true;
  speaker.with(family, [&](auto& tables) {
    channel(family).aging = nullptr;
    forget(tables);
  });
  speaker.heardAll();
}

void Peer::refresh(const Refresh& refresh) {
  speaker.with(refresh.family, [&](auto& tables) {
    if (!channel(tables.family).up) return;
    bool enhanced = KJ_ASSERT_NONNULL(session.negotiated()).enhancedRefresh;
    if (refresh.kind == Refresh::REQUEST) {
      tables.groups.refresh(index, enhanced);
      channel(tables.family).owesDefault = channel(tables.family).isTold;
    }
    if (refresh.kind == Refresh::BEGIN) tables.table.markStale(index);
    if (refresh.kind == Refresh::END) tables.table.sweepStale(index);
  });
  speaker.wake();
}

void Peer::disabled(Family family) {
  xrl::log::warn("family disabled", "neighbor", settings.name.c_str(), "family", nameOf(family));
  speaker.with(family, [&](auto& tables) { tables.table.flush(index); });
  speaker.wake();
}

bool Peer::hasEnded() const {
  if (settings.shutdown) return true;
  KJ_IF_MAYBE (agreed, session.negotiated()) {
    if (agreed->gracefulRestart == nullptr) return true;
    for (auto family : agreed->families)
      if (channels[family].up && !channels[family].ended) return false;
    return true;
  }
  return false;
}

}  // namespace xylem::bgp
