#pragma once
// Static routes: what the configuration says, offered to the RIB.

#include <protocols/kit/routes.h>
#include <protocols/static.capnp.h>
#include <xrl/daemon.h>

#include <map>

namespace xylem::statics {

struct Offer {
  kit::NextHops nextHops;
  uint32_t metric, tag;
  bool operator==(const Offer&) const = default;
};
using Offers = std::map<net::IpNet, std::map<uint8_t, Offer>>;
// By prefix and distance: a route with backup next hops is offered once for each distance among them.

Offers offersOf(Config::Reader config);
void checkRoutes(Config::Reader config, xrl::Problems& problems);

class Daemon final : public xrl::Configured<Config, State> {
 public:
  explicit Daemon(xrl::Process& process);

  void check(Config::Reader config, xrl::Problems& problems) override { checkRoutes(config, problems); }
  xrl::Task<void> commit(Config::Reader config) override;
  void state(State::Builder state) override;

 private:
  class Shown;
  kit::Routes& routesAt(uint8_t distance);
  void list(net::IpNet within, net::IpNet after, Show::RoutesResults::Builder results);

  Offers offers;
  std::map<uint8_t, kj::Own<kit::Routes>> origins;
  // By distance.
};

}  // namespace xylem::statics
