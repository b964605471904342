#pragma once
// The bytes under which a set of path attributes is stored: one form for one value.
//
// They are the path attributes of an UPDATE (RFC 4271 section 4.3) in ascending order of type, with AS numbers of four
// octets (RFC 6793), lengths extended only where they must be. One thing differs from the wire: an IPv6 next hop is an
// attribute of type 14 that holds nothing but the address, or the global and the link-local one (RFC 2545 section 3).
// So what goes into a message is a copy of these bytes, but for types 3 and 14 where the session wants the next hop in
// the other place.

#include <net/bytes.h>
#include <policy/attributes.h>

namespace xylem::bgp {

namespace encoded {
// Types.
constexpr uint8_t ORIGIN = 1, AS_PATH = 2, NEXT_HOP = 3, MED = 4, LOCAL_PREFERENCE = 5, ATOMIC_AGGREGATE = 6,
                  AGGREGATOR = 7, COMMUNITIES = 8, ORIGINATOR_ID = 9, CLUSTER_LIST = 10, MP_NEXT_HOP = 14,
                  EXTENDED_COMMUNITIES = 16, LARGE_COMMUNITIES = 32, ONLY_TO_CUSTOMER = 35;
}  // namespace encoded

void encode(const policy::Attributes& attributes, net::ByteWriter& out);
policy::Attributes decode(net::Bytes bytes);
// Of bytes that `encode` has made.

kj::Maybe<net::Bytes> findAttribute(net::Bytes bytes, uint8_t type);
// Its value, where it lies.

}  // namespace xylem::bgp
