#pragma once
// The RIB: what it is told of BGP's routes, and what it says of the ways to their next hops.

#include <protocols/bgp/speaker.h>
#include <rib/rib.capnp.h>
#include <xrl/remote.h>

#include <set>
#include <unordered_map>

namespace xylem::bgp {

class RibLink {
 public:
  explicit RibLink(Speaker& speaker);
  KJ_DISALLOW_COPY(RibLink);

  void wake() {
    bell.ring();
    tracking.ring();
  }
  void synced();
  // All routes that are to come after a restart have come.
  void setDiscard(net::IpNet net, bool wanted);
  // Packets to this aggregate that no part of it takes are dropped (RFC 4632 section 5.1).
  void setDistances(uint8_t external, uint8_t internal);
  void forget();
  // Take back all routes; the tables are told nothing.

 private:
  class AsTracker;
  struct Batch;

  void connect();
  xrl::Task<void> session(rib::Rib::Client rib);
  xrl::Task<void> track(rib::Rib::Client rib);
  bool collect(Batch& batch);
  // Whether there is more to look at.
  template <typename Feed> void collect(Feed& feed, Batch& batch);
  void heard(rib::Rib::Way::Reader way);
  void write(const NextHopSet& set, rib::NextHopGroup::Builder group) const;
  void addLocal(uint32_t index);

  Speaker& speaker;
  uint8_t distances[2] = {20, 200};
  // External, internal.
  bool isSynced = false, asked = false;
  std::set<net::IpNet> discards, newDiscards;
  // Those that the RIB knows or shall know; those of which it has to be told either way.
  std::vector<uint8_t> defined;
  // By set: 0 unknown to the RIB; otherwise in which origin, plus 1.
  std::unordered_map<net::Ip, std::vector<uint32_t>> indices;
  // Next hops that are tracked, by address.
  std::vector<net::Ip> watch, unwatch;
  xrl::Bell bell, tracking;
  kj::Maybe<xrl::Remote<rib::Rib>> remote;
};

}  // namespace xylem::bgp
