// What each part of the RIB offers, and its state in numbers.

#include <rib/daemon.h>
#include <rib/show.h>

namespace xylem::rib {

namespace {

State::OriginState stateOf(const Origin& origin) {
  switch (origin.state) {
    case Origin::SYNCING:
      return State::OriginState::SYNCING;
    case Origin::SYNCED:
      return State::OriginState::SYNCED;
    case Origin::STALE:
    case Origin::LEAVING:
      return State::OriginState::STALE;
  }
  KJ_UNREACHABLE;
}

}  // namespace

Daemon::Daemon(xrl::Process& process)
    : Configured(process),
      engine(process.loop),
      hold(process, engine, Config::Reader().getGracefulRestartTime() * kj::SECONDS),
      server(engine, hold),
      fea(process, engine, hold) {
  process.offers->add<Rib>([this](xrl::Caller& caller) { return server.to(caller); });
  process.offers->add<Show>([this](xrl::Caller&) { return makeShow(engine); });
}

void Daemon::check(Config::Reader config, xrl::Problems& problems) {
  // For all who run policies: others only refer to them.
  for (auto& problem : policy::check(config.getPolicy()))
    if (!problem.warning) problems.add(kj::str("policy ", problem.path), kj::str(problem.text));
}

xrl::Task<void> Daemon::commit(Config::Reader config) {
  auto policies = kj::heap<policy::Compiled>(config.getPolicy());
  for (auto& problem : policies->problems())
    xrl::log::warn("policy", "statement", problem.path, "problem", problem.text);
  engine.setPolicies(kj::mv(policies));
  hold.setLongest(config.getGracefulRestartTime() * kj::SECONDS);
  co_return;
}

void Daemon::settled(uint64_t) { hold.settled(); }

void Daemon::state(State::Builder state) {
  auto& table = engine.table;
  kj::Vector<Origin*> origins;
  table.eachOrigin([&](Origin& origin) { origins.add(&origin); });
  auto list = state.initOrigin(origins.size());
  State::Table::Builder tables[] = {state.initIp4(), state.initIp6()};
  for (auto i : kj::indices(origins)) {
    auto& origin = *origins[i];
    list[i].setProtocol(origin.protocol);
    list[i].setDistance(origin.distance);
    list[i].setRoutes(origin.total());
    list[i].setState(stateOf(origin));
    for (int v : {0, 1}) tables[v].setRoutes(tables[v].getRoutes() + origin.routes[v]);
  }
  tables[0].setPrefixes(table.prefixes(4));
  tables[1].setPrefixes(table.prefixes(6));
  for (uint32_t id = 1; id < table.groups.end(); ++id) {
    KJ_IF_MAYBE (group, table.groups.find(id)) {
      auto& to = tables[group->isFor6() ? 1 : 0];
      to.setGroups(to.getGroups() + 1);
      if (!group->live) to.setUnresolved(to.getUnresolved() + 1);
    }
  }
  state.setPending(uint32_t(table.fibBacklog()));
  state.setRefused(fea.refused);
  state.setRefusal(fea.refusal);
  state.setHolding(!hold.isOver());
}

}  // namespace xylem::rib
