#pragma once
// What the RIB offers to daemons: origins, followers, trackers.

#include <rib/hold.h>
#include <rib/rib.capnp.h>
#include <xrl/caller.h>

namespace xylem::rib {

constexpr size_t MAX_HELD = 32;
// Origins, followers and trackers, of each, that callers of one name may have at a time.
constexpr size_t MAX_TRACKED = 65536;
// Addresses of one tracker.

class Server final : private kj::TaskSet::ErrorHandler {
 public:
  Server(Engine& engine, Hold& hold) : engine(engine), hold(hold), tasks(*this) {}
  KJ_DISALLOW_COPY(Server);

  Rib::Client to(xrl::Caller& caller);
  // For this caller, in whose name it then offers routes.

 private:
  class For;
  class OriginFor;
  class Following;
  class Tracking;
  class Held;

  void leave(uint16_t origin, uint64_t life, uint16_t gracefulRestartTime);
  void hasten(kj::StringPtr protocol);
  // It is back: what it offered before and does not offer again goes soon.
  xrl::Task<void> expire(uint16_t origin, uint64_t life, uint16_t seconds);
  void taskFailed(kj::Exception&& exception) override;

  Engine& engine;
  Hold& hold;
  std::map<std::string, size_t> held;
  kj::TaskSet tasks;
};

}  // namespace xylem::rib
