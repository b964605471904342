#!/usr/bin/python3
"""Path attributes there and back, and what policies do to them.

        exabgp (AS 65001, and AS 65000 with 10.0.1.3) ---- r1 ---- bird (AS 65002), frr (AS 65003), gobgp (AS 65004)
"""

import re
import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import OPEN, address, best, neighbor, up

NET, NET6 = "10.9.0.0/24", "2001:db8:9::/64"
ALL = ("origin egp as-path [ 65001 4200000001 23456 ( 9 10 ) ] med 77 atomic-aggregate aggregator ( 4200000002:192.0.2.1 ) "
       "community [ 65001:1 65001:65535 0:7 ] extended-community [ target:65001:5 origin:65001:6 ] "
       "large-community [ 4200000001:2:3 1:0:0 ] attribute [ 0x63 0xc0 0x010203 ] attribute [ 0x64 0xe0 0xff ]")
POLICIES = """
community-list MARKED { member 65001:1; }
prefix-list NINE { prefix 10.9.0.0/16 { orlonger; } prefix 2001:db8:9::/48 { orlonger; } }
policy-statement IN {
    term 10 { from { community-list MARKED; } then { local-preference 150; metric +3; community { add 65000:99 65000:1:2; delete 0:*; } accept; } }
    term 20 { then { reject; } }
}
policy-statement OUT {
    term 10 { from { prefix-list NINE; } then { metric 5; origin incomplete; as-path-prepend { count 2; } community { set 65000:5; } accept; } }
    term 20 { then { accept; } }
}
"""


