#include <policy/prefix-list.h>

#include <gtest/gtest.h>
#include <kj/debug.h>

#include <random>

namespace xylem::policy {
namespace {

net::IpNet net(kj::StringPtr text) { return KJ_REQUIRE_NONNULL(net::IpNet::parse(text), text); }

TEST(PrefixListTest, CountsLengthsOfWhatAnEntryCovers) {
  PrefixList list;
  list.add(net("10.0.0.0/8"), {8, 24});
  list.add(net("10.1.0.0/16"), {16, 16});
  list.add(net("2001:db8::/32"), {48, 128});
  list.finish();
  EXPECT_TRUE(list.has(net("10.0.0.0/8")));
  EXPECT_TRUE(list.has(net("10.1.2.0/24"))) << "the /8 allows it, whatever the /16 says";
  EXPECT_FALSE(list.has(net("10.1.2.0/25")));
  EXPECT_FALSE(list.has(net("8.0.0.0/7")));
  EXPECT_FALSE(list.has(net("2001:db8::/32")));
  EXPECT_TRUE(list.has(net("2001:db8::/48")));
  EXPECT_TRUE(list.has(net("2001:db8::1/128")));
  EXPECT_FALSE(list.has(net("2001:db9::/48")));
  EXPECT_FALSE(list.has(net::IpNet()));
}

template <typename Make> void agreesWithAScan(uint width, Make make) {
  std::mt19937 random(3);
  for (uint round = 0; round < 50; ++round) {
    PrefixList list;
    std::vector<std::pair<net::IpNet, Lengths>> plain;
    for (uint i = 0; i < 40; ++i) {
      auto at = make(random);
      Lengths lengths{uint(random() % (width + 1)), uint(random() % (width + 1))};
      plain.emplace_back(at, lengths);
      list.add(at, lengths);
    }
    list.finish();
    for (uint i = 0; i < 1000; ++i) {
      auto asked = make(random);
      bool expected = false;
      for (auto& [entry, lengths] : plain)
        expected =
            expected || (entry.covers(asked) && asked.length() >= lengths.least && asked.length() <= lengths.most);
      ASSERT_EQ(list.has(asked), expected) << kj::str(asked).cStr();
    }
  }
}

TEST(PrefixListTest, AgreesWithAScanOfItsEntries) {
  // Few bits are set, so that prefixes cover each other.
  agreesWithAScan(32, [](auto& random) {
    return net::IpNet(net::Ip(net::Ip4{uint32_t(random() & 0xc0808001)}), uint(random() % 33));
  });
  agreesWithAScan(128, [](auto& random) {
    return net::IpNet(net::Ip(net::Ip6{random() & 0x80008001ull, random() & 0x8001ull}), uint(random() % 129));
  });
}

}  // namespace
}  // namespace xylem::policy
