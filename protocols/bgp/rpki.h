#pragma once
// RPKI in the router: the caches that it asks (rtr.h), what they say together (roa.h), and what has to be looked at
// again when they say something else.
//
//     Rpki rpki(shell, [&]() { wake(); });
//     rpki.configure(config.getRpki());
//     rpki.validate(net, originIn(terms, path))
//     KJ_IF_MAYBE (net, rpki.touched()) ...     routes that this covers may be judged otherwise now
//
// The caches of the least preference number that have something to say are used, all of them together. Worse ones are
// called when all better ones have failed, and left when a better one has told all it knows (RFC 8210 section 10).

#include <protocols/bgp.capnp.h>
#include <protocols/bgp/rtr.h>
#include <protocols/bgp/server-link.h>
#include <xrl/daemon.h>

#include <deque>
#include <map>

namespace xylem::bgp {

struct CacheSettings {
  ServerAddress server;
  uint8_t preference = 0;
  kj::Duration lifetime = 0 * kj::SECONDS;
  // Of what it has said; 0: as it says.

  bool operator==(const CacheSettings& other) const = default;
};

class Rpki {
 public:
  class Cache;

  Rpki(ServerLink::Shell shell, kj::Function<void()> wake);
  // `wake`: something is `touched`.
  ~Rpki() noexcept(false);
  KJ_DISALLOW_COPY(Rpki);

  static void check(schema::Config::Rpki::Reader config, xrl::Problems& problems);
  void configure(schema::Config::Rpki::Reader config);

  policy::Validity validate(net::IpNet net, uint32_t origin) const {
    return caches.empty() ? policy::Validity::UNKNOWN : roas.validate(net, origin);
  }
  const Roas& payloads() const { return roas; }

  kj::Maybe<net::IpNet> touched();
  // A prefix whose ROAs have changed, and with it perhaps what is said of all that it covers.
  void settled() { changes.pop_front(); }
  // That has been dealt with: on to the next.

  void fill(capnp::List<schema::Show::Cache>::Builder list) const;
  uint size() const { return uint(caches.size()); }

 private:
  friend class Cache;
  void add(const Roa& roa);
  void remove(const Roa& roa);
  void touch(net::IpNet net);
  void choose();

  const ServerLink::Shell shell;
  kj::Function<void()> wake;
  Roas roas;
  std::deque<net::IpNet> changes;
  std::map<std::string, kj::Own<Cache>> caches;
  std::vector<kj::Own<Cache>> leaving;
  // No longer configured; their Roas are being taken back.
};

kj::StringPtr nameOf(policy::Validity validity);

}  // namespace xylem::bgp
