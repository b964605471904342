#pragma once
// Interfaces: the interfaces of this router, as the FEA sees them, live.
//
//     kit::Interfaces interfaces(process, [&](const kit::Interface& i) { ... }, [&](const kit::Interface& i) { ... });

#include <fea/fea.capnp.h>
#include <kj/function.h>
#include <net/ip.h>
#include <net/mac.h>
#include <xrl/remote.h>

#include <map>
#include <string>
#include <vector>

namespace xylem::kit {

struct Interface {
  std::string name;
  uint32_t index = 0;
  bool up = false, running = false, loopback = false, pointToPoint = false, multicast = false;
  // As in fea.capnp: `up` is what the administrator wants, `running` is up and with carrier.
  uint32_t mtu = 0;
  // Bytes.
  net::Mac mac;
  std::vector<net::IfAddr> addresses;

  bool operator==(const Interface&) const = default;

  bool has(net::Ip address) const;
  // One of its own addresses.
};

class Interfaces {
 public:
  using Told = kj::Function<void(const Interface&)>;

  Interfaces(xrl::Process& process, Told changed, Told gone);
  // `changed` is called for each interface that there is at first or is new, and for each that changes in any way;
  // `gone` with the last that was known of one that is no more. While the FEA is away nothing is called: what was known
  // stays, and when it is back only what differs is told.
  KJ_DISALLOW_COPY(Interfaces);

  kj::Maybe<const Interface&> find(kj::StringPtr name) const;
  const std::map<std::string, Interface>& all() const { return known; }
  bool complete() const { return heard; }
  // The FEA has told of all interfaces at least once.

 private:
  class Follower;
  friend class Follower;
  kj::Promise<void> session(fea::Fea::Client fea);
  void take(Interface&& interface);
  void drop(const std::string& name);

  Told changed, gone;
  std::map<std::string, Interface> known;
  bool heard = false;
  xrl::Remote<fea::Fea> remote;
};

}  // namespace xylem::kit
