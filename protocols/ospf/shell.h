#pragma once
// The shell of OSPFv2: the core, bound to the FEA's interfaces and sockets and to the RIB's routes.
//
//     FEA interfaces, sockets --> core <-- configuration        core --> sockets, RIB (routes)
//     RIB (redistribution)    -->      <-- clock

#include <protocols/kit/redistribution.h>
#include <protocols/kit/routes.h>
#include <protocols/ospf.capnp.h>
#include <protocols/ospf/core.h>
#include <protocols/ospf/socket.h>
#include <xrl/bell.h>
#include <xrl/daemon.h>

namespace xylem::ospf {

class Shell final : public xrl::Configured<schema::Config, schema::State>, private Actions {
 public:
  explicit Shell(xrl::Process& process);

  void check(schema::Config::Reader config, xrl::Problems& problems) override;
  kj::Maybe<kj::String> whyRestart(schema::Config::Reader config) override;
  xrl::Task<void> commit(schema::Config::Reader config) override;
  xrl::Task<void> retire() override;
  void state(schema::State::Builder state) override;

 private:
  struct Rule {
    // What the configuration says of a redistributed protocol.
    External external;
    std::string policy;
    bool operator==(const Rule&) const = default;
  };
  struct Redistributed {
    std::string protocol;
    uint32_t tag;
    kj::Maybe<uint32_t> ownMetric;
    // As a policy has set it.
  };

  void send(kj::StringPtr interface, Ip source, Ip to, bool far, kj::Array<kj::byte> packet) override;
  void put(IpNet net, kj::ArrayPtr<const Way> ways, uint32_t metric, uint32_t tag) override;
  void remove(IpNet net) override;
  void tell(const Neighbor& neighbor, NeighborState before) override;

  Time now() { return loop.timer().now(); }
  void changed(const kit::Interface& interface);
  void gone(const kit::Interface& interface);
  void attach(const kit::Interface& interface);
  void tellLink(const std::string& name);
  void redistribute(std::map<std::string, Rule> wanted);
  void offer(IpNet net, const Redistributed& route);
  void setDistance(uint8_t distance);
  xrl::Task<void> keepTime();
  void leftOut(IpNet net) override;
  void restarted() override;
  xrl::Task<void> becomeSynced();
  xrl::Task<void> begin(uint32_t restartTime);

  xrl::Loop& loop;
  kit::Sockets sockets;
  kj::Maybe<kj::Own<Core>> core;
  std::map<std::string, kj::Own<Socket>> bound;
  std::map<std::string, bool> configured;
  // Interfaces; whether they need a socket.
  std::map<std::string, Rule> rules;
  std::map<IpNet, Redistributed> redistributed;
  uint8_t distance = 0;
  kj::Maybe<kit::Routes> routes;
  kj::Maybe<kit::Redistribution> redistribution;
  kit::Interfaces interfaces;
  bool begun = false;
  // It is known whether this is a restart; no link is told before.
  xrl::Bell bell;
  kj::Promise<void> timing;
  kj::Maybe<kj::Promise<void>> beginning, syncing;
};

}  // namespace xylem::ospf
