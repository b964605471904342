#pragma once
// The RIB's other side: the FEA, from which it hears of interfaces, and which it tells what to forward.

#include <fea/fea.capnp.h>
#include <rib/hold.h>
#include <xrl/remote.h>

namespace xylem::rib {

class FeaLink {
 public:
  FeaLink(xrl::Process& process, Engine& engine, Hold& hold);
  KJ_DISALLOW_COPY(FeaLink);

  uint64_t refused = 0;
  // Routes that the plane would not take.
  kj::String refusal;
  // The last of them, and why.

 private:
  class Follower;
  class Keeper;

  xrl::Task<void> session(fea::Fea::Client fea);
  xrl::Task<void> feed(fea::Fib::Client fib);
  void refuse(capnp::List<Route>::Reader routes, kj::StringPtr reason);

  Engine& engine;
  Hold& hold;
  std::set<InterfaceName> known;
  // Interfaces.
  bool heard = false;
  // Of all interfaces, at least once.
  bool told = false;
  // The plane, that it has everything.
  kj::TimePoint quietUntil;
  Engine::Listener listener;
  xrl::Remote<fea::Fea> remote;
};

}  // namespace xylem::rib
