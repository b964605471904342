// The kernel plane: who writes what in which order, and what happens when others do.
//
// Routes go out in slices of a few hundred, each one system call in which the kernel does the work; between slices, at
// the latest after a millisecond, the loop turns. A slice that was refused in part is looked at again once the events
// that have come meanwhile are read: a link that just went down explains most refusals.
//
// Events come on a socket of their own. The kernel tells a listener of every change, those that it asked for itself
// included; a socket filter takes out all that this process has written, and the routes that are none of ours, before
// they are queued, so that a full table on its way costs the writer next to nothing.
//
// During a sync the routes that the kernel holds are kept in a trie until they are confirmed. That is the only time
// that the plane knows about routes.
//
// IPv4 routes should not be deleted in ascending order: the kernel then rebuilds the nodes of its trie again and again.
// A run of withdrawals in a batch is turned round, which helps by half; what is swept goes in several passes that each
// leave most of the rest standing, which is as fast as any order (2.5 to 8 times ascending). A writer that withdraws
// much does well to do the same.

#include <fea/kernel.h>

#include <fcntl.h>
#include <fea/batch.h>
#include <fea/kernel-filter.h>
#include <fea/kernel-nexthops.h>
#include <fea/kernel-routes.h>
#include <fea/turns.h>
#include <linux/nexthop.h>
#include <net/trie.h>
#include <net/wire.h>
#include <netlink/msg.h>
#include <unistd.h>
#include <xrl/log.h>
#include <xrl/task.h>

#include <cerrno>
#include <map>
#include <set>

namespace xylem::fea {

namespace {

constexpr auto GATHER = 10 * kj::MILLISECONDS;
// How long changes of interfaces are gathered.
constexpr auto RESYNC_DELAY = 50 * kj::MILLISECONDS;
// How long reasons for a resync are gathered: one follows the other, and the writer may see to it by itself.
constexpr auto SLICE_TIME = 1 * kj::MILLISECONDS;

void setParameter(kj::StringPtr name, kj::StringPtr value) {
  // Of this network namespace.
  int fd = open(kj::str("/proc/sys/net/", name).cStr(), O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    kj::AutoCloseFd file(fd);
    if (::write(file, value.begin(), value.size()) == ssize_t(value.size())) return;
  }
  xrl::log::warn("cannot set a parameter of the system", "parameter", name, "value", value);
}

class Kernel final : public Forwarder, private KernelLinks::Listener, private kj::TaskSet::ErrorHandler {
 public:
  Kernel(xrl::Loop& loop, Forwarder::Listener& listener, KernelOptions options)
      : loop(loop),
        listener(listener),
        options(options),
        events(options.eventBuffer),
        kernelLinks(*this, options.protocol),
        nexthops(stream, kernelLinks, options.protocol),
        message4(options.protocol, options.metric),
        message6(options.protocol, options.metric),
        tasks(*this) {
    // Else a changed group is told as if each of its routes had changed.
    setParameter("ipv4/nexthop_compat_mode", "0");
    // Else other people's addresses go with one of ours that is on the same prefix.
    setParameter("ipv4/conf/all/promote_secondaries", "1");
    ignoreOwn(events, stream.port(), options.protocol);
    for (int group : {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
                      RTNLGRP_NEXTHOP})
      events.subscribe(group);
    KJ_REQUIRE(kernelLinks.reread(), "the interfaces change faster than they can be read");
    tasks.add(listen());
  }

  kj::StringPtr name() const override { return "kernel"; }
  void forward() override {
    setParameter("ipv4/ip_forward", "1");
    setParameter("ipv6/conf/all/forwarding", "1");
  }
  kj::ArrayPtr<const kj::Own<Link>> links() override { return kernelLinks.all(); }

  kj::Vector<Fault> configure(kj::Vector<DesiredLink> desired) override {
    auto faults = kernelLinks.configure(kj::mv(desired));
    settle();
    return faults;
  }

