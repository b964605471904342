#pragma once
// Prefixes for the tests of this folder, and what a stream of UPDATEs says of them.

#include <bench/bgp/messages.h>

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace xylem::bench {

inline std::map<net::IpNet, bool> changesOf(net::Bytes stream) {
  std::map<net::IpNet, bool> changes;
  while (stream.size() > 0) {
    auto message = KJ_ASSERT_NONNULL(frame(stream));
    EXPECT_LE(message.whole.size(), MAX_MESSAGE);
    EXPECT_EQ(message.type, Type::UPDATE);
    EXPECT_TRUE(eachChange(message.body, [&](net::IpNet net, bool reachable) { changes[net] = reachable; }));
    stream = stream.slice(message.whole.size(), stream.size());
  }
  return changes;
}

inline std::vector<net::IpNet> netsOf(uint8_t version, uint count) {
  std::vector<net::IpNet> nets;
  for (uint i = 0; i < count; ++i)
    nets.push_back(version == 4 ? net::IpNet(net::Ip4{0x14000000 + i * 256}, i == 0 ? 0 : 24)
                                : net::IpNet(net::Ip6{0x2001000000000000 + i * 65536ull, 0}, i == 0 ? 0 : 48));
  return nets;
}

}  // namespace xylem::bench
