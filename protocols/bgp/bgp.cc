// BGP-4. The pure parts: messages (message.h, update.h, compose.h), the session (session.h), the tables and what is
// done with them (table.h, decision.h, export.h, feed.h, monitor.h), the rules between (rules.h), what is said to
// others than peers (rtr.h, bmp.h, mrt.h). The shell: connection.h, peer.h, rib-link.h, rpki.h, stations.h, dumps.h,
// and speaker.h, which holds all of it.

#include <protocols/bgp/show.h>
#include <protocols/bgp/speaker.h>
#include <xrl/run.h>

namespace xylem::bgp {

class Daemon final : public xrl::Configured<schema::Config, schema::State> {
 public:
  explicit Daemon(xrl::Process& process) : Configured(process), speaker(process) {
    process.offers->add<schema::Show>([this](xrl::Caller&) { return show(speaker); });
    process.offers->add<schema::Clear>([this](xrl::Caller&) { return clear(speaker); });
  }

  void check(schema::Config::Reader config, xrl::Problems& problems) override {
    bgp::check(config, problems);
    Rpki::check(config.getRpki(), problems);
    Dumps::check(config.getMrt(), problems);
    Stations::check(config.getBmp(), problems);
  }
  xrl::Task<void> commit(schema::Config::Reader config) override {
    speaker.configure(config);
    co_return;
  }
  xrl::Task<void> retire() override {
    speaker.retire();
    co_return;
  }
  void state(schema::State::Builder state) override { fill(speaker, state); }

 private:
  Speaker speaker;
};

}  // namespace xylem::bgp

int main(int argc, char** argv) { return xylem::xrl::run<xylem::bgp::Daemon>("bgp", argc, argv); }