  kj::Promise<void> beginSync() override {
    ++writer;
    return sync(writer);
  }
  kj::Promise<void> push(rib::Batch::Reader batch) override { return write(batch, writer); }
  kj::Promise<void> synced() override { return sweep(writer); }

  Counters counters() const override {
    auto now = counts;
    now.groups = uint32_t(nexthops.size());
    now.stale = uint32_t(stale4.size() + stale6.size());
    return now;
  }

 private:
  // ---- writing

  using Each = kj::Function<void(const nlmsghdr&)>;
  xrl::Task<void> sync(uint64_t mine);
  xrl::Task<void> resync(uint64_t mine, kj::String reason);
  xrl::Task<void> readBack(uint64_t mine, Nexthops::Keep keep);
  xrl::Task<bool> readOnce(uint64_t mine, Nexthops::Keep keep);
  template <typename Header> xrl::Task<bool> dump(uint64_t mine, uint16_t type, Header header, Each each);
  xrl::Task<void> write(rib::Batch::Reader batch, uint64_t mine);
  xrl::Task<void> sweep(uint64_t mine);

  void put(net::IpNet net, uint32_t group, uint32_t index);
  template <typename Address>
  void install(RouteMessage<Address>& message, net::Trie<net::Prefix<Address>, uint32_t>& stale,
               net::Prefix<Address> net, uint32_t kernelId, uint32_t index);
  template <typename Address>
  void withdraw(RouteMessage<Address>& message, net::Trie<net::Prefix<Address>, uint32_t>& stale,
                net::Prefix<Address> net, uint32_t index);
  void found(const RouteRow& row);

  kj::Promise<void> breathe();
  void flush(kj::Maybe<rib::Batch::Reader> batch = nullptr);
  void check(uint64_t mine) const { KJ_REQUIRE(mine == writer, "another writer has taken over"); }

  // ---- events

  xrl::Task<void> listen();
  void readEvents();
  void routeEvent(const nlmsghdr& message);
  void nexthopEvent(const nlmsghdr& message);
  void settle();
  void askForResync(kj::StringPtr reason);

  void linkChanged(const Link& link) override;
  void linkLost(uint index) override { nexthops.linkLost(index); }
  void taskFailed(kj::Exception&& exception) override;

  xrl::Loop& loop;
  Forwarder::Listener& listener;
  KernelOptions options;
  Counters counts;

  std::set<kj::String> changed;
  // Names of interfaces to tell of.
  bool asking = false;
  kj::Vector<net::IpNet> lostRoutes;

  Netlink events;
  Stream stream;
  KernelLinks kernelLinks;
  Nexthops nexthops;
  RouteMessage<net::Ip4> message4;
  RouteMessage<net::Ip6> message6;
  net::Trie<net::Ip4Net, uint32_t> stale4;
  net::Trie<net::Ip6Net, uint32_t> stale6;

