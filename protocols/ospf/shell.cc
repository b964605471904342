// All that a daemon of OSPF does is in speaker.cc; here it is told what its configuration says.

#include <protocols/ospf/shell.h>

#include <net/wire.h>
#include <protocols/ospf/configuration.h>

namespace xylem::ospf {

namespace {

kj::Maybe<kj::String> whyOther(const Cores& cores, RouterId router) {
  for (auto& [face, core] : cores)
    if (core->self != router) return kj::str("the router ID has changed");
  return nullptr;
}

}  // namespace

// ---- OSPFv2

Shell::Shell(xrl::Process& process) : xrl::Configured<schema::Config, schema::State>(process), speaker(process) {
  process.offers->add<schema::Show>(
      [this](xrl::Caller&) { return showOf(speaker.cores(), this->process.loop.timer()); });
}

void Shell::check(schema::Config::Reader config, xrl::Problems& problems) {
  findProblems(config, process.name, problems);
}

kj::Maybe<kj::String> Shell::whyRestart(schema::Config::Reader config) {
  return whyOther(speaker.cores(), net::read(config.getRouterId()));
}

xrl::Task<void> Shell::commit(schema::Config::Reader config) {
  speaker.commit(wantedOf(config), config.getDistance(), config.getGracefulRestart().getRestartTime());
  co_return;
}

xrl::Task<void> Shell::retire() {
  speaker.retire();
  co_return;
}

void Shell::state(schema::State::Builder state) {
  for (auto& [face, core] : speaker.cores()) fillState(*core, state);
}

// ---- OSPFv3

Shell3::Shell3(xrl::Process& process) : xrl::Configured<schema3::Config, schema3::State>(process), speaker(process) {
  process.offers->add<schema3::Show>(
      [this](xrl::Caller&) { return show3Of(speaker.cores(), this->process.loop.timer()); });
}

void Shell3::check(schema3::Config::Reader config, xrl::Problems& problems) {
  findProblems(config, process.name, problems);
}

kj::Maybe<kj::String> Shell3::whyRestart(schema3::Config::Reader config) {
  return whyOther(speaker.cores(), net::read(config.getRouterId()));
}

xrl::Task<void> Shell3::commit(schema3::Config::Reader config) {
  speaker.commit(wantedOf(config), config.getDistance(), config.getGracefulRestart().getRestartTime());
  co_return;
}

xrl::Task<void> Shell3::retire() {
  speaker.retire();
  co_return;
}

void Shell3::state(schema3::State::Builder state) {
  auto list = state.initFamily(uint(speaker.cores().size()));
  uint i = 0;
  for (auto& [face, core] : speaker.cores()) {
    list[i].setFamily(familyOf(face) == 6 ? "ipv6" : "ipv4");
    fillState(*core, list[i++].initState());
  }
}

}  // namespace xylem::ospf
