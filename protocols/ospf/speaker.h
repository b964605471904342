#pragma once
// Cores, side by side in one process, bound to the FEA's interfaces and sockets and to the RIB's routes: what the
// daemons of OSPFv2 and OSPFv3 have in common.
//
//     FEA interfaces, sockets --> cores <-- configuration        cores --> sockets, RIB (routes)
//     RIB (redistribution)    -->       <-- clock
//
// Of each face there is one core at most. It has sockets of its own: an interface may be spoken on by several.

#include <protocols/kit/per-link.h>
#include <protocols/kit/redistribution.h>
#include <protocols/kit/routes.h>
#include <protocols/ospf/show.h>
#include <protocols/ospf/socket.h>
#include <xrl/bell.h>
#include <xrl/daemon.h>

namespace xylem::ospf {

struct Rule {
  // What the configuration says of a redistributed protocol.
  External external;
  std::string policy;
  bool operator==(const Rule&) const = default;
};

struct Wanted {
  // What the configuration says of one core.
  Settings settings;
  std::map<std::string, Rule> redistributed;
  // By protocol.
};

class Speaker {
 public:
  explicit Speaker(xrl::Process& process);
  ~Speaker();
  KJ_DISALLOW_COPY(Speaker);

  void commit(std::map<Face, Wanted> wanted, uint8_t distance, uint32_t restartTime);
  // Cores that are not wanted any more go, with their routes. `restartTime` counts at the first commit alone.
  void retire();
  const Cores& cores() const { return shown; }

 private:
  class Voice;
  friend class Voice;

  Time now() { return process.loop.timer().now(); }
  void changed(const kit::Interface& interface);
  void gone(const kit::Interface& interface);
  void setDistance(uint8_t distance);
  void silence(Face face);
  void restarted();
  xrl::Task<void> keepTime();
  xrl::Task<void> becomeSynced();
  xrl::Task<void> begin(uint32_t restartTime);

  xrl::Process& process;
  kit::Sockets sockets;
  std::map<Face, kj::Own<Voice>> voices;
  Cores shown;
  uint8_t distance = 0;
  kj::Maybe<kit::Routes> routes;
  kit::Interfaces interfaces;
  bool begun = false;
  // It is known whether this is a restart; no link is told before.
  uint restarting = 0;
  // Cores that are not back yet.
  xrl::Bell bell;
  kj::Promise<void> timing;
  kj::Maybe<kj::Promise<void>> beginning, syncing;
};

}  // namespace xylem::ospf
