#pragma once
// A forwarding plane in memory: for the tests of those who write to one, and for a router that is to forward nothing.
//
// It keeps to all that forwarder.h says. Interfaces are what a test sets, or else come to be by being configured; a
// group without a hop that is up keeps its routes to itself until it has one again, so there is never a resync unless a
// test wants it.

#include <fea/forwarder.h>
#include <kj/function.h>

#include <map>
#include <string>

namespace xylem::fea {

class Mock final : public Forwarder {
 public:
  explicit Mock(Listener& listener) : listener(listener) {}

  kj::StringPtr name() const override { return "mock"; }
  void forward() override {}
  kj::ArrayPtr<const kj::Own<Link>> links() override { return all; }
  kj::Vector<Fault> configure(kj::Vector<DesiredLink> desired) override;
  kj::Promise<void> beginSync() override;
  kj::Promise<void> push(rib::Batch::Reader batch) override;
  kj::Promise<void> synced() override;
  Counters counters() const override;

  // ---- for tests

  void setLink(Link link);
  void removeLink(kj::StringPtr name);
  std::map<std::string, std::string> table() const;
  // Each prefix with its ways, `via 10.0.0.2 dev v0 weight 1, dev w0 weight 2` (in order), or `blackhole` or
  // `unreachable`. Stale ones are there, those without a way are not.
  bool isStale(kj::StringPtr net) const;
  void drop(kj::StringPtr net);
  // Somebody else removes this route.
  void loseTrack(kj::StringPtr reason);
  // All is stale, and the writer is asked to sync anew.
  kj::Function<kj::Maybe<kj::String>(net::IpNet)> refuse = [](net::IpNet) -> kj::Maybe<kj::String> { return nullptr; };
  // Why the plane would not take a route, if so.

 private:
  struct Group {
    enum Kind { HOPS, BLACKHOLE, UNREACHABLE } kind = HOPS;
    std::map<std::pair<std::string, net::Ip>, uint> hops;
  };
  struct Route {
    uint32_t group = 0;
    bool stale = false;
    std::string kept;
    // The ways of a route whose writer is gone.
  };

  std::string ways(const Group& group) const;
  std::string ways(const Route& route) const;
  bool isRunning(kj::StringPtr name) const;
  void install(net::IpNet net, uint32_t group);
  void changed(kj::StringPtr name);
  void freeze();

  Listener& listener;
  kj::Vector<kj::Own<Link>> all;
  kj::Vector<kj::String> configured;
  std::map<uint32_t, Group> groups;
  std::map<net::IpNet, Route> routes;
  Counters counts;
  bool begun = false;
  uint nextIndex = 1;
};

}  // namespace xylem::fea
