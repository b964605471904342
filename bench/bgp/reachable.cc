// A hash table of one word a prefix. An IPv4 prefix is in the word as it is, an IPv6 prefix as a hash of 62 bits: that
// two expected ones have the same is refused, that a stranger has one of theirs does not happen.

#include <bench/bgp/reachable.h>
#include <kj/debug.h>

#include <bit>

namespace xylem::bench {

namespace {

uint64_t keyOf(net::IpNet net) {
  if (net.is4()) return 1ull << 40 | uint64_t(net.v4().address().bits) << 8 | net.length();
  auto address = net.v6().address();
  auto hash = uint64_t(net::mix(address.high, address.low)) << 32 | net::mix(address.high + net.length(), ~address.low);
  return hash >> 2 | 1ull << 62;
}

}  // namespace

Reachable::Reachable(size_t most) : slots(std::bit_ceil(2 * most + 1)) {}

uint64_t& Reachable::find(net::IpNet net) {
  auto key = keyOf(net);
  auto at = (key * 0x9e3779b97f4a7c15ull) >> (64 - std::countr_zero(slots.size()));
  while (slots[at] != 0 && slots[at] >> 1 != key) at = (at + 1) & (slots.size() - 1);
  return slots[at];
}

void Reachable::expect(net::IpNet net) {
  auto& slot = find(net);
  KJ_REQUIRE(slot == 0, "a prefix twice, or two with one key", net);
  slot = keyOf(net) << 1;
}

void Reachable::set(net::IpNet net, bool reachable) {
  auto& slot = find(net);
  if (slot == 0) {
    ++unknown;
    return;
  }
  there += reachable;
  there -= slot & 1;
  slot = (slot & ~1ull) | (reachable ? 1 : 0);
}

}  // namespace xylem::bench
