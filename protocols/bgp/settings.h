#pragma once
// The configuration as the speaker uses it: one PeerSettings for each neighbour, with what its group says already in
// it.

#include <protocols/bgp.capnp.h>
#include <protocols/bgp/dampening.h>
#include <protocols/bgp/rules.h>
#include <protocols/bgp/session.h>
#include <xrl/daemon.h>

#include <map>
#include <set>
#include <string>

namespace xylem::bgp {

struct FamilySettings {
  bool on = false;
  std::vector<std::string> import, exportNames;
  uint32_t maxPrefixes = 0;
  bool warnOnly = false;
  uint16_t restartAfter = 0;
  bool addPathReceive = false;
  uint8_t addPathSend = 0;
  bool defaultOriginate = false;
  uint32_t maxAdvertised = 0;
};

struct Transport {
  // Of the TCP connection.
  net::Ip local;
  uint16_t port = 179;
  uint8_t hops = 0, minHops = 0;
  // TTL of what is sent; the least of what arrives. 0: any.
  std::string password;
};

struct PeerSettings {
  std::string name, group, description;
  net::Ip address;
  // None: found on the interface.
  std::string interface;
  Transport transport;
  Settings session;
  bool shutdown = false;
  std::string shutdownMessage;
  struct Condition {
    net::IpNet net;
    bool absent;
    std::string policy;
  };
  std::vector<Condition> conditions;
  Terms terms;
  // What does not depend on family and connection.
  PerFamily<FamilySettings> families;
  std::string identity;
  // Of all by which a session differs from another: when this changes, it begins anew.
};

struct Listening {
  // A group whose neighbours call.
  std::string group;
  std::vector<net::IpNet> nets;
  uint16_t limit;
  PeerSettings peer;
  // Of any of them, but for name and address.
};

struct SpeakerSettings {
  uint32_t localAs = 0;
  net::Ip4 routerId;
  uint8_t distanceExternal = 20, distanceInternal = 200;
  DecisionOptions decision;
  bool linkBandwidth = false;
  uint16_t restartTime = 120, selectionTime = 60, staleTime = 360;
  // Seconds.
  std::map<std::string, PeerSettings> peers;
  std::vector<Listening> listening;
  struct Own {
    std::string protocol;
    // Empty: a network.
    std::vector<std::string> policies;
    bool operator==(const Own&) const = default;
  };
  std::map<std::string, Own> redistribute;
  std::map<net::IpNet, Own> networks, aggregates;
  std::set<net::IpNet> summaries;
  // Aggregates of which the parts are not announced.
  DampeningSettings dampening;
};

void check(schema::Config::Reader config, xrl::Problems& problems);
SpeakerSettings settingsOf(schema::Config::Reader config);
// Of one that is good.

}  // namespace xylem::bgp
