// The table of attributes. A type that is not here is passed on if it is transitive, and otherwise forgotten.
//
// The length of AGGREGATOR is that of a four-octet AS; its decoder knows of the other one.

#include <protocols/bgp/attribute.h>

namespace xylem::bgp {

namespace {

using namespace attribute;
constexpr auto WELL_KNOWN = TRANSITIVE, NON_TRANSITIVE = OPTIONAL;
constexpr uint8_t OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;
constexpr auto DISCARD = Disposition::DISCARD, WITHDRAW = Disposition::WITHDRAW, DISABLE = Disposition::DISABLE;
constexpr bool REPEATS = true, ONCE = false, INTERNAL_ONLY = true, ANYONE = false;

const Row ROWS[] = {
    // RFC 7606 sections 7.1 to 7.16, RFC 6793 section 6, RFC 8092 section 6, RFC 9234 section 5.
    {ORIGIN, "origin"_kj, WELL_KNOWN, 1, ONCE, WITHDRAW, ANYONE},
    {AS_PATH, "as-path"_kj, WELL_KNOWN, 0, REPEATS, WITHDRAW, ANYONE},
    {NEXT_HOP, "next-hop"_kj, WELL_KNOWN, 4, ONCE, WITHDRAW, ANYONE},
    {MULTI_EXIT_DISC, "med"_kj, NON_TRANSITIVE, 4, ONCE, WITHDRAW, ANYONE},
    {LOCAL_PREF, "local-preference"_kj, WELL_KNOWN, 4, ONCE, WITHDRAW, INTERNAL_ONLY},
    {ATOMIC_AGGREGATE, "atomic-aggregate"_kj, WELL_KNOWN, 0, ONCE, DISCARD, ANYONE},
    {AGGREGATOR, "aggregator"_kj, OPTIONAL_TRANSITIVE, 0, REPEATS, DISCARD, ANYONE},
    {COMMUNITIES, "communities"_kj, OPTIONAL_TRANSITIVE, 4, REPEATS, WITHDRAW, ANYONE},
    {ORIGINATOR_ID, "originator-id"_kj, NON_TRANSITIVE, 4, ONCE, WITHDRAW, INTERNAL_ONLY},
    {CLUSTER_LIST, "cluster-list"_kj, NON_TRANSITIVE, 4, REPEATS, WITHDRAW, INTERNAL_ONLY},
    {MP_REACH_NLRI, "mp-reach-nlri"_kj, NON_TRANSITIVE, 0, REPEATS, DISABLE, ANYONE},
    {MP_UNREACH_NLRI, "mp-unreach-nlri"_kj, NON_TRANSITIVE, 0, REPEATS, DISABLE, ANYONE},
    {EXTENDED_COMMUNITIES, "extended-communities"_kj, OPTIONAL_TRANSITIVE, 8, REPEATS, WITHDRAW, ANYONE},
    {AS4_PATH, "as4-path"_kj, OPTIONAL_TRANSITIVE, 0, REPEATS, DISCARD, ANYONE},
    {AS4_AGGREGATOR, "as4-aggregator"_kj, OPTIONAL_TRANSITIVE, 8, ONCE, DISCARD, ANYONE},
    {IPV6_EXTENDED_COMMUNITIES, "ipv6-extended-communities"_kj, OPTIONAL_TRANSITIVE, 20, REPEATS, WITHDRAW, ANYONE},
    {LARGE_COMMUNITIES, "large-communities"_kj, OPTIONAL_TRANSITIVE, 12, REPEATS, WITHDRAW, ANYONE},
    {ONLY_TO_CUSTOMER, "only-to-customer"_kj, OPTIONAL_TRANSITIVE, 4, ONCE, WITHDRAW, ANYONE},
};

constexpr uint8_t HIGHEST = ONLY_TO_CUSTOMER;

struct Index {
  std::array<const Row*, HIGHEST + 1> rows{};
  Index() {
    for (auto& row : ROWS) rows[row.type] = &row;
  }
};
const Index INDEX;

}  // namespace

kj::Maybe<const Row&> rowOf(uint8_t type) {
  if (type > HIGHEST) return nullptr;
  return INDEX.rows[type];
}

bool next(net::ByteReader& in, Raw& raw) {
  if (in.done()) return false;
  auto ahead = in;
  raw.flags = in.u8();
  raw.type = in.u8();
  size_t length = raw.flags & EXTENDED_LENGTH ? in.u16() : in.u8();
  raw.value = in.bytes(length);
  if (!in.ok()) {
    raw.whole = ahead.rest();
    return false;
  }
  raw.whole = ahead.bytes(in.position() - ahead.position());
  return true;
}

}  // namespace xylem::bgp
