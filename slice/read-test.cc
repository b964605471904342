#include <slice/hosts.h>
#include <slice/names.h>
#include <slice/testing.h>

namespace xylem::slice {
namespace {

using testing::one;
using testing::wrong;

constexpr const char* THREE = R"(
slice three {
    owner alice; lease 14d;
    defaults { node { memory 32M; protocols { rip { interface ge*; } } } link { mtu 1400; delay 1ms; } }
    node a; node b { plane click; cpu 25%; } node c { kind bird; config "c.conf"; }
    node h { kind host; }
    link a b { rate 100M; loss 0.5%; loss b->a 2%; }
    link b:wan0 c { delay 13ms; prefix 192.0.2.0/30; }
    link h a;
    lan hosts { members a h; prefix 10.9.0.0/24 2001:db8::/64; }
    at 30s { link a b down; link b:wan0 c { loss 1%; } }
    at 1500ms { node b restart; }
}
)";
const std::map<std::string, std::string> FILES{{"c.conf", "router id ${loopback}; # ${name} ${ge0}\n"}};

TEST(Read, NodesAndLinks) {
  auto slice = one(THREE, FILES);
  ASSERT_EQ(slice.nodes.size(), 4u);
  EXPECT_EQ(slice.owner, "alice");
  EXPECT_EQ(slice.lease, 14 * kj::DAYS);
  auto &a = *slice.node("a"), &b = *slice.node("b"), &h = *slice.node("h");
  EXPECT_EQ(a.limits.memory, 32u << 20);
  EXPECT_EQ(b.plane, Plane::CLICK);
  EXPECT_EQ(a.plane, Plane::KERNEL);
  EXPECT_EQ(b.limits.processors, 0.25);
  EXPECT_EQ(h.kind, Kind::HOST);
  auto& link = *slice.link("b a");
  EXPECT_EQ(&link, slice.link("a b"));
  EXPECT_EQ(link.shapes[0].loss, 0.005);
  EXPECT_EQ(link.shapes[1].loss, 0.02);
  EXPECT_EQ(link.shapes[1].rate, 100000000u);
  EXPECT_EQ(link.shapes[0].delay, 1 * kj::MILLISECONDS);
  EXPECT_EQ(slice.links[1].shapes[0].delay, 13 * kj::MILLISECONDS);
  EXPECT_EQ(a.interface("ge0")->mtu, 1400u);
  EXPECT_EQ(a.interfaces.size(), 3u);
  EXPECT_NE(b.interface("wan0"), nullptr);
}

TEST(Read, Addresses) {
  auto slice = one(THREE, FILES);
  EXPECT_STREQ(kj::str(slice.node("b")->interface("wan0")->addresses[0]).cStr(), "192.0.2.1/30");
  EXPECT_STREQ(kj::str(slice.node("c")->interface("ge0")->addresses[0]).cStr(), "192.0.2.2/30");
  EXPECT_STREQ(kj::str(slice.node("h")->interface("ge1")->addresses[0]).cStr(), "10.9.0.2/24");
  EXPECT_STREQ(kj::str(slice.node("h")->interface("ge1")->addresses[1]).cStr(), "2001:db8::2/64");
  auto &left = slice.node("a")->interface("ge0")->addresses, &right = slice.node("b")->interface("ge0")->addresses;
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].length(), 31u);
  EXPECT_EQ(left[0].net(), right[0].net());
  EXPECT_EQ(left[1].net(), right[1].net());
  EXPECT_TRUE(left[1].address().v6().isUniqueLocal());
  ASSERT_EQ(slice.node("h")->gateways.size(), 2u);
  EXPECT_EQ(slice.node("h")->gateways[0], slice.node("a")->interface("ge1")->addresses[0].address());
  EXPECT_EQ(slice.node("h")->loopbacks.size(), 0u);
  EXPECT_TRUE(slice.node("a")->interfaces[0].mac.isLocal());
}

TEST(Read, AddressesStay) {
  // Neither another run nor a node more nor another order changes what a node has.
  auto before = one(THREE, FILES);
  EXPECT_EQ(before, one(THREE, FILES));
  auto more = std::string(THREE);
  more.insert(more.find("node a;"), "node zero; link zero b:last; ");
  auto after = one(more, FILES);
  for (auto& node : before.nodes) {
    EXPECT_EQ(node.loopbacks, after.node(node.name)->loopbacks);
    for (auto& interface : node.interfaces) EXPECT_EQ(interface, *after.node(node.name)->interface(interface.name));
  }
}

