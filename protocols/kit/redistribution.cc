// Each prefix is remembered with the number of the session that told of it last, so that at the end of a new session's
// first part those that were not told of again are known to be gone.

#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/kit/redistribution.h>

namespace xylem::kit {

namespace {

template <typename Net, typename Gone> void sweepTrie(net::Trie<Net, uint8_t>& trie, uint8_t session, Gone& gone) {
  typename net::Trie<Net, uint8_t>::Cursor cursor;
  for (;;) {
    auto next = cursor.next(trie);
    KJ_IF_MAYBE (entry, next) {
      if (entry->value == session) continue;
      auto net = entry->net;
      trie.erase(net);
      gone(net);
    } else {
      return;
    }
  }
}

}  // namespace

class Redistribution::Follower final : public rib::Rib::Follower::Server {
 public:
  explicit Follower(Redistribution& self) : self(self) {}

 private:
  kj::Promise<void> push(PushContext context) override {
    for (auto route : context.getParams().getBatch().getRoutes()) {
      auto net =
          KJ_REQUIRE_NONNULL(net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength()));
      if (route.getNextHop() == 0) {
        self.take(net, nullptr);
      } else {
        KJ_REQUIRE(route.getSource() < self.sources.size());
        auto protocol = kj::StringPtr(self.sources[route.getSource()].protocol.c_str());
        self.take(net, Route{net, protocol, route.getMetric(), route.getTag(), route.getOwnMetric()});
      }
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> synced(SyncedContext) override {
    self.sweep();
    return kj::READY_NOW;
  }

  Redistribution& self;
};

Redistribution::Redistribution(xrl::Process& process, std::vector<Source> sources, uint8_t version,
                               kj::Function<void(const Route&)> put, kj::Function<void(net::IpNet)> remove)
    : sources(kj::mv(sources)),
      version(version),
      put(kj::mv(put)),
      remove(kj::mv(remove)),
      remote(process, "rib", [this](rib::Rib::Client rib) { return session(kj::mv(rib)); }) {}

kj::Promise<void> Redistribution::session(rib::Rib::Client rib) {
  ++sessions;
  auto request = rib.followRequest();
  auto protocols = request.initProtocols(sources.size());
  auto policies = request.initPolicies(sources.size());
  for (auto i : kj::indices(sources)) {
    protocols.set(i, sources[i].protocol.c_str());
    policies.set(i, sources[i].policy.c_str());
  }
  request.setVersion(version);
  request.setFollower(kj::heap<Follower>(*this));
  return request.send().then(
      [](auto&& response) { return kj::Promise<void>(kj::NEVER_DONE).attach(response.getSubscription()); });
}

void Redistribution::take(net::IpNet net, const kj::Maybe<Route>& route) {
  KJ_IF_MAYBE (present, route) {
    if (net.is4())
      ip4.upsert(net.v4(), sessions);
    else
      ip6.upsert(net.v6(), sessions);
    put(*present);
  } else if (net.is4() ? ip4.erase(net.v4()) : ip6.erase(net.v6())) {
    remove(net);
  }
}

void Redistribution::sweep() {
  heard = true;
  auto gone = [this](net::IpNet net) { remove(net); };
  sweepTrie(ip4, sessions, gone);
  sweepTrie(ip6, sessions, gone);
}

}  // namespace xylem::kit
