#pragma once
// The speaker: all tables and all peers of this router, and the work between them.
//
//     peers -- updates --> Tables (by family) -- update groups --> peers
//                             |       ^
//        RIB <-- feed --------+       +-- next hops, networks, redistribution
//
// Messages are read and answered as they come; what a change entails (decisions, what others are told, what the RIB is
// told) is done in slices between which the loop turns, so no table is so large that a keepalive waits for it.

#include <protocols/bgp/dumps.h>
#include <protocols/bgp/listener.h>
#include <protocols/bgp/origination.h>
#include <protocols/bgp/peer.h>
#include <protocols/bgp/revalidation.h>
#include <protocols/bgp/rpki.h>
#include <protocols/bgp/settings.h>
#include <protocols/bgp/stations.h>
#include <protocols/bgp/tables.h>
#include <protocols/kit/interfaces.h>
#include <protocols/kit/sockets.h>

#include <set>

namespace xylem::bgp {

class RibLink;

class Speaker final : private kj::TaskSet::ErrorHandler {
 public:
  explicit Speaker(xrl::Process& process);
  ~Speaker() noexcept(false);
  KJ_DISALLOW_COPY(Speaker);

  void configure(schema::Config::Reader config);
  void retire();
  // Say goodbye to all peers, and take back all routes.

  // ---- for peers
  xrl::Process& process;
  xrl::Loop& loop;
  kj::TaskSet tasks;
  kit::Sockets sockets;
  kit::Interfaces interfaces;
  NextHops nextHops;
  AttributePool pool;
  std::vector<Neighbor> neighbors;
  // By the index of peers; the first is this router itself.
  Decision decision;
  NextHopSets sets;
  Tables<net::Ip4Net> ip4, multicast4;
  Tables<net::Ip6Net> ip6, multicast6;
  template <typename F> void each(F&& f) {
    // f(Tables) of each family.
    f(ip4);
    f(ip6);
    f(multicast4);
    f(multicast6);
  }
  template <typename F> void with(Family family, F&& f) {
    each([&](auto& tables) {
      if (tables.family == family) f(tables);
    });
  }
  SpeakerSettings settings;
  Rpki rpki;
  Dumps dumps;
  Stations stations;

  Time now() { return loop.timer().now(); }
  uint32_t seconds() { return uint32_t((now() - kj::origin<Time>()) / kj::SECONDS); }
  bool restarting() const { return isRestarting; }
  // Since the start, and until all peers have told their routes: nobody is told anything.
  const std::shared_ptr<const policy::Compiled>& policies() { return compiled; }
  void wake() { bell.ring(); }
  // There is work.
  void begin(bool restarting);
  // The RIB is there; it has routes of an earlier life, or not.
  void heardAll();
  // A peer has announced all its routes, or is gone.
  void remove(Peer& peer);
  // One that has no session any more.
  void presenceChanged(net::IpNet net, bool below);
  // Of what a condition or an aggregate depends on.
  bool isThere(net::IpNet net);
  // A usable route to what a condition is about.
  void setDiscard(net::IpNet net, bool wanted);
  // An aggregate (rib-link.h).

  // ---- for those who ask
  std::map<std::string, kj::Own<Peer>>& peers() { return byName; }
  kj::Maybe<Peer&> find(kj::StringPtr name);
  kj::Maybe<Peer&> peer(uint16_t index) {
    // Nothing: it was removed, and its routes soon will be.
    if (byIndex[index] == nullptr) return nullptr;
    return *byIndex[index];
  }
  size_t memory();

 private:
  xrl::Task<void> work();
  void endRestart();
  bool slice();
  void welcome(kj::AutoCloseFd fd, const net::Endpoint& from);
  kj::Maybe<Peer&> peerFor(net::Ip from, uint scope);
  void setKeys();
  void interfaceChanged();
  bool isWanted(const Peer& peer) const;
  void applyPeers(const std::set<std::string>& changed);
  template <typename Net> void applyWatches(Tables<Net>& tables);
  xrl::Task<void> reuse();
  uint16_t indexFor(const std::string& name);
  void taskFailed(kj::Exception&& exception) override;

  std::shared_ptr<const policy::Compiled> compiled;
  std::map<std::string, kj::Own<Peer>> byName;
  std::vector<Peer*> byIndex;
  std::map<std::string, uint16_t> indices;
  bool isRestarting = false, hasHeardAll = false, begun = false, retired = false;
  Origination origination;
  Revalidation revalidation;
  xrl::Bell bell;
  kj::Own<RibLink> rib;
  Listener listener;
  kj::Promise<void> working, selecting = nullptr, reusing = nullptr;
};

}  // namespace xylem::bgp
