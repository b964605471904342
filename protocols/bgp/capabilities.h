#pragma once
// Capabilities: what a speaker says in its OPEN that it can do (RFC 5492).
//
// One value for what this side offers and for what the other side said. `read` takes capabilities one by one, `write`
// puts all of them.

#include <net/bytes.h>
#include <protocols/bgp/family.h>

#include <string>
#include <vector>

namespace xylem::bgp {

enum class Role : uint8_t { PROVIDER = 0, ROUTE_SERVER = 1, ROUTE_SERVER_CLIENT = 2, CUSTOMER = 3, PEER = 4 };
// Of the speaker towards the other (RFC 9234 section 4.1).
bool rolesFit(Role ours, Role theirs);
kj::StringPtr nameOf(Role role);

struct GracefulRestart {
  // RFC 4724 section 3, RFC 8538 section 2.
  bool restarting = false;
  bool notification = false;
  // The N bit: it keeps routes over a NOTIFICATION too.
  uint16_t time = 0;
  // Seconds, 0 to 4095.
  FamilySet families, forwarding;
  // Families that it keeps routes of; those whose forwarding it has kept over its restart.

  bool operator==(const GracefulRestart&) const = default;
};

struct LongLived {
  // Long-lived graceful restart of a family (RFC 9494 section 3).
  bool forwarding = false;
  uint32_t time = 0;
  // Seconds, 24 bits; with 0, the family does not have it.

  bool operator==(const LongLived&) const = default;
};

struct AddPath {
  // RFC 7911 section 4, as the speaker says it.
  bool receive = false, send = false;

  bool operator==(const AddPath&) const = default;
};

struct Capabilities {
  FamilySet families;
  // Multiprotocol (RFC 4760 section 8). A speaker that says nothing of it has IPv4 unicast.
  bool hasOtherFamilies = false;
  // It said others, which mean nothing here; read, never written.
  bool routeRefresh = false, enhancedRefresh = false;
  // RFC 2918, RFC 7313.
  bool extendedMessages = false;
  // RFC 8654.
  FamilySet extendedNextHop;
  // IPv4 families whose next hops may be IPv6 (RFC 8950).
  kj::Maybe<uint32_t> as4;
  // RFC 6793: its AS.
  PerFamily<AddPath> addPath;
  kj::Maybe<GracefulRestart> gracefulRestart;
  PerFamily<LongLived> longLived;
  kj::Maybe<Role> role;
  std::string hostName, domainName;
  // draft-walton-bgp-hostname-capability; read, never written.
  std::vector<uint8_t> unknown;
  // Codes of others that it has.

  enum class Outcome { GOOD, MALFORMED, ROLE_MISMATCH };
  Outcome read(net::Bytes list);
  // All capabilities of an optional parameter. ROLE_MISMATCH: there is more than one role (RFC 9234 section 4.2).
  void write(net::ByteWriter& out) const;
};

}  // namespace xylem::bgp
