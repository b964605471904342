// Weights: a recursive hop's share is divided among the ways to its gateway by their weights. The shares are fractions;
// they are brought to their least common denominator, or a fixed one if that is too large.

#include <kj/vector.h>
#include <rib/next-hop.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace xylem::rib {

kj::Maybe<InterfaceName> InterfaceName::parse(kj::StringPtr text) {
  if (text.size() == 0 || text.size() >= sizeof(InterfaceName::text)) return nullptr;
  for (unsigned char c : text)
    if (c <= ' ' || c == '/' || c == 127) return nullptr;
  if (text == "." || text == "..") return nullptr;
  InterfaceName name;
  memcpy(name.text, text.begin(), text.size());
  return name;
}

uint InterfaceName::hashCode() const {
  uint64_t words[2];
  memcpy(words, text, sizeof text);
  return net::mix(words[0], words[1]);
}

uint NextHops::hashCode() const {
  uint sum = kind;
  for (auto& hop : hops)
    sum = net::mix(sum, uint64_t(hop.gateway.hashCode()) << 32 ^ hop.interface.hashCode() ^ hop.weight);
  return sum;
}

kj::String KJ_STRINGIFY(const NextHops& nextHops) {
  if (nextHops.kind == NextHops::BLACKHOLE) return kj::str("blackhole");
  if (nextHops.kind == NextHops::UNREACHABLE) return kj::str("unreachable");
  if (nextHops.hops.empty()) return kj::str("none");
  auto words = KJ_MAP(hop, nextHops.hops) {
    kj::Vector<kj::String> parts;
    if (!hop.gateway.isNone()) parts.add(kj::str("via ", hop.gateway));
    if (!hop.interface.isNone()) parts.add(kj::str("dev ", hop.interface));
    if (hop.weight != 1) parts.add(kj::str("weight ", hop.weight));
    return kj::strArray(parts, " ");
  };
  return kj::strArray(words, ", ");
}

void Shares::add(const NextHop& hop, uint64_t part, uint64_t of) {
  shares.push_back({hop, part, of});
  shares.back().hop.weight = 1;
}

std::vector<NextHop> Shares::finish() {
  constexpr uint64_t LARGEST = uint64_t(1) << 32;
  uint64_t common = 1;
  for (auto& share : shares) {
    common = common <= LARGEST ? std::lcm(common, share.of) : common;
    if (common > LARGEST) common = LARGEST;
  }
  std::sort(shares.begin(), shares.end(), [](auto& a, auto& b) { return a.hop < b.hop; });
  std::vector<NextHop> hops;
  std::vector<uint64_t> weights;
  for (auto& share : shares) {
    uint64_t weight = uint64_t(__uint128_t(share.part) * common / share.of);
    if (!hops.empty() && hops.back() == share.hop) {
      weights.back() += weight;
    } else if (hops.size() < MAX_HOPS) {
      hops.push_back(share.hop);
      weights.push_back(weight);
    }
  }
  uint64_t divisor = 0, largest = 0;
  for (auto weight : weights) divisor = std::gcd(divisor, weight), largest = std::max(largest, weight);
  if (divisor == 0) divisor = 1;
  largest /= divisor;
  for (size_t i = 0; i < hops.size(); ++i) {
    uint64_t weight = weights[i] / divisor;
    if (largest > MAX_WEIGHT) weight = uint64_t((__uint128_t(weight) * MAX_WEIGHT + largest / 2) / largest);
    hops[i].weight = uint16_t(std::max<uint64_t>(weight, 1));
  }
  return hops;
}

}  // namespace xylem::rib
