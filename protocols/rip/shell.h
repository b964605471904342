#pragma once
// The shell of RIPv2 and of RIPng: the core, bound to the FEA's interfaces and sockets and to the RIB's routes.
//
//     FEA interfaces, sockets --> core <-- configuration        core --> sockets, RIB (learned routes)
//     RIB (redistribution)    -->      <-- clock

#include <net/wire.h>
#include <protocols/kit/per-link.h>
#include <protocols/kit/redistribution.h>
#include <protocols/kit/routes.h>
#include <protocols/rip.capnp.h>
#include <protocols/rip/socket.h>
#include <protocols/ripng.capnp.h>
#include <xrl/bell.h>
#include <xrl/daemon.h>

namespace xylem::rip {

template <typename F> struct Wire;
// The schema of each: Config, State, Show.

template <> struct Wire<Rip> {
  using Config = rip::Config;
  using State = rip::State;
  using Show = rip::Show;
};
template <> struct Wire<Ripng> {
  using Config = ripng::Config;
  using State = ripng::State;
  using Show = ripng::Show;
};

template <typename F>
class Shell final : public xrl::Configured<typename Wire<F>::Config, typename Wire<F>::State>, private Actions<F> {
 public:
  using Config = typename Wire<F>::Config;
  using State = typename Wire<F>::State;

  explicit Shell(xrl::Process& process);

  void check(typename Config::Reader config, xrl::Problems& problems) override;
  xrl::Task<void> commit(typename Config::Reader config) override;
  xrl::Task<void> retire() override;
  void state(typename State::Builder state) override;

 private:
  class AsShow;
  struct Rule {
    // What the configuration says of a redistributed protocol.
    uint8_t metric;
    uint16_t tag;
    std::string policy;
    bool operator==(const Rule&) const = default;
  };
  struct Redistributed {
    std::string protocol;
    uint32_t tag;
    uint32_t ownMetric;
    // As a policy has set it; 0: none has.
  };

  void send(const std::string& interface, typename F::Address to, uint16_t port, kj::Array<kj::byte> packet) override;
  void put(typename F::Net net, typename F::Address nextHop, const std::string& interface, uint8_t metric,
           uint16_t tag) override;
  void remove(typename F::Net net) override;

  Time now() { return loop.timer().now(); }
  void changed(const kit::Interface& interface);
  void gone(const kit::Interface& interface);
  void attach(const kit::Interface& interface);
  void tell(const std::string& name);
  void redistribute(std::map<std::string, Rule> wanted);
  void offer(typename F::Net net, const Redistributed& route);
  void setDistance(uint8_t distance);
  xrl::Task<void> keepTime();
  xrl::Task<void> becomeSynced(kj::Duration delay);

  xrl::Loop& loop;
  kit::Sockets sockets;
  Core<F> core;
  kit::PerLink<Socket<F>> bound;
  std::set<std::string> configured;
  std::map<std::string, Rule> rules;
  std::map<typename F::Net, Redistributed> redistributed;
  uint8_t distance = 0;
  kj::Maybe<kit::Routes> routes;
  kj::Maybe<kit::Redistribution> redistribution;
  kit::Interfaces interfaces;
  xrl::Bell bell;
  kj::Promise<void> timing;
  kj::Maybe<kj::Promise<void>> syncing;
};

}  // namespace xylem::rip