TEST(Read, NoTwoAddressesAreTheSame) {
  auto slice = one("slice s { addresses { links 10.0.0.0/20; loopbacks 10.255.0.0/23; } generate r { grid 15x30; } }");
  std::set<net::Ip> seen;
  for (auto& node : slice.nodes) {
    for (auto& each : node.loopbacks) EXPECT_TRUE(seen.insert(each).second);
    for (auto& interface : node.interfaces)
      for (auto& each : interface.addresses) EXPECT_TRUE(seen.insert(each.address()).second);
  }
}

TEST(Read, RouterConfiguration) {
  auto slice = one(THREE, FILES);
  auto a = slice.node("a")->files.at("router.conf");
  for (auto expected : {"interface ge0;", "interface ge1;", "interface ge2;", "rip {"})
    EXPECT_NE(a.find(expected), std::string::npos) << a;
  EXPECT_NE(slice.node("b")->files.at("router.conf").find("plane click;"), std::string::npos);
  EXPECT_EQ(slice.node("c")->files.at("config"),
            "router id " + text(slice.node("c")->loopbacks[0].toString()) + "; # c 192.0.2.2\n");
  EXPECT_EQ(slice.node("c")->command[0], "bird");
}

TEST(Read, WordsOfTheNode) {
  auto slice =
      one("slice s { defaults { node { protocols { ospf { router-id \"${loopback}\"; area 0 { interface ge*; } } } } } "
          "node a; node b; link a b; node c; }");
  for (auto& node : slice.nodes) {
    auto config = node.files.at("router.conf");
    EXPECT_NE(config.find("router-id " + text(node.loopbacks[0].toString())), std::string::npos) << config;
    EXPECT_EQ(config.find("interface") == std::string::npos, node.name == "c") << config;
  }
  EXPECT_NE(wrong("slice s { node a { protocols \"${that}\"; } }").find("nothing is known as ${that} here"),
            std::string::npos);
}

TEST(Read, Events) {
  auto slice = one(THREE, FILES);
  ASSERT_EQ(slice.events.size(), 3u);
  EXPECT_EQ(slice.events[0].at, 1500 * kj::MILLISECONDS);
  EXPECT_EQ(slice.events[0].what, Event::NODE_RESTART);
  EXPECT_EQ(slice.events[1].what, Event::LINK_DOWN);
  EXPECT_EQ(slice.events[1].target, "a b");
  EXPECT_EQ(slice.events[2].settings, (std::vector<Setting>{{"loss", {"1%"}}}));
}

TEST(Read, Templates) {
  auto count = [](const std::string& shape) {
    auto slice = one("slice s { generate r { " + shape + " } }");
    return std::pair(slice.nodes.size(), slice.links.size());
  };
  EXPECT_EQ(count("line 5;"), std::pair(5ul, 4ul));
  EXPECT_EQ(count("ring 5;"), std::pair(5ul, 5ul));
  EXPECT_EQ(count("grid 3x4;"), std::pair(12ul, 17ul));
  EXPECT_EQ(count("tree 2x3;"), std::pair(7ul, 6ul));
  EXPECT_EQ(count("fat-tree 4;"), std::pair(20ul, 32ul));
  EXPECT_EQ(count("random 20x30;"), std::pair(20ul, 30ul));
  EXPECT_EQ(count("line 3; hosts 2;"), std::pair(9ul, 8ul));
  auto seeded = [](const std::string& seed) {
    return one("slice s { generate r { random 20x30; seed " + seed + "; } }");
  };
  EXPECT_EQ(seeded("7"), seeded("7"));
  EXPECT_FALSE(seeded("7") == seeded("8"));
}

