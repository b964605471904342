#pragma once
// Bytes and attributes for the tests and fuzz targets of this folder.

#include <protocols/bgp/compose.h>
#include <protocols/bgp/update.h>

#include <kj/debug.h>

#include <random>
#include <string>

namespace xylem::bgp {

inline kj::Array<kj::byte> hex(std::string text) {
  std::erase(text, ' ');
  kj::Vector<kj::byte> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.add(kj::byte(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes.releaseAsArray();
}

inline std::string hex(Bytes bytes) {
  std::string text;
  for (auto byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// Attributes that are good, one by one and together, and bodies of UPDATEs.
inline const std::string ORIGIN = "40 01 01 00", PATH = "40 02 06 02 01 0000fde9", HOP = "40 03 04 0a000001",
                         NETS = "18 0a0102 08 0b", GOOD = ORIGIN + PATH + HOP,
                         MP = "80 0e 1e 0002 01 10 20010db8000000000000000000000001 00 40 20010db800010000";

inline std::string length16(size_t bytes) {
  kj::byte two[] = {kj::byte(bytes >> 8), kj::byte(bytes)};
  return hex(kj::arrayPtr(two, 2));
}

inline std::string body(const std::string& attributes, const std::string& nlri = NETS,
                        const std::string& withdrawn = "") {
  return length16(hex(withdrawn).size()) + withdrawn + length16(hex(attributes).size()) + attributes + nlri;
}

inline policy::Attributes randomAttributes(std::mt19937& random, Family family, bool internal) {
  // Such as a peer may send: what encoding keeps.
  auto maybe = [&] { return random() % 2 == 0; };
  policy::Attributes a;
  a.origin = policy::Origin(random() % 3);
  for (uint segments = random() % 4; segments > 0; --segments) {
    std::vector<uint32_t> members(1 + random() % (segments == 1 ? 300 : 5));
    for (auto& as : members) as = maybe() ? 1 + random() % 0xffff : 1 + random() % 0xfffffffe;
    bool isSet = random() % 4 == 0;
    if (isSet) members.resize(std::min(members.size(), size_t(255)));
    a.path.append(isSet ? policy::AsPath::SET : policy::AsPath::SEQUENCE, kj::arrayPtr(members.data(), members.size()));
  }
  if (isIp4(family)) {
    a.nextHop = net::Ip4{uint32_t(0x0a000000 | (random() & 0xffffff))};
  } else {
    a.nextHop = net::Ip6{0x20010db800000000, random()};
    if (maybe()) a.linkLocal = net::Ip6{0xfe80000000000000, random()};
  }
  if (maybe()) a.med = uint32_t(random());
  if (internal) a.localPreference = uint32_t(random());
  a.atomicAggregate = maybe();
  if (maybe())
    a.aggregator =
        policy::Aggregator{uint32_t(1 + random() % (maybe() ? 0xffff : 0xfffffffe)), net::Ip4{uint32_t(random())}};
  for (uint n = maybe() ? random() % 90 : 0; n > 0; --n) a.communities.insert(policy::Community(uint32_t(random())));
  for (uint n = random() % 4; n > 0; --n) a.extendedCommunities.insert({random() * 0x100000001ull});
  for (uint n = random() % 4; n > 0; --n)
    a.largeCommunities.insert({uint32_t(random()), uint32_t(random()), uint32_t(random() % 4)});
  if (internal && maybe()) a.originatorId = net::Ip4{uint32_t(random())};
  if (internal)
    for (uint n = random() % 4; n > 0; --n) a.clusters.push_back(net::Ip4{uint32_t(random())});
  if (maybe()) a.onlyToCustomer = uint32_t(random());
  if (maybe()) a.others.push_back({0xe0, 22, {1, 2, 3}});
  if (maybe()) a.others.push_back({0xc0, 25, std::vector<uint8_t>(20)});
  if (maybe()) a.others.push_back({0xe0, 200, std::vector<uint8_t>(random() % 400)});
  return a;
}

}  // namespace xylem::bgp
