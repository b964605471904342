#pragma once
// The click plane as a daemon of a router: it runs a graph, whose tables the FEA keeps.
//
// The graph is that of a plain router over the FEA's interfaces, or the operator's own. A new one takes the place of
// the one that runs between two packets, and only if it could be initialized.

#include <click/click.capnp.h>
#include <click/driver.h>
#include <click/plane-graph.h>
#include <click/plane-tables.h>
#include <click/xdp-features.h>
#include <xrl/bell.h>
#include <xrl/daemon.h>

namespace xylem::click {

class Engine final : public xrl::Configured<wire::Config, wire::State> {
 public:
  explicit Engine(xrl::Process& process);
  ~Engine() noexcept(false);

  void check(wire::Config::Reader config, xrl::Problems& problems) override;
  xrl::Task<void> commit(wire::Config::Reader config) override;
  void state(wire::State::Builder state) override;

 private:
  class AsPlane;
  class AsHandlers;
  class AsShow;
  class Writer;

  void rebuild();
  bool load(const std::string& text, const std::string& file);
  void tellDevices();
  void prepareFastPath();
  void tellFeatures();
  xrl::Task<void> followFeatures();
  xrl::Task<void> drive();
  void apply(rib::Batch::Reader batch);
  void apply(rib::NextHopGroup::Reader group);

  Driver driver;
  std::string graphFile, method;
  uint32_t graphs = 0;
  bool wantsFastPath = true;
  std::string fastPath = "the plane does not forward yet";
  XdpFeatures features;
  bool hasCommitted = false, hasTable = false;
  // Before there is a table the kernel forwards.
  Writer* writer = nullptr;
  // The present one, while it lives.
  xrl::Bell bell;
  kj::Promise<void> driving, following;
};

}  // namespace xylem::click