TEST(Read, GraphMl) {
  auto slice = one("slice s { generate z- { graphml \"z.graphml\"; delay-by-distance; } }",
                   {{"z.graphml", R"(<?xml version="1.0"?>
<graphml><key attr.name="Latitude" for="node" id="d29" /><key attr.name="Longitude" for="node" id="d32" />
<key attr.name="label" for="node" id="d33" /><graph edgedefault="undirected">
<node id="0"><data key="d29">40.71427</data><data key="d32">-74.00597</data><data key="d33">New York</data></node>
<node id="1"><data key="d29">41.85003</data><data key="d32">-87.65005</data><data key="d33">Chicago</data></node>
<edge source="0" target="1"><data key="d33">OC-192c</data></edge><edge source="1" target="0"/></graph></graphml>)"}});
  ASSERT_EQ(slice.nodes.size(), 2u);
  EXPECT_EQ(slice.nodes[0].name, "z-new-york");
  ASSERT_EQ(slice.links.size(), 1u);
  // 1,144 km.
  EXPECT_NEAR(double(slice.links[0].shapes[0].delay / kj::MICROSECONDS), 5721, 20);
}

struct Broken {
  const char *text, *problem;
};

TEST(Read, WhatIsWrong) {
  // Each says where, what, and what to do.
  for (auto& [content, problem] : std::initializer_list<Broken>{
           {"", "1:1: there is no slice here; expected: slice NAME { ... }"},
           {"slice A { node a; }", "1:7: slice A: \"A\" is no name"},
           {"slice s { }", "this slice has no nodes; expected: node NAME;"},
           {"slice s { node a; nod b; }", "1:19: slice s: \"nod\" is not known here; did you mean \"node\"?"},
           {"slice s {\n node a; node bb;\n link a b;\n}",
            "3:7: slice s link \"a b\": there is no node \"b\"; did you mean"},
           {"slice s { node a; link a; }", "1:24: slice s link: a link needs two nodes: link a OTHER"},
           {"slice s { node a; link a a; }", "a link connects two nodes, not one with itself"},
           {"slice s { node a; node b; link a b; link b a; }",
            "there is a link between these two already; name the interfaces"},
           {"slice s { node a; node b; link a:x b { delay fast; } }",
            "1:40: slice s link \"a:x b\" delay: \"fast\" is not a time such as 13ms"},
           {"slice s { node a; node b; link a b { loss c->b 2%; } }",
            "is no direction of this link; expected \"a->b\" or \"b->a\""},
           {"slice s { node a; node b; link a b { loss 1% 2%; } }", "\"loss\" is given twice"},
           {"slice s { node a; node b; link a b { loss 101%; } }", "\"101%\" is not a share such as 0.1%"},
           {"slice s { node a; node b; link a b { rate a->b; } }", "a value is missing after \"a->b\""},
           {"slice s { node a { memory lots; } }", "\"lots\" is not a size such as 64M"},
           {"slice s { node a { cpu 0; } }", "\"0\" is not a share of processors such as 0.25, 25% or 2"},
           {"slice s { node a { kind dog; } }", "1:25: slice s node a kind: \"dog\" is not one of: router, host"},
           {"slice s { node a { kind bird; } }", "\"config\" is missing: a bird node needs a file"},
           {"slice s { node a { kind exec; } }", "\"command\" is missing: what shall run in it?"},
           {"slice s { node a { config \"no\"; } }", "cannot read the file \"no\""},
           {"slice s { node a { kind host; protocols { rip; } } }",
            "only a router takes \"protocols\"; this is a host"},
           {"slice s { node a; at soon { node a stop; } }",
            "1:22: slice s at soon: \"soon\" is not a time such as 30s"},
           {"slice s { node a; at 1s { node b stop; } }", "there is no node \"b\""},
           {"slice s { node a; at 1s { node a; } }", "what happens to it? Expected \"stop\""},
           {"slice s { node a; node b; at 1s { link a b down; } }",
            "there is no link \"a b\"; name it as its own statement does"},
           {"slice s { generate r { grid 3by4; } }", "\"3by4\" is not a size such as 10x20: rows and columns"},
           {"slice s { generate r { line 2; ring 3; } }", "only one of them can be chosen"},
           {"slice s { generate r { random 10x5; } }", "5 links do not connect 10 nodes"},
           {"slice s { generate r { fat-tree 5; } }", "5 is odd"},
           {"slice s { generate r { grid 100x100; } }", "10000 nodes are too many"},
           {"slice s { node r1; generate r { line 2; } }", "there is a node \"r1\" already"},
           {"slice s { node a; lan l { members a b; } }", "1:37: slice s lan l members a b: there is no node \"b\""},
           {"slice s { node a; node b; lan l { members a b; prefix 10.0.0.0/31; } node c; }", ""},
           {"slice s { node a; node b; node c; lan l { members a b c; prefix 10.0.0.0/30; } }",
            "has no room for 3 members"},
           {"slice s { node a; node b; link a b { address c 10.0.0.1/30; } }",
            "is neither an end of this link nor an address"},
           {"slice s { node a; node b; link a b { address 10.0.0.1/30; } }",
            "say first whose address it is: address a 10.0.0.1/30"},
           {"slice s { node a; node b; link a:lo b; }", "cannot be the name of an interface"},
           {"slice s { addresses { links 10.0.0.0/30; } generate r { line 9; } }", "no addresses are left for links"},
           {"slice s { lease long; node a; }", "\"long\" is not a time such as 14d"},
       }) {
    auto found = wrong(content);
    if (*problem == 0)
      EXPECT_EQ(found, "") << content;
    else
      EXPECT_NE(found.find(problem), std::string::npos) << content << "\n" << found;
  }
  EXPECT_NE(wrong("slice s { node a { kind bird; config f; } }", {{"f", "${nobody}"}})
                .find("nothing is known as ${nobody} here"),
            std::string::npos);
}

constexpr const char* HOSTS = R"(
slice wan {
    host A { address 192.0.2.1; } host B { address 192.0.2.2; }
    node a { host A; } node b { host B; } node c { host B; }
    link a b; link b c; link a c { tunnel egre; key 7; mtu 1400; }
    at 1s { link b c down; node a restart; link a c down; }
}
)";

TEST(Read, Hosts) {
  auto slice = one(HOSTS);
  auto &ab = *slice.link("a b"), &bc = *slice.link("b c"), &ac = *slice.link("a c");
  ASSERT_TRUE(ab.tunnel && ac.tunnel);
  EXPECT_FALSE(bc.tunnel);
  EXPECT_EQ(ab.tunnel->kind, Tunnel::VXLAN);
  EXPECT_EQ(ac.tunnel->kind, Tunnel::EGRE);
  EXPECT_EQ(ac.tunnel->key, 7u);
  EXPECT_EQ(ab.tunnel->key, one(HOSTS).link("a b")->tunnel->key);
  EXPECT_STREQ(kj::str(net::Ip(ac.tunnel->addresses[1])).cStr(), "192.0.2.2");
  for (auto& node : slice.nodes)
    for (auto& each : node.interfaces) EXPECT_TRUE(each.mtu == 1450 || each.mtu == 1400);
}

TEST(Read, WhatIsOnAHost) {
  auto whole = one(HOSTS), here = whole;
  EXPECT_EQ(choose(here, "B"), "");
  EXPECT_EQ(here.nodes.size(), 2u);
  EXPECT_EQ(here.links.size(), 3u);
  EXPECT_EQ(here.events.size(), 2u);
  EXPECT_EQ(*here.node("b"), *whole.node("b"));
  EXPECT_EQ(here.endsHere(*here.link("a c")), std::vector<int>{1});
  EXPECT_EQ(printTunnel(here, *here.link("a c")), "egre 7 192.0.2.1");
  here = whole;
  EXPECT_EQ(choose(here, "A"), "");
  EXPECT_EQ(here.link("b c"), nullptr);
  EXPECT_NE(choose(here, "C").find("there is no host \"C\" in it"), std::string::npos);
  EXPECT_EQ(choose(here, ""), "it is on the hosts A, B; say which of them this is: --host NAME");
}

TEST(Read, WhatIsWrongWithHosts) {
  auto two = [](const std::string& rest) {
    return wrong("slice s { host A { address 192.0.2.1; } host B { address 192.0.2.2; } " + rest + " }");
  };
  EXPECT_NE(two("node a;").find("on which host is it? Expected: node a { host A; }"), std::string::npos);
  EXPECT_NE(two("node a { host D; }").find("there is no host \"D\""), std::string::npos);
  EXPECT_NE(two("host C { address 192.0.2.1; } node a { host A; }").find("host \"A\" has the same address"),
            std::string::npos);
  EXPECT_NE(two("node a { host A; } node b { host B; } lan l { members a b; }").find("a LAN is on one host"),
            std::string::npos);
  EXPECT_NE(two("node a { host A; } node b { host B; } node c { host B; } link a b { key 9; } link a c { key 9; }")
                .find("another link has the same key"),
            std::string::npos);
}

TEST(Read, WaysOut) {
  auto slice =
      one("slice s { node a; node b { kind host; } link a b; egress nat { node a b; device eth0; } "
          "ingress tcp 8080 to b:80; ingress udp 53 to a:53; }");
  ASSERT_TRUE(slice.gate);
  EXPECT_EQ(slice.gate->device, "eth0");
  ASSERT_EQ(slice.gate->ways.size(), 2u);
  EXPECT_STREQ(kj::str(slice.gate->ways[1].address).cStr(), "100.64.0.6/30");
  EXPECT_EQ(slice.gate->forwards[0].to, 80);
  // A host takes it as its default route, a router of ours as a static one.
  EXPECT_STREQ(kj::str(slice.node("b")->gateways.back()).cStr(), "100.64.0.5");
  EXPECT_NE(slice.node("a")->files["router.conf"].find("next-hop 100.64.0.1"), std::string::npos);
  EXPECT_TRUE(slice.node("a")->gateways.empty());
}

TEST(Read, WhatIsWrongWithWaysOut) {
  auto found = wrong(
      "slice s { node a; link a:nat0 b; node b; egress nat { node a c; device x; } ingress tcp 80 to b; "
      "ingress device y; }");
  for (auto each : {"has an interface \"nat0\" already", "there is no node \"c\"",
                    "\"b\" is no port of a node, such as web:80", "so must the way in be"})
    EXPECT_NE(found.find(each), std::string::npos) << each << "\n" << found;
}

}  // namespace
}  // namespace xylem::slice
