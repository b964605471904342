#pragma once
// Routes of this router's own: networks that are announced whether there is a route or not, aggregates while there is a
// part of them, and what is redistributed from other protocols. For one prefix, the first of these goes before the
// others.
//
// Their policies are run here, not by the RIB, since they set attributes that the RIB does not know.

#include <protocols/bgp/settings.h>
#include <protocols/kit/redistribution.h>

#include <set>

namespace xylem::bgp {

class Speaker;
template <typename Net> class Tables;

class Origination {
 public:
  explicit Origination(Speaker& speaker) : speaker(speaker) {}
  KJ_DISALLOW_COPY(Origination);

  void configure();
  // By the speaker's settings and policies.
  void update(net::IpNet net);
  // What this prefix depends on has changed.
  void retire();
  // Nothing is redistributed any more.

 private:
  struct Redistributed {
    std::string protocol;
    uint32_t metric, tag;
  };

  void redistribute(std::vector<std::string> wanted);
  template <typename Net> void update(Tables<Net>& tables, Net net);

  Speaker& speaker;
  std::map<net::IpNet, Redistributed> redistributed;
  kj::Maybe<kit::Redistribution> redistribution;
  std::vector<std::string> protocols;
  std::set<net::IpNet> networks;
  // Also aggregates.
};

}  // namespace xylem::bgp
