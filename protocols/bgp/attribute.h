#pragma once
// What is known of each path attribute: a table for decoding and encoding alike (RFC 7606 section 7).

#include <protocols/bgp/update.h>

namespace xylem::bgp {

namespace attribute {
enum : uint8_t {
  ORIGIN = 1,
  AS_PATH = 2,
  NEXT_HOP = 3,
  MULTI_EXIT_DISC = 4,
  LOCAL_PREF = 5,
  ATOMIC_AGGREGATE = 6,
  AGGREGATOR = 7,
  COMMUNITIES = 8,
  ORIGINATOR_ID = 9,
  CLUSTER_LIST = 10,
  MP_REACH_NLRI = 14,
  MP_UNREACH_NLRI = 15,
  EXTENDED_COMMUNITIES = 16,
  AS4_PATH = 17,
  AS4_AGGREGATOR = 18,
  IPV6_EXTENDED_COMMUNITIES = 25,
  LARGE_COMMUNITIES = 32,
  ONLY_TO_CUSTOMER = 35
};

constexpr uint8_t OPTIONAL = 0x80, TRANSITIVE = 0x40, PARTIAL = 0x20, EXTENDED_LENGTH = 0x10;
// Flags.
}  // namespace attribute

struct Raw {
  // An attribute as it stands in the message.
  uint8_t flags = 0, type = 0;
  Bytes value;
  Bytes whole;
};
bool next(net::ByteReader& in, Raw& raw);
// False at the end, or, with a reader that has failed, when an attribute runs beyond it.

struct Row {
  uint8_t type;
  kj::StringPtr name;
  uint8_t flags;
  // OPTIONAL and TRANSITIVE, as they must be; wrong ones cost the routes (RFC 7606 section 3c).
  uint16_t unit;
  bool repeats;
  // The length: exactly a unit, or one or more of them. A unit of 0: none when it does not repeat, else any length.
  Disposition onError;
  // When length or value are wrong.
  bool internalOnly;
  // From an external peer, it is left out, whatever it is.
};

kj::Maybe<const Row&> rowOf(uint8_t type);

bool costsRoutes(const Update& update, const Context& context);
// Whether any attribute is so malformed that what it came with counts as withdrawn. Those that are missing do not
// count.

}  // namespace xylem::bgp
