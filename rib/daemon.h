#pragma once
// The RIB as a daemon.

#include <rib/fea-link.h>
#include <rib/server.h>
#include <xrl/daemon.h>

namespace xylem::rib {

class Daemon final : public xrl::Configured<Config, State> {
 public:
  explicit Daemon(xrl::Process& process);

  void check(Config::Reader config, xrl::Problems& problems) override;
  xrl::Task<void> commit(Config::Reader config) override;
  void settled(uint64_t generation) override;
  void state(State::Builder state) override;

 private:
  Engine engine;
  Hold hold;
  Server server;
  FeaLink fea;
};

}  // namespace xylem::rib
