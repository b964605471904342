#pragma once
// What BGP itself does to a route on its way in and out, around the policies: loops, reflection, well-known
// communities, roles, and the attributes that belong to one side of a border (RFC 4271 sections 5.1 and 9, RFC 1997,
// RFC 4456, RFC 5065, RFC 7947, RFC 8212, RFC 8326, RFC 9234).
//
//     KJ_IF_MAYBE (reason, refusedIn(terms, subject)) ...      kept, but not used
//     KJ_IF_MAYBE (reason, refusedOut(terms, from, subject)) ...   not told
//
// Pure functions of the terms on which two speakers talk and of the route; the subject's attributes are changed.

#include <policy/compiled.h>
#include <protocols/bgp/capabilities.h>
#include <protocols/bgp/decision.h>

#include <memory>

namespace xylem::bgp {

struct Terms {
  // On which routes of one family are exchanged with a peer.
  Neighbor::Kind kind = Neighbor::EXTERNAL;
  uint32_t localAs = 0;
  // As this peer sees it.
  uint32_t ownAs = 0;
  // The router's own; in a confederation, of the member.
  uint32_t confederation = 0;
  // Identifier; 0: there is none.
  uint32_t peerAs = 0;
  net::Ip4 routerId, clusterId;
  net::Ip address;
  // Of the peer.
  net::Ip self;
  net::Ip6 selfLinkLocal;
  // What this router is as a next hop; the latter only for peers on the link.
  bool client = false;
  // Of this route reflector.
  bool routeServerClient = false;
  kj::Maybe<Role> role;
  // Of this router towards the peer.
  uint8_t allowOwnAs = 0;
  bool defaultOriginate = false;
  // A default route is made for it, so no other is told.
  bool asOverride = false, removePrivateAs = false, nextHopSelf = false, nextHopUnchanged = false;
  bool extendedNextHop = false;
  // IPv4 routes may have IPv6 next hops (RFC 8950).
  bool longLived = false;
  // The peer knows routes that are stale for long (RFC 9494).
  std::vector<std::string> import, exportNames;
  std::shared_ptr<const policy::Compiled> policies;
  policy::Chain importChain, exportChain;
  // Of these.
  std::vector<std::string> withheld;
  std::vector<policy::Chain> withheldChains;
  // Policies whose routes are not told, since a condition does not hold.
  uint32_t version = 0;
  // Another one when an export policy of the same name means something else.

  bool isUniformOut() const;
  // Routes that differ in nothing but their destinations are told alike.
  bool usesRpkiOut() const;
  // Whether they are told may depend on the validity of their origins.
  std::string groupKey() const;
  // The same for peers that are told the same.
};

kj::Maybe<kj::StringPtr> refusedIn(const Terms& terms, policy::Subject& subject);
// Why a route that a peer announces is not used.

uint32_t originIn(const Terms& terms, const policy::AsPath& path);
uint32_t originOut(const Terms& terms, const policy::AsPath& path);
// Whom RPKI has to know as the origin of a route that came, or that is about to be told: of the latter, of the path as
// the peer will see it; a path within this AS alone begins here (RFC 6811 section 2, RFC 8893 section 3). 0: a set.

struct Source {
  // Where a route that may be told is from.
  Neighbor::Kind kind = Neighbor::LOCAL;
  bool client = false;
  net::Ip4 routerId;
};
kj::Maybe<kj::StringPtr> refusedOut(const Terms& terms, const Source& from, policy::Subject& subject);
// Why it is not told.

policy::Attributes originated(const Terms& terms);
// Of a route that is made for this peer alone; no policy is asked.

}  // namespace xylem::bgp