class BgpAttributesTest(unittest.TestCase):
    def build(self, here, first="import ACCEPT; export ACCEPT;", others=OPEN, policy=""):
        exabgp = speakers.exabgp(1, 65001) + speakers.exabgp(1, 65000, versions=[4], local=[3])
        self.nodes = [here.exabgp("exabgp", exabgp), here.bird("bird", speakers.bird(2, 65002)),
                      here.frr("frr", speakers.frr(3, 65003)), here.gobgp("gobgp", speakers.gobgp(4, 65004))]
        self.exabgp, self.bird, self.frr, self.gobgp = self.nodes
        neighbors = neighbor(1, "remote-as 65001; passive;",
                             more=first) + "neighbor 10.0.1.3 { remote-as 65000; passive; }\n"
        neighbors += "".join(neighbor(n, f"remote-as {65000 + n};", more=others) for n in (2, 3, 4))
        self.r1 = here.router("r1", speakers.xylem_bgp({f"eth{n - 1}": speakers.both(n, 1) for n in range(1, 5)}, 65000,
                                                       "10.255.0.100", neighbors, policy))
        for n, node in enumerate(self.nodes, 1):
            here.link(self.r1, node, "", speakers.both(n) + (" 10.0.1.3/24" if n == 1 else ""))
        here.start()
        self.r1.ready()
        up(self.r1)

    def announce(self, words, nets=(NET, NET6)):
        for net in nets:
            version = 6 if ":" in net else 4
            self.exabgp.say(f"neighbor {address(1, version, 1)} local-ip {address(1, version)} announce route {net} next-hop self {words}")

    def test_every_attribute_is_handed_on(self):
        with Lab() as here:
            self.build(here)
            self.announce(ALL)
            for net, version in (NET, 4), (NET6, 6):
                said = wait_until(lambda: speakers.bird_route(self.bird, net), f"BIRD has {net}")
                for line in ("BGP.origin: EGP", "BGP.as_path: 65000 65001 4200000001 23456 {9 10}", "BGP.atomic_aggr: ",
                             f"BGP.next_hop: {address(2, version, 1)}", "BGP.aggregator: 192.0.2.1 AS4200000002",
                             "BGP.community: (0,7) (65001,1) (65001,65535)",
                             "BGP.large_community: (1, 0, 0) (4200000001, 2, 3)",
                             "BGP.63 [t]: 01 02 03", "BGP.64 [t]: ff"):
                    self.assertIn(line, said)
                self.assertRegex(said, r"BGP.ext_community: .*\(rt, 65001, 5\)")
                self.assertRegex(said, r"BGP.ext_community: .*\(ro, 65001, 6\)")
                self.assertNotIn("BGP.med", said)

                path = wait_until(lambda: speakers.frr_paths(self.frr, net), f"FRR has {net}")[0]
                self.assertEqual((path["origin"], path["aspath"]["string"]),
                                 ("EGP", "65000 65001 4200000001 23456 {9,10}"))
                self.assertEqual((path["aggregatorAs"], path["aggregatorId"], path["atomicAggregate"]),
                                 (4200000002, "192.0.2.1", True))
                self.assertEqual(path["community"]["list"], ["0:7", "65001:1", "65001:65535"])
                self.assertEqual(path["largeCommunity"]["list"], ["1:0:0", "4200000001:2:3"])
                self.assertEqual(set(path["extendedCommunity"]["string"].split()), {"RT:65001:5", "SoO:65001:6"})
                self.assertEqual(path.get("metric", 0), 0)

                path = wait_until(lambda: speakers.gobgp_paths(self.gobgp, net), f"GoBGP has {net}")[0]
                self.assertEqual((path[99]["value"], path[100]["value"]), ("AQID", "/w=="))
                # Optional, transitive, partial (RFC 4271 section 5).
                self.assertEqual((path[99]["flags"], path[100]["flags"]), (0xe0, 0xe0))
                self.assertEqual(path[8]["communities"], [7, 65001 << 16 | 1, 65001 << 16 | 65535])

                told = self.exabgp.table("10.0.1.3") if version == 4 else {net: {"med": 77, "local-preference": 100}}
                self.assertEqual((told[net]["med"], told[net]["local-preference"]), (77, 100))
                shown = best(self.r1, net)
                self.assertEqual((shown["asPath"], shown["origin"], shown["med"]),
                                 ("65001 4200000001 23456 {9 10}", "egp", 77))
                self.assertEqual(shown["other"], "atomic-aggregate, aggregator 4200000002 192.0.2.1, 99:010203, 100:ff")
            for net in NET, NET6:
                version = 6 if ":" in net else 4
                self.exabgp.say(f"neighbor {address(1, version, 1)} local-ip {address(1, version)} withdraw route {net} next-hop self")
            wait_until(lambda: not speakers.bird_route(self.bird, NET) and not speakers.bird_route(self.bird, NET6),
                       "all is withdrawn")

    def test_what_comes_back(self):
        """BIRD, FRR and GoBGP announce; ExaBGP, outside and inside, has it."""
        with Lab() as here:
            self.build(here)
            self.gobgp.gobgp("global", "rib", "add", "10.8.0.0/24", "origin", "egp", "med", "9", "community", "65004:1",
                             "large-community", "1:2:3", "aspath", "7 8", "-a", "ipv4")
            self.frr.vtysh_config("route-map set permit 10", "set community 65003:1 additive", "set metric 6",
                                  "set origin incomplete",
                                  "set large-community 65003:1:1", "set extcommunity rt 65003:9",
                                  "set as-path prepend 65003 65003",
                                  "router bgp 65003", "address-family ipv4 unicast",
                                  "network 10.7.0.0/24 route-map set")
            outside, inside = (lambda: self.exabgp.table("10.0.1.2")), (lambda: self.exabgp.table("10.0.1.3"))
            wait_until(lambda: {"10.7.0.0/24", "10.8.0.0/24"} <= set(outside()) & set(inside()), "both networks", 30)
            got, kept = outside()["10.8.0.0/24"], inside()["10.8.0.0/24"]
            self.assertEqual((got["as-path"], got["origin"], got["next-hop"]),
                             ([65000, 65004, 7, 8], "egp", "10.0.1.1"))
            self.assertEqual((kept["as-path"], kept["med"], kept["local-preference"], kept["next-hop"]),
                             ([65004, 7, 8], 9, 100, "10.0.4.2"))
            self.assertEqual((got["community"], got["large-community"]), ([[65004, 1]], [[1, 2, 3]]))
            self.assertNotIn("med", got)
            got, kept = outside()["10.7.0.0/24"], inside()["10.7.0.0/24"]
            self.assertEqual(got["as-path"], [65000, 65003, 65003, 65003])
            self.assertEqual((kept["med"], kept["origin"]), (6, "incomplete"))
            self.assertEqual([each["string"] for each in got["extended-community"]], ["target:65003:9"])

    def test_policies_set_attributes(self):
        with Lab() as here:
            self.build(here, "import IN; export ACCEPT;", "import ACCEPT; export OUT;", POLICIES)
            self.announce("as-path [ 65001 7 ] med 7 community [ 65001:1 0:7 0:8 ] large-community [ 5:5:5 ]")
            self.announce("as-path [ 65001 7 ]", ["10.9.1.0/24", "2001:db8:9:1::/64"])
            for net in NET, NET6:
                shown = wait_until(lambda: best(self.r1, net), f"r1 has {net}")
                self.assertEqual((shown["localPreference"], shown["med"], shown["communities"]),
                                 (150, 10, "65000:99 65001:1 5:5:5 65000:1:2"))
                wait_until(lambda: speakers.frr_paths(self.frr, net), f"FRR has {net}")
                said = wait_until(lambda: speakers.bird_route(self.bird, net), f"BIRD has {net}")
                for line in "BGP.as_path: 65000 65000 65000 65001 7", "BGP.med: 5", "BGP.origin: Incomplete", "BGP.community: (65000,5)":
                    self.assertIn(line, said)
            self.assertEqual(self.exabgp.table("10.0.1.3")[NET]["local-preference"], 150)
            self.assertEqual([path["verdict"] for path in speakers.paths(self.r1, "10.9.1.0/24")],
                             ["rejected: import policy"])
            self.assertEqual(speakers.bird_route(self.bird, "10.9.1.0/24"), "")

            # A change on live sessions.
            uptimes = {row["name"]: speakers.neighbor_of(self.r1, row["name"])["established"]
                       for row in self.r1.json("show bgp summary")}
            self.r1.cli("configure", "set policy policy-statement IN term 20 then accept",
                        "set policy policy-statement OUT term 10 then metric 6",
                        "commit")
            for net in "10.9.1.0/24", "2001:db8:9:1::/64", NET, NET6:
                wait_until(lambda: "BGP.med: 6" in speakers.bird_route(self.bird, net),
                           f"BIRD has {net} by the new policies", 8)
            self.r1.cli("configure", "delete policy policy-statement IN term 20",
                        "set policy policy-statement IN default-action reject", "commit")
            for net in "10.9.1.0/24", "2001:db8:9:1::/64":
                wait_until(lambda: not speakers.bird_route(self.bird, net), f"{net} is withdrawn from BIRD", 8)
            self.r1.cli("configure", *[f"set protocols bgp neighbor {address(2, version)} export ACCEPT"
                                       for version in (4, 6)],
                        *[f"delete protocols bgp neighbor {address(2, version)} export OUT" for version in (4, 6)],
                        "commit")
            wait_until(lambda: "BGP.as_path: 65000 65001 7" in speakers.bird_route(self.bird, NET),
                       "another export policy", 8)
            self.assertIn("65000 65000 65000 65001 7", str(speakers.frr_paths(self.frr, NET)))
            self.assertEqual({name: speakers.neighbor_of(self.r1, name)["established"] for name in uptimes}, uptimes,
                             "no session was reset")

    def test_malformed_attributes(self):
        """RFC 7606: one is left out, one costs the route, no session ends, and the operator sees the bytes."""
        with Lab() as here:
            self.build(here)
            self.announce("as-path [ 65001 7 ] attribute [ 0x07 0xc0 0x0000fde90a00 ]", [NET])
            self.announce("as-path [ 65001 7 ]", ["10.9.1.0/24"])
            wait_until(lambda: all(speakers.bird_route(self.bird, net) for net in (NET, "10.9.1.0/24")), "BIRD has both")
            self.assertNotIn("aggregator", speakers.bird_route(self.bird, NET))
            self.announce("as-path [ 65001 7 ] attribute [ 0x08 0xc0 0x0102 ]", ["10.9.1.0/24"])
            wait_until(lambda: not speakers.bird_route(self.bird, "10.9.1.0/24"), "it counts as withdrawn")
            row = speakers.neighbor_of(self.r1, "10.0.1.2")
            reason = "a length that it cannot have"
            self.assertEqual([(each["action"], each["attribute"], each["reason"], each["bytes"])
                              for each in self.r1.json("show bgp findings 10.0.1.2")],
                             [("withdraw", 8, reason, "c008020102"), ("discard", 7, reason, "c007060000fde90a00")])
            self.assertEqual((row["findings"], row["established"]), (2, 1))
            for command in "show bgp neighbor 10.0.1.2 | detail", "show bgp findings":
                self.assertIn("c008020102", self.r1.cli(command))

    def test_soft_clear(self):
        with Lab() as here:
            self.build(here)
            self.announce("as-path [ 65001 7 ]")
            wait_until(lambda: speakers.bird_route(self.bird, NET), "BIRD has it")

            def updates():
                return int(re.search(r"Import updates: +(\d+)", self.bird.birdc("show protocols all x4"))[1])

            before = updates()
            self.r1.cli("clear bgp 10.0.2.2 soft out")
            wait_until(lambda: updates() > before, "all is told again")
            self.r1.cli("clear bgp 10.0.1.2 soft in")
            self.assertEqual(speakers.neighbor_of(self.r1, "10.0.2.2")["established"], 1)
            self.assertTrue(speakers.bird_route(self.bird, NET))
            before = updates()
            self.bird.birdc("reload in x4")
            wait_until(lambda: updates() > before, "BIRD's route refresh is answered")
            self.r1.cli("clear bgp 10.0.2.2")
            wait_until(lambda: speakers.neighbor_of(self.r1, "10.0.2.2")["established"] == 2, "the session is up again")
            wait_until(lambda: speakers.bird_route(self.bird, NET), "and BIRD has it again")


if __name__ == "__main__":
    main()
