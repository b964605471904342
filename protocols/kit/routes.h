#pragma once
// Routes: what a protocol offers to the RIB, in one administrative distance.
//
//     kit::Routes routes(process, 120);
//     routes.put(net, kit::NextHops::via(gateway, "eth0"), metric);
//     routes.remove(net);
//     routes.synced();
//
// put and remove only note what is wanted; it goes out in batches as fast as the RIB takes it, and a prefix that
// changed twice before it went out is sent once. When the RIB has been away, everything is announced again.
//
// Routes that are dropped are withdrawn. If the process dies instead, the RIB keeps them for the graceful-restart time;
// a process that is back offers what it has, and says `synced` when it knows as much as it did before.

#include <kj/map.h>
#include <net/trie.h>
#include <protocols/kit/next-hops.h>
#include <xrl/bell.h>
#include <xrl/remote.h>
#include <xrl/task.h>

#include <deque>

namespace xylem::kit {

constexpr uint16_t GRACEFUL_RESTART_TIME = 120;
// Seconds.

class Routes {
 public:
  Routes(xrl::Process& process, uint8_t distance, uint16_t gracefulRestartTime = GRACEFUL_RESTART_TIME);
  // Offered under the process's own name. At most one Routes for each distance at a time.
  KJ_DISALLOW_COPY(Routes);

  void put(net::IpNet net, const NextHops& nextHops, uint32_t metric = 0, uint32_t tag = 0);
  // Offer this route, in place of an earlier one to the same prefix. The next hops are of the prefix's version, at
  // least one, unless they drop.

  void remove(net::IpNet net);
  // No longer offer a route to this prefix, if there was one.

  void synced();
  // Everything known has been put: routes of an earlier life that were not put again may go.

  kj::Promise<uint32_t> whenOpened();
  // When the RIB has been reached for the first time: how many routes of an earlier life it keeps. To be asked once.

  size_t size() const { return count; }
  // Routes offered.
  bool flushed() const { return queue.empty(); }
  // All changes have been handed on to the RIB, or wait for it to return. Who has a great many to put may wait for that
  // now and then, to be no faster than the RIB.

 private:
  static constexpr uint32_t QUEUED = 1u << 31;
  struct Offer {
    uint32_t group;  // 0 when it is withdrawn and that has not been sent; QUEUED when in the queue
    uint32_t metric, tag;
  };
  struct Group {
    NextHops content;
    uint32_t users = 0;
    bool sent = false;
  };
  template <typename Net> struct Family {
    net::Trie<Net, Offer> offers;
    typename net::Trie<Net, Offer>::Cursor replay;
    bool replayed = true;
  };
  struct Batch;

  template <typename Net> void put(Family<Net>& family, Net net, uint32_t group, uint32_t metric, uint32_t tag);
  template <typename Net> void remove(Family<Net>& family, Net net);
  template <typename Net> void add(Family<Net>& family, Net net, Batch& batch);
  template <typename Net> void replay(Family<Net>& family, Batch& batch);
  uint32_t hold(const NextHops& content);
  void release(uint32_t group);
  xrl::Task<void> session(rib::Rib::Client rib);
  void collect(Batch& batch);
  void beginAgain();

  xrl::Process& process;
  const uint8_t distance;
  const uint16_t gracefulRestartTime;

  Family<net::Ip4Net> ip4;
  Family<net::Ip6Net> ip6;
  size_t count = 0;
  std::deque<net::IpNet> queue;
  // Prefixes whose route changed since it was sent.
  kj::HashMap<NextHops, uint32_t> ids;
  kj::HashMap<uint32_t, Group> groups;
  uint32_t lastId = 0;
  kj::Vector<uint32_t> idle;
  // Groups without users, whose ids the RIB still knows.
  bool isSynced = false, told = false;
  kj::PromiseFulfillerPair<uint32_t> opened = kj::newPromiseAndFulfiller<uint32_t>();
  xrl::Bell bell;
  xrl::Remote<rib::Rib> remote;
};

}  // namespace xylem::kit
