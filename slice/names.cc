// FNV-1a with a final mix: names that differ in one digit shall lie far apart.

#include <slice/names.h>

namespace xylem::slice {

uint64_t hashOf(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  return hash ^ hash >> 33;
}

net::Mac macOf(const std::string& slice, const std::string& node, const std::string& interface) {
  return {uint64_t(0x02) << 40 | (hashOf(slice + "/" + node + "/" + interface) & 0xffffffffff)};
}

std::string namespaceOf(const std::string& slice, const std::string& node) { return "x." + slice + "." + node; }

kj::Maybe<net::Ip4Net> Pool4::take(const std::string& name) {
  if (length < from.length()) return nullptr;
  uint64_t blocks = uint64_t(1) << (length - from.length());
  auto start = hashOf(name) % blocks;
  for (uint64_t i = 0; i < blocks && i < 65536 + taken.size(); ++i) {
    auto block = uint32_t((start + i) % blocks);
    net::Ip4Net net(net::Ip4{from.address().bits | (length == 0 ? 0 : block << (32 - length))}, length);
    bool free = taken.count(block) == 0;
    for (auto& other : avoided) free = free && !other.covers(net) && !net.covers(other);
    // The first and the last address of a prefix look like a network's and a broadcast address.
    if (length >= 31 && blocks > 2 && (block == 0 || block == blocks - 1)) free = false;
    if (!free) continue;
    taken.insert(block);
    return net;
  }
  return nullptr;
}

uint64_t Pool6::number(const std::string& name, uint64_t mask) {
  auto at = hashOf(name) & mask;
  while (at == 0 || !taken.emplace(mask, at).second) at = (at + 1) & mask;
  return at;
}

net::Ip6 Pool6::link(const std::string& name) { return {site | 1, number("link " + name, 0x7fffffff) << 1}; }
net::Ip6 Pool6::loopback(const std::string& name) { return {site | 0xff, number("loopback " + name, 0xffffffff)}; }
net::Ip6Net Pool6::lan(const std::string& name) {
  return net::Ip6Net(net::Ip6{site | 0x8000 | number("lan " + name, 0x7fff), 0}, 64);
}

}  // namespace xylem::slice
