#pragma once
// After a start, the forwarding plane and those who follow the table keep what an earlier run of the RIB told them
// until the table is known to be complete again: until the router is settled, the interfaces are known, and every
// process that stays connected with the RIB has offered routes and said `synced`; or until the time for it is over.

#include <rib/engine.h>
#include <xrl/process.h>

#include <set>
#include <string>
#include <vector>

namespace xylem::rib {

class Hold {
 public:
  Hold(xrl::Process& process, Engine& engine, kj::Duration longest);
  KJ_DISALLOW_COPY(Hold);

  void setLongest(kj::Duration longest);
  // Counted from the start.
  void settled();
  // All daemons are there.
  bool isOver();
  bool isOver(const std::vector<std::string>& protocols);
  // As far as the routes of these are concerned, "connected" being one.

 private:
  xrl::Task<void> ask();
  xrl::Task<void> expire(kj::Duration rest);
  bool isSynced(const std::string& protocol);

  xrl::Process& process;
  Engine& engine;
  kj::TimePoint started;
  bool over = false, known = false;
  std::set<std::string> expected;
  // Who has to say `synced`.
  kj::Promise<void> expiring, asking;
};

}  // namespace xylem::rib
