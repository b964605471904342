#include <net/ip.h>
#include <net/mac.h>
#include <net/sockaddr.h>
#include <net/wire.h>

#include <capnp/message.h>
#include <gtest/gtest.h>

#include <unordered_set>

namespace xylem::net {
namespace {

template <typename T> std::string round(const char* text) {
  // What a text means, printed; or "no".
  KJ_IF_MAYBE (value, T::parse(text)) return value->toString().cStr();
  return "no";
}
template <typename T> std::string why(const char* text) {
  EXPECT_TRUE(T::parse(text) == nullptr) << text;
  return T::whyNot(text).cStr();
}
template <typename T> T ip(const char* text) { return KJ_REQUIRE_NONNULL(T::parse(text), text); }

TEST(Ip4, ParsesDottedDecimalAndNothingElse) {
  EXPECT_EQ(ip<Ip4>("192.0.2.1").bits, 0xc0000201u);
  for (auto good : {"0.0.0.0", "255.255.255.255", "10.0.0.1", "1.2.3.4", "100.20.3.0"})
    EXPECT_EQ(round<Ip4>(good), good);
  for (auto bad :
       {"",         ".",        "1",         "1.2.3",     "1.2.3.",   "1.2.3.4.",         "1.2.3.4.5",
        ".1.2.3.4", "1..2.3",   "256.1.1.1", "1.2.3.256", "01.2.3.4", "1.2.3.00",         "1.2.3.4 ",
        " 1.2.3.4", "1.2.3.4x", "0x1.2.3.4", "-1.2.3.4",  "1.2.3.+4", "4294967296.1.1.1", "1.2.3.99999999999999999999",
        "::1",      "1,2,3,4"}) {
    EXPECT_EQ(round<Ip4>(bad), "no") << bad;
  }
  EXPECT_TRUE(Ip4::parse(kj::StringPtr("1.2.3.4\0x", 9)) == nullptr);
}

TEST(Ip4, Bytes) {
  uint8_t bytes[4];
  Ip4::of(1, 2, 3, 255).toBytes(bytes);
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[3], 255);
  EXPECT_EQ(Ip4::fromBytes(bytes), Ip4::of(1, 2, 3, 255));
}

TEST(Ip4, Masks) {
  EXPECT_EQ(Ip4::mask(0), Ip4());
  EXPECT_EQ(Ip4::mask(1), Ip4::of(128, 0, 0, 0));
  EXPECT_EQ(Ip4::mask(32), Ip4::of(255, 255, 255, 255));
  for (uint length = 0; length <= 32; ++length) EXPECT_EQ(KJ_ASSERT_NONNULL(Ip4::mask(length).maskLength()), length);
  EXPECT_TRUE(Ip4::of(255, 0, 255, 0).maskLength() == nullptr);
  EXPECT_TRUE(Ip4::of(0, 0, 0, 1).maskLength() == nullptr);
}

TEST(Ip4, Classes) {
  EXPECT_TRUE(Ip4().isUnspecified());
  EXPECT_TRUE(ip<Ip4>("127.255.0.1").isLoopback());
  EXPECT_TRUE(ip<Ip4>("169.254.9.9").isLinkLocal());
  EXPECT_FALSE(ip<Ip4>("169.255.0.0").isLinkLocal());
  EXPECT_TRUE(ip<Ip4>("224.0.0.9").isMulticast());
  EXPECT_TRUE(ip<Ip4>("224.0.0.9").isLinkLocalMulticast());
  EXPECT_FALSE(ip<Ip4>("224.0.1.0").isLinkLocalMulticast());
  EXPECT_TRUE(ip<Ip4>("239.255.255.255").isMulticast());
  EXPECT_FALSE(ip<Ip4>("240.0.0.0").isMulticast());
  EXPECT_TRUE(ip<Ip4>("255.255.255.255").isBroadcast());
  for (auto bad : {"0.1.2.3", "127.0.0.1", "224.0.0.5", "240.0.0.1", "255.255.255.255"}) {
    EXPECT_TRUE(ip<Ip4>(bad).isMartian()) << bad;
  }
  for (auto good : {"1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255", "10.0.0.1", "192.168.1.1"}) {
    EXPECT_FALSE(ip<Ip4>(good).isMartian()) << good;
  }
}

TEST(Ip6, ParsesAllFormsOfRfc4291) {
  struct {
    const char *text, *printed;
  } cases[] = {
      {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
      {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
      {"FF01:0:0:0:0:0:0:101", "ff01::101"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"1::8", "1::8"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"0:0:0:0:0:0:13.1.68.3", "::d01:4403"},
      {"::FFFF:129.144.52.38", "::ffff:129.144.52.38"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"fe80::0001", "fe80::1"},
  };
  for (auto& each : cases) {
    EXPECT_EQ(round<Ip6>(each.text), each.printed);
    EXPECT_EQ(round<Ip6>(each.printed), each.printed);
  }
}

TEST(Ip6, PrintsAsRfc5952) {
  struct {
    const char *text, *printed;
  } cases[] = {
      {"2001:0db8::0001", "2001:db8::1"},               // 4.1 leading zeros
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},        // 4.2.1 as short as possible
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2 no `::` for one group
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // 4.2.3 the longest run
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // 4.2.3 the first of equals
      {"2001:DB8::A", "2001:db8::a"},                   // 4.3 lower case
      {"0:0:1:0:0:0:0:0", "0:0:1::"},
      {"1:0:0:0:0:0:0:1", "1::1"},
      {"::ffff:0:0", "::ffff:0.0.0.0"},
  };
  for (auto& each : cases) EXPECT_EQ(round<Ip6>(each.text), each.printed);
}

TEST(Ip6, RefusesEverythingElse) {
  for (auto bad : {"",
                   ":",
                   ":::",
                   "1",
                   "1:2",
                   "1:2:3:4:5:6:7",
                   "1:2:3:4:5:6:7:8:9",
                   "1:2:3:4:5:6:7:8::",
                   "::1:2:3:4:5:6:7:8",
                   "1::2::3",
                   "1:::2",
                   ":1::2",
                   "1::2:",
                   ":1:2:3:4:5:6:7",
                   "12345::",
                   "g::",
                   "::1%eth0",
                   "::1/64",
                   " ::1",
                   "::1 ",
                   "[::1]",
                   "1.2.3.4",
                   "::1.2.3",
                   "::1.2.3.4.5",
                   "::01.2.3.4",
                   "::256.1.1.1",
                   "1.2.3.4::",
                   "::1.2.3.4:5",
                   "1:2:3:4:5:6:7:1.2.3.4",
                   "1:2:3:4:5:6:7:8:1.2.3.4",
                   "::1:2:3:4:5:6:7:1.2.3.4",
                   "0x1::",
                   "::-1"}) {
    EXPECT_EQ(round<Ip6>(bad), "no") << bad;
  }
}

TEST(Ip6, PrintsAndParsesAnyPatternOfZeros) {
  for (uint pattern = 0; pattern < 256; ++pattern) {
    Ip6 address;
    for (uint i = 0; i < 4; ++i) address.high = address.high << 16 | (pattern >> i & 1 ? 0xa0 + i : 0);
    for (uint i = 4; i < 8; ++i) address.low = address.low << 16 | (pattern >> i & 1 ? 0xa0 + i : 0);
    EXPECT_EQ(KJ_ASSERT_NONNULL(Ip6::parse(address.toString())), address) << address.toString().cStr();
  }
}

TEST(Ip6, BytesMasksSlices) {
  auto address = ip<Ip6>("102:304:506:708:90a:b0c:d0e:f10");
  uint8_t bytes[16];
  address.toBytes(bytes);
  for (uint8_t i = 0; i < 16; ++i) EXPECT_EQ(bytes[i], i + 1);
  EXPECT_EQ(Ip6::fromBytes(bytes), address);
  EXPECT_EQ(address.slice(0, 8), 1u);
  EXPECT_EQ(address.slice(56, 8), 8u);
  EXPECT_EQ(address.slice(60, 8), 0x80u);
  EXPECT_EQ(address.slice(64, 4), 0u);
  EXPECT_EQ(address.slice(120, 8), 16u);
  EXPECT_EQ(Ip6::mask(0), Ip6());
  EXPECT_EQ(Ip6::mask(64).toString(), "ffff:ffff:ffff:ffff::"_kj);
  EXPECT_EQ(Ip6::mask(65), (Ip6{~uint64_t(0), uint64_t(1) << 63}));
  EXPECT_EQ(Ip6::mask(128), (Ip6{~uint64_t(0), ~uint64_t(0)}));
  EXPECT_EQ(ip<Ip6>("::1").leadingZeros(), 127u);
}

TEST(Ip6, Classes) {
  EXPECT_TRUE(ip<Ip6>("fe80::1").isLinkLocal());
  EXPECT_TRUE(ip<Ip6>("febf::1").isLinkLocal());
  EXPECT_FALSE(ip<Ip6>("fec0::1").isLinkLocal());
  EXPECT_TRUE(ip<Ip6>("ff02::9").isLinkLocalMulticast());
  EXPECT_TRUE(ip<Ip6>("ff12::9").isLinkLocalMulticast());
  EXPECT_FALSE(ip<Ip6>("ff05::9").isLinkLocalMulticast());
  EXPECT_TRUE(ip<Ip6>("fd00::1").isUniqueLocal());
  EXPECT_FALSE(ip<Ip6>("fe00::1").isUniqueLocal());
  for (auto bad : {"::", "::1", "ff0e::1", "fe80::1", "::ffff:1.2.3.4"}) EXPECT_TRUE(ip<Ip6>(bad).isMartian()) << bad;
  for (auto good : {"2001:db8::1", "fd00::1", "::2", "64:ff9b::1"}) EXPECT_FALSE(ip<Ip6>(good).isMartian()) << good;
}

TEST(Prefix, Parses) {
  for (auto good : {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32", "128.0.0.0/1"}) {
    EXPECT_EQ(round<Ip4Net>(good), good);
    EXPECT_EQ(round<IpNet>(good), good);
    EXPECT_EQ(round<IfAddr>(good), good);
  }
  for (auto good : {"::/0", "2001:db8::/32", "fe80::1/128", "2001:db8::/65"}) {
    EXPECT_EQ(round<Ip6Net>(good), good);
    EXPECT_EQ(round<IpNet>(good), good);
    EXPECT_EQ(round<IfAddr>(good), good);
  }
  for (auto bad : {"", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0.0/+8",
                   "10/8", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0.0/4294967304", "::/129", "::/-1", "::"}) {
    EXPECT_EQ(round<Ip4Net>(bad), "no") << bad;
    EXPECT_EQ(round<Ip6Net>(bad), "no") << bad;
    EXPECT_EQ(round<IpNet>(bad), "no") << bad;
    EXPECT_EQ(round<IfAddr>(bad), "no") << bad;
  }
  EXPECT_EQ(round<Ip4Net>("::/0"), "no");
  EXPECT_EQ(round<Ip6Net>("0.0.0.0/0"), "no");
  EXPECT_EQ(round<IfAddr>("10.0.0.1/24"), "10.0.0.1/24");
  EXPECT_EQ(round<IpNet>("-"), "-");
  EXPECT_EQ(round<IfAddr>("-"), "-");
  EXPECT_EQ(round<Ip>("-"), "-");
}

TEST(Prefix, SaysWhyNot) {
  EXPECT_EQ(why<Ip4Net>("10.0.0.1/8"), "10.0.0.1/8 has host bits set; 10.0.0.0/8 is the prefix");
  EXPECT_EQ(why<Ip6Net>("2001:db8::1/32"), "2001:db8::1/32 has host bits set; 2001:db8::/32 is the prefix");
  EXPECT_EQ(why<IpNet>("10.0.0.1/0"), "10.0.0.1/0 has host bits set; 0.0.0.0/0 is the prefix");
  EXPECT_EQ(why<Ip4Net>("10.0.0.0/40"), "10.0.0.0/40 has a bad prefix length; it is a number from 0 to 32");
  EXPECT_EQ(why<IpNet>("::/129"), "::/129 has a bad prefix length; it is a number from 0 to 128");
  EXPECT_EQ(why<IpNet>("10.0.0.0/x"), "10.0.0.0/x has a bad prefix length; it is a number from 0 to 32");
  EXPECT_EQ(why<Ip4Net>("10.0.0.1"), "10.0.0.1 has no prefix length; 10.0.0.1/32 is the single address");
  EXPECT_EQ(why<IfAddr>("::1"), "::1 has no prefix length; ::1/128 is the single address");
  EXPECT_EQ(why<Ip4Net>("ten"), "expected an IPv4 prefix such as 10.0.0.0/8");
  EXPECT_EQ(why<Ip4Net>("::/0"), "expected an IPv4 prefix such as 10.0.0.0/8");
  EXPECT_EQ(why<Ip4>("10.0.0.1/8"), "10.0.0.1/8 has a prefix length; expected an IPv4 address such as 192.0.2.1");
  EXPECT_EQ(why<Ip6>("fe80::1%eth0"), "fe80::1%eth0 has a zone; expected an IPv6 address such as 2001:db8::1");
  EXPECT_EQ(why<Ip>("me"), "expected an address such as 192.0.2.1 or 2001:db8::1");
  EXPECT_EQ(why<Mac>("me"), "expected a MAC address such as 02:00:00:00:00:01");
}

TEST(Prefix, ContainsAndCovers) {
  auto net = ip<Ip4Net>("10.1.0.0/16");
  EXPECT_TRUE(net.contains(ip<Ip4>("10.1.255.255")));
  EXPECT_FALSE(net.contains(ip<Ip4>("10.2.0.0")));
  EXPECT_TRUE(net.covers(net));
  EXPECT_TRUE(net.covers(ip<Ip4Net>("10.1.2.0/24")));
  EXPECT_FALSE(net.covers(ip<Ip4Net>("10.0.0.0/8")));
  EXPECT_TRUE(Ip4Net().covers(net));
  EXPECT_EQ(net.last(), ip<Ip4>("10.1.255.255"));
  EXPECT_EQ(Ip4Net(ip<Ip4>("10.1.2.3"), 16), net);
  EXPECT_TRUE(Ip4Net::exactly(ip<Ip4>("10.1.2.3"), 16) == nullptr);
  EXPECT_TRUE(Ip4Net::exactly(Ip4(), 33) == nullptr);
  EXPECT_TRUE(Ip6Net::exactly(ip<Ip6>("::1"), 127) == nullptr);
  EXPECT_TRUE(Ip6Net::exactly(ip<Ip6>("::1"), 129) == nullptr);
  EXPECT_TRUE(Ip4Net().isDefault());
  EXPECT_FALSE(Ip4Net().isMartian());
  EXPECT_TRUE(ip<Ip4Net>("127.0.0.0/8").isMartian());
  EXPECT_TRUE(ip<Ip4Net>("0.0.0.0/8").isMartian());
  EXPECT_TRUE(ip<Ip6Net>("fe80::/10").isMartian());

  EXPECT_TRUE(ip<IpNet>("10.0.0.0/8").covers(ip<IpNet>("10.1.0.0/16")));
  EXPECT_FALSE(ip<IpNet>("0.0.0.0/0").covers(ip<IpNet>("::/0")));
  EXPECT_FALSE(ip<IpNet>("0.0.0.0/0").contains(ip<Ip>("::1")));
  EXPECT_FALSE(IpNet().contains(Ip()));
  EXPECT_FALSE(IpNet().covers(IpNet()));
  EXPECT_EQ(ip<IfAddr>("10.0.0.1/24").net(), ip<IpNet>("10.0.0.0/24"));
}

TEST(Prefix, OrdersByAddressThenLength) {
  EXPECT_LT(ip<Ip4Net>("10.0.0.0/8"), ip<Ip4Net>("10.0.0.0/9"));
  EXPECT_LT(ip<Ip4Net>("10.0.0.0/32"), ip<Ip4Net>("10.0.0.1/32"));
  EXPECT_LT(ip<IpNet>("255.0.0.0/8"), ip<IpNet>("::/0"));
  EXPECT_LT(IpNet(), ip<IpNet>("0.0.0.0/0"));
  EXPECT_LT(ip<Ip6>("::ffff:ffff"), ip<Ip6>("1::"));
}

TEST(Ip, HashesSpread) {
  std::unordered_set<uint> codes;
  for (uint32_t i = 0; i < 10000; ++i) codes.insert(kj::hashCode(Ip4Net(Ip4{i << 8}, 24)));
  EXPECT_GT(codes.size(), 9990u);
  std::unordered_set<Ip> ips{ip<Ip>("1.2.3.4"), ip<Ip>("::102:304"), Ip(), ip<Ip>("1.2.3.4")};
  EXPECT_EQ(ips.size(), 3u);
  std::unordered_set<Ip6Net> nets{Ip6Net(), ip<Ip6Net>("::/1")};
  EXPECT_EQ(nets.size(), 2u);
}

TEST(Mac, ParsesAndPrints) {
  EXPECT_EQ(round<Mac>("02:00:00:00:AB:01"), "02:00:00:00:ab:01");
  for (auto bad : {"", "02:00:00:00:00", "02:00:00:00:00:1", "02-00-00-00-00-01", "020000000001", "02:00:00:00:00:0g",
                   "02:00:00:00:00:01:", "2:00:00:00:00:001"}) {
    EXPECT_EQ(round<Mac>(bad), "no") << bad;
  }
  auto mac = ip<Mac>("01:02:03:04:05:06");
  EXPECT_EQ(mac.bits, 0x010203040506u);
  EXPECT_TRUE(mac.isMulticast());
  EXPECT_FALSE(mac.isLocal());
  uint8_t bytes[6];
  mac.toBytes(bytes);
  EXPECT_EQ(bytes[5], 6);
  EXPECT_EQ(Mac::fromBytes(bytes), mac);
}

template <typename Wire, typename T> void throughWire(T value) {
  capnp::MallocMessageBuilder message;
  auto wire = message.initRoot<Wire>();
  write(value, wire);
  kj::Maybe<T> back = read(wire.asReader());
  EXPECT_EQ(KJ_ASSERT_NONNULL(back), value);
}

TEST(Wire, TakesEveryValueThereAndBack) {
  throughWire<wire::Ip4>(ip<Ip4>("192.0.2.1"));
  throughWire<wire::Ip6>(ip<Ip6>("2001:db8::1"));
  for (auto text : {"-", "192.0.2.1", "2001:db8::1"}) throughWire<wire::Ip>(ip<Ip>(text));
  throughWire<wire::Ip4Net>(ip<Ip4Net>("10.0.0.0/8"));
  throughWire<wire::Ip6Net>(ip<Ip6Net>("2001:db8::/33"));
  for (auto text : {"-", "10.0.0.0/8", "2001:db8::/64", "::/0", "0.0.0.0/0"}) throughWire<wire::IpNet>(ip<IpNet>(text));
  for (auto text : {"-", "10.0.0.1/8", "2001:db8::1/64"}) throughWire<wire::IfAddr>(ip<IfAddr>(text));
  throughWire<wire::Mac>(ip<Mac>("02:00:00:00:00:01"));
}

TEST(Wire, RefusesWhatIsNoValue) {
  capnp::MallocMessageBuilder message;
  auto net4 = message.initRoot<wire::Ip4Net>();
  net4.setLength(33);
  EXPECT_TRUE(read(net4.asReader()) == nullptr);
  net4.setLength(8);
  net4.setBits(0x0a000001);
  EXPECT_TRUE(read(net4.asReader()) == nullptr);
  auto net6 = message.initRoot<wire::Ip6Net>();
  net6.setLength(129);
  EXPECT_TRUE(read(net6.asReader()) == nullptr);
  net6.setLength(64);
  net6.setLow(1);
  EXPECT_TRUE(read(net6.asReader()) == nullptr);
  auto net = message.initRoot<wire::IpNet>();
  net.setV4(0);
  net.setLength(33);
  EXPECT_TRUE(read(net.asReader()) == nullptr);
  net.initV6();
  EXPECT_FALSE(read(net.asReader()) == nullptr);
  auto address = message.initRoot<wire::IfAddr>();
  address.setV4(1);
  address.setLength(33);
  EXPECT_TRUE(read(address.asReader()) == nullptr);
  auto mac = message.initRoot<wire::Mac>();
  mac.setBits(uint64_t(1) << 48);
  EXPECT_TRUE(read(mac.asReader()) == nullptr);
}

TEST(Wire, FlatParts) {
  for (auto text : {"10.0.0.0/8", "2001:db8::/64", "0.0.0.0/0", "::/0"}) {
    auto parts = partsOf(ip<IpNet>(text));
    EXPECT_EQ(KJ_ASSERT_NONNULL(netFromParts(parts.version, parts.high, parts.low, parts.length)), ip<IpNet>(text));
  }
  EXPECT_TRUE(netFromParts(4, 1, 0, 0) == nullptr);
  EXPECT_TRUE(netFromParts(4, 0, uint64_t(1) << 32, 0) == nullptr);
  EXPECT_TRUE(netFromParts(4, 0, 1, 8) == nullptr);
  EXPECT_TRUE(netFromParts(6, 0, 0, 129) == nullptr);
  EXPECT_TRUE(netFromParts(0, 0, 0, 0) == nullptr);
  EXPECT_TRUE(netFromParts(5, 0, 0, 0) == nullptr);
}

TEST(Sockaddr, ThereAndBack) {
  for (auto text : {"192.0.2.1", "2001:db8::1"}) {
    SocketAddress at(ip<Ip>(text), 520, 3);
    auto back = KJ_ASSERT_NONNULL(fromSockaddr(at.get(), at.size()));
    EXPECT_EQ(back.address, ip<Ip>(text));
    EXPECT_EQ(back.port, 520);
    EXPECT_EQ(back.scope, back.address.is6() ? 3u : 0u);
    EXPECT_TRUE(fromSockaddr(at.get(), at.size() - 1) == nullptr);
  }
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_TRUE(fromSockaddr(&other, sizeof(other)) == nullptr);
  EXPECT_TRUE(fromSockaddr(&other, 0) == nullptr);
}

}  // namespace
}  // namespace xylem::net