  uint64_t writer = 0;
  bool begun = false, syncing = false;
  kj::Maybe<kj::String> deferred;
  // Why to resync when the sync under way is over.
  Turns turns;
  kj::TimePoint breath = kj::origin<kj::TimePoint>();
  kj::TaskSet tasks;
};

// ---- writing

kj::Promise<void> Kernel::breathe() {
  // Let the loop turn if it is time.
  auto now = kj::systemPreciseMonotonicClock().now();
  if (now - breath < SLICE_TIME) return kj::READY_NOW;
  return loop.timer().afterDelay(0 * kj::SECONDS).then([this]() { breath = kj::systemPreciseMonotonicClock().now(); });
}

template <typename Header> xrl::Task<bool> Kernel::dump(uint64_t mine, uint16_t type, Header header, Each each) {
  Netlink netlink;
  netlink.beginDump(type, header);
  for (;;) {
    auto state = netlink.continueDump(each);
    if (state != Netlink::Dumped::MORE) co_return state == Netlink::Dumped::DONE;
    co_await breathe();
    check(mine);
  }
}

xrl::Task<bool> Kernel::readOnce(uint64_t mine, Nexthops::Keep keep) {
  nexthops.forget(keep);
  stale4.clear();
  stale6.clear();
  nhmsg anyNexthop{};
  Each foundNexthop = [this](const nlmsghdr& message) { nexthops.found(message); };
  bool whole = co_await dump(mine, RTM_GETNEXTHOP, anyNexthop, kj::mv(foundNexthop));
  if (!whole) co_return false;
  for (uint8_t family : {AF_INET, AF_INET6}) {
    rtmsg ours{};
    ours.rtm_family = family;
    ours.rtm_table = RT_TABLE_MAIN;
    ours.rtm_protocol = options.protocol;
    Each foundRoute = [this](const nlmsghdr& message) { found(RouteRow(message)); };
    whole = co_await dump(mine, RTM_GETROUTE, ours, kj::mv(foundRoute));
    if (!whole) co_return false;
  }
  co_return true;
}

void Kernel::found(const RouteRow& row) {
  if (row.protocol != options.protocol || row.metric != options.metric || row.table != RT_TABLE_MAIN || row.isCopy)
    return;
  auto id = row.type == RTN_UNREACHABLE ? Nexthops::UNREACHABLE : row.kernelId;
  if (row.net.is4()) stale4.upsert(row.net.v4(), id);
  if (row.net.is6()) stale6.upsert(row.net.v6(), id);
}

xrl::Task<void> Kernel::readBack(uint64_t mine, Nexthops::Keep keep) {
  readEvents();
  bool whole = false;
  for (uint tries = 0; tries < 20 && !whole; ++tries) whole = co_await readOnce(mine, keep);
  KJ_REQUIRE(whole, "the routes of the kernel change faster than they can be read");
}

xrl::Task<void> Kernel::sync(uint64_t mine) {
  auto turn = co_await turns.next();
  check(mine);
  begun = false;
  asking = false;
  deferred = nullptr;
  co_await readBack(mine, Nexthops::Keep::NOTHING);
  begun = syncing = true;
}

xrl::Task<void> Kernel::resync(uint64_t mine, kj::String reason) {
  auto turn = co_await turns.next();
  if (mine != writer || syncing) co_return;
  syncing = true;
  co_await readBack(mine, Nexthops::Keep::GROUPS);
  ++counts.resyncs;
  listener.resync(reason);
}

template <typename Address>
void Kernel::install(RouteMessage<Address>& message, net::Trie<net::Prefix<Address>, uint32_t>& stale,
                     net::Prefix<Address> net, uint32_t kernelId, uint32_t index) {
  if (!stale.empty()) {
    auto held = stale.find(net);
    if (held != nullptr) {
      bool same = *held == kernelId;
      stale.erase(net);
      if (same) return;
    }
  }
  ++counts.installs;
  auto size = kernelId == Nexthops::UNREACHABLE ? message.installUnreachable(net) : message.install(net, kernelId);
  stream.add(message, size, {Stream::INSTALL, index});
}

template <typename Address>
void Kernel::withdraw(RouteMessage<Address>& message, net::Trie<net::Prefix<Address>, uint32_t>& stale,
                      net::Prefix<Address> net, uint32_t index) {
  if (!stale.empty()) stale.erase(net);
  ++counts.withdrawals;
  stream.add(message, message.withdraw(net), {Stream::WITHDRAWAL, index});
}

void Kernel::put(net::IpNet net, uint32_t group, uint32_t index) {
  auto kernelId = group == 0 ? Nexthops::NONE : nexthops.target(group, net.version());
  if (kernelId == Nexthops::NONE) {
    // Withdrawn, or the group has no hop now: then nothing else must lead there either.
    if (net.is4())
      withdraw(message4, stale4, net.v4(), index);
    else
      withdraw(message6, stale6, net.v6(), index);
  } else if (net.is4()) {
    install(message4, stale4, net.v4(), kernelId, index);
  } else {
    install(message6, stale6, net.v6(), kernelId, index);
  }
}

xrl::Task<void> Kernel::write(rib::Batch::Reader batch, uint64_t mine) {
  auto turn = co_await turns.next();
  check(mine);
  KJ_REQUIRE(begun, "beginSync comes first");
  auto problem = whyNot(batch, nexthops.size(), [this](uint32_t id) { return nexthops.holds(id); });
  KJ_IF_MAYBE (reason, problem) KJ_FAIL_REQUIRE("batch refused", *reason);

  for (auto group : batch.getGroups()) {
    nexthops.define(group);
    if (stream.full()) flush();
  }
  auto routes = batch.getRoutes();
  auto isWithdrawal4 = [&](uint i) { return routes[i].getNextHop() == 0 && routes[i].getVersion() == 4; };
  for (uint begin = 0, end; begin < routes.size(); begin = end) {
    end = begin + 1;
    bool reversed = isWithdrawal4(begin);
    if (reversed)
      while (end < routes.size() && isWithdrawal4(end)) ++end;
    for (uint i = begin; i < end; ++i) {
      uint index = reversed ? end - 1 - (i - begin) : i;
      auto route = routes[index];
      put(netOf(route), route.getNextHop(), index);
      if (!stream.full()) continue;
      flush(batch);
      co_await breathe();
      check(mine);
    }
  }
  flush(batch);
  nexthops.removeFreed();
  flush();
  settle();
}

xrl::Task<void> Kernel::sweep(uint64_t mine) {
  auto turn = co_await turns.next();
  check(mine);
  KJ_REQUIRE(begun, "beginSync comes first");
  kj::Vector<net::Ip4Net> left(stale4.size());
  stale4.each([&](net::Ip4Net net, uint32_t) { left.add(net); });
  constexpr size_t PASSES = 16;
  for (size_t pass = 0; pass < PASSES; ++pass) {
    for (size_t i = pass; i < left.size(); i += PASSES) {
      // Whatever was lost or pushed while the loop turned is no longer stale.
      if (stale4.find(left[i]) != nullptr) put(left[i], 0, 0);
      if (!stream.full()) continue;
      flush();
      co_await breathe();
      check(mine);
    }
  }
  while (!stale6.empty()) {
    put(KJ_ASSERT_NONNULL(stale6.first()).net, 0, 0);
    if (!stream.full()) continue;
    flush();
    co_await breathe();
    check(mine);
  }
  nexthops.sweep();
  flush();
  syncing = false;
  KJ_IF_MAYBE (reason, deferred) {
    auto why = kj::mv(*reason);
    deferred = nullptr;
    askForResync(why);
  }
}

void Kernel::flush(kj::Maybe<rib::Batch::Reader> batch) {
  struct Case {
    net::IpNet net;
    uint32_t group;
    kj::String reason;
  };
  kj::Vector<Case> cases;
  bool whole = stream.flush([&](Stream::Subject subject, const Refusal& refusal) {
    if (subject.what == Stream::REMOVAL) return;
    if (subject.what == Stream::WITHDRAWAL) {
      // It was gone already.
      if (refusal.error == ESRCH) return;
      ++counts.errors;
      return;
    }
    ++counts.errors;
    if (subject.what != Stream::INSTALL) {
      xrl::log::debug("nexthop refused", "id", subject.id, "reason", refusal.text);
      return nexthops.refused(subject);
    }
    KJ_IF_MAYBE (from, batch) {
      auto route = from->getRoutes()[subject.id];
      cases.add(Case{netOf(route), route.getNextHop(), kj::str(refusal.text)});
    }
  });
  if (!whole) askForResync("answers of the kernel were lost");
  if (cases.empty()) return;

  readEvents();
  std::map<kj::StringPtr, kj::Vector<net::IpNet>> reasons;
  for (auto& each : cases)
    if (!nexthops.isMissing(each.group)) reasons[each.reason].add(each.net);
  for (auto& [reason, nets] : reasons) listener.refused(nets, reason);
}

// ---- events

xrl::Task<void> Kernel::listen() {
  xrl::Readiness readable(loop, events.fd(), xrl::Readiness::READ);
  for (;;) {
    co_await readable.wait();
    readEvents();
    settle();
  }
}

void Kernel::readEvents() {
  auto each = [this](const nlmsghdr& message) {
    switch (message.nlmsg_type) {
      case RTM_NEWROUTE:
      case RTM_DELROUTE:
        return routeEvent(message);
      case RTM_NEWNEXTHOP:
      case RTM_DELNEXTHOP:
        return nexthopEvent(message);
      default:
        return kernelLinks.event(message);
    }
  };
  constexpr uint PATIENCE = 2000;
  // Datagrams before the loop turns again.
  for (uint i = 0; i < PATIENCE; ++i) {
    auto state = events.receive(each);
    if (state == Netlink::Received::NOTHING) break;
    if (state == Netlink::Received::OVERRUN) {
      kernelLinks.reread();
      askForResync("events of the kernel were lost");
    }
  }
}

void Kernel::routeEvent(const nlmsghdr& message) {
  RouteRow row(message);
  if (row.table != RT_TABLE_MAIN || row.metric != options.metric || row.net.isNone()) return;
  if (message.nlmsg_type == RTM_DELROUTE && row.protocol != options.protocol) return;
  if (row.net.is4()) stale4.erase(row.net.v4());
  if (row.net.is6()) stale6.erase(row.net.v6());
  lostRoutes.add(row.net);
}

void Kernel::nexthopEvent(const nlmsghdr& message) {
  // Somebody else has changed or removed it, or the kernel on somebody's behalf.
  auto id = Attributes(message, sizeof(nhmsg)).u32(NHA_ID);
  if (nexthops.isOurs(id)) askForResync("somebody else has changed a nexthop object");
}

void Kernel::settle() {
  // After events: write what follows from them, and tell.
  flush();
  KJ_IF_MAYBE (reason, nexthops.whyResync()) askForResync(*reason);
  if (lostRoutes.empty()) return;
  auto lost = kj::mv(lostRoutes);
  lostRoutes = {};
  counts.lost += lost.size();
  if (begun) listener.lost(lost);
}

void Kernel::linkChanged(const Link& link) {
  bool first = changed.empty();
  changed.insert(kj::str(link.name));
  nexthops.linkChanged(link.name);
  if (!first) return;
  tasks.add(loop.timer().afterDelay(GATHER).then([this]() {
    auto names = kj::heapArrayBuilder<kj::String>(changed.size());
    for (auto& each : changed) names.add(kj::str(each));
    changed.clear();
    listener.linksChanged(names.finish());
  }));
}

void Kernel::askForResync(kj::StringPtr reason) {
  if (!begun || asking) return;
  if (syncing) {
    deferred = kj::str(reason);
    return;
  }
  asking = true;
  tasks.add(loop.timer().afterDelay(RESYNC_DELAY).then([this, why = kj::str(reason)]() mutable -> kj::Promise<void> {
    if (!asking) return kj::READY_NOW;
    asking = false;
    return resync(writer, kj::mv(why));
  }));
}

void Kernel::taskFailed(kj::Exception&& exception) {
  xrl::log::error("kernel plane failed", "reason", exception.getDescription());
}

}  // namespace

kj::Own<Forwarder> openKernel(xrl::Loop& loop, Forwarder::Listener& listener, KernelOptions options) {
  return kj::heap<Kernel>(loop, listener, options);
}

}  // namespace xylem::fea
