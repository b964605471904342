// While the FEA is away the table goes on, and nothing is queued for it; when it is back it is told everything, then
// `synced`. What the RIB knows of the interfaces stays meanwhile.

#include <kj/debug.h>
#include <net/wire.h>
#include <rib/fea-link.h>
#include <rib/wire.h>
#include <xrl/log.h>

namespace xylem::rib {

namespace {
constexpr size_t BATCH = 2048;
constexpr auto QUIET = 10 * kj::SECONDS;
// Between two lines of the log about refused routes.

kj::Maybe<net::IpNet> read(Route::Reader route) {
  return net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength());
}

}  // namespace

class FeaLink::Follower final : public fea::Fea::InterfaceFollower::Server {
 public:
  explicit Follower(FeaLink& link) : link(link) {}

 private:
  kj::Promise<void> update(UpdateContext context) override {
    auto list = context.getParams().getInterfaces();
    std::set<InterfaceName> here;
    for (auto each : list) {
      KJ_IF_MAYBE (name, InterfaceName::parse(each.getName())) {
        here.insert(*name);
        set(*name, each);
      }
    }
    if (std::exchange(first, false)) {
      for (auto& name : link.known)
        if (here.count(name) == 0) link.engine.table.dropInterface(name);
      link.known.clear();
      link.heard = true;
      link.engine.table.synced(KJ_ASSERT_NONNULL(link.engine.table.origin(CONNECTED)));
    }
    link.known.insert(here.begin(), here.end());
    link.engine.changed();
    return kj::READY_NOW;
  }
  kj::Promise<void> gone(GoneContext context) override {
    KJ_IF_MAYBE (name, InterfaceName::parse(context.getParams().getName())) {
      link.known.erase(*name);
      link.engine.table.dropInterface(*name);
      link.engine.changed();
    }
    return kj::READY_NOW;
  }
  void set(const InterfaceName& name, fea::Interface::Reader from) {
    InterfaceState state{name, from.getIndex(), from.getUp() && from.getRunning(), {}};
    for (auto address : from.getAddresses())
      KJ_IF_MAYBE (valid, net::read(address)) state.addresses.push_back(*valid);
    link.engine.table.setInterface(state);
  }

  FeaLink& link;
  bool first = true;
};

class FeaLink::Keeper final : public fea::FibKeeper::Server {
 public:
  explicit Keeper(FeaLink& link) : link(link) {}

 private:
  kj::Promise<void> lost(LostContext context) override {
    for (auto route : context.getParams().getRoutes())
      KJ_IF_MAYBE (net, read(route)) link.engine.table.repeat(*net);
    link.engine.changed();
    return kj::READY_NOW;
  }
  kj::Promise<void> resync(ResyncContext) override {
    xrl::log::info("forwarding table is written again");
    link.engine.table.attachFib();
    link.told = false;
    link.engine.changed();
    return kj::READY_NOW;
  }
  kj::Promise<void> refused(RefusedContext context) override {
    link.refuse(context.getParams().getRoutes(), context.getParams().getReason());
    return kj::READY_NOW;
  }

  FeaLink& link;
};

FeaLink::FeaLink(xrl::Process& process, Engine& engine, Hold& hold)
    : engine(engine),
      hold(hold),
      quietUntil(engine.loop.timer().now()),
      listener(engine),
      remote(process, "fea", [this](fea::Fea::Client fea) -> kj::Promise<void> { return session(kj::mv(fea)); }) {}

xrl::Task<void> FeaLink::session(fea::Fea::Client fea) {
  auto interfaces = fea.interfacesRequest();
  interfaces.setFollower(kj::heap<Follower>(*this));
  auto subscription = interfaces.send().getSubscription();
  auto request = fea.fibRequest();
  request.setKeeper(kj::heap<Keeper>(*this));
  auto fib = request.send().getFib();
  engine.table.attachFib();
  told = false;
  KJ_DEFER({
    engine.table.detachFib();
    engine.drained();
  });
  co_await feed(kj::mv(fib));
}

xrl::Task<void> FeaLink::feed(fea::Fib::Client fib) {
  auto& table = engine.table;
  for (;;) {
    // All that changes in one turn of the loop goes out together.
    auto turn = kj::evalLast([]() {});
    co_await kj::mv(turn);
    FibBatch batch;
    table.takeFib(batch, BATCH);
    if (!batch.isEmpty()) {
      auto push = fib.pushRequest();
      write(batch, table, push.initBatch());
      engine.drained();
      auto taken = push.send();
      co_await kj::mv(taken);
    } else if (table.fibPending()) {
      co_await engine.pause();
    } else if (!told && heard && !table.isBusy() && hold.isOver()) {
      told = true;
      xrl::log::info("forwarding table is complete", "ip4", table.prefixes(4), "ip6", table.prefixes(6));
      auto said = fib.syncedRequest().send().ignoreResult();
      co_await kj::mv(said);
    } else {
      co_await listener.bell.wait();
    }
  }
}

void FeaLink::refuse(capnp::List<Route>::Reader routes, kj::StringPtr reason) {
  refused += routes.size();
  if (routes.size() == 0) return;
  KJ_IF_MAYBE (net, read(routes[routes.size() - 1])) refusal = kj::str(*net, ": ", reason);
  auto now = engine.loop.timer().now();
  if (now < quietUntil) return;
  quietUntil = now + QUIET;
  xrl::log::warn("route refused by the forwarding plane", "last", refusal, "so-far", refused);
}

}  // namespace xylem::rib
