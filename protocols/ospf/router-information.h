#pragma once
// What a router says of itself (RFC 7770): what it can do, and its name (RFC 5642). It stands in an opaque LSA of area
// scope, in OSPFv3 in one of a type of its own.
//
//     KJ_IF_MAYBE (said, RouterInformation::decode(lsa->body())) ... said->hostname ...

#include <protocols/ospf/lsa.h>

#include <string>

namespace xylem::ospf {

struct RouterInformation {
  static constexpr uint32_t RESTARTS = 1u << 31, HELPS = 1u << 30, STUB = 1u << 29, TRAFFIC_ENGINEERING = 1u << 28;
  // Capabilities: it restarts gracefully, helps others with that, understands stub routers (RFC 6987).

  static constexpr uint32_t TWO_PART = 1u << 31;
  // Functions: it reckons with the two-part metric (RFC 8042).

  uint32_t capabilities = 0;
  std::string hostname;
  // Printable ASCII; empty: it says none.
  uint32_t functions = 0;
  // What others must know of it before they do it too.

  static kj::Maybe<RouterInformation> decode(Bytes body);
  void encode(net::ByteWriter& out) const;
  kj::String text() const;
  // `hostname core-1, restarts, helps restarts`
};

Key informationKey(RouterId router, Face face);

kj::String opaqueContentOf(const Lsa& lsa);
// What an opaque LSA, or OSPFv3's of router information, says, in one line.

}  // namespace xylem::ospf
