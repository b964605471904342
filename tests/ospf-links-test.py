#!/usr/bin/python3
"""OSPFv2 over each kind of link, beside BIRD and FRR: links without multicast, point-to-multipoint, unnumbered, loopback, passive; paths of
equal cost, stub routers, and what makes a border router.
"""

import os
import re
import signal

import lab
import ospf
from lab import Lab, wait_until
from ospf import AREA0, FAST, PTP, Model, OspfTest, gateways, point

INFINITE = 65535  # What leads through a stub router.


class NonBroadcastTest(OspfTest):
    """r1, r2, BIRD and FRR on one link without multicast, 10.0.1.0/24, with addresses that end in 1, 2, 3, 4."""

    def build(self, here):
        def neighbors(own):
            return [f"10.0.1.{i}" for i in (1, 2, 3, 4) if i != own]

        def xylem(own):
            blocks = " ".join(f"neighbor {address};" for address in neighbors(own))
            return here.router(f"r{own}", ospf.xylem_ospf(f"10.255.0.{own}", {"eth0": f"10.0.1.{own}/24"}, {
                AREA0: f"interface eth0 {{ type nbma; {FAST} cost 5; {blocks} }}"}))

        self.r1, self.r2 = xylem(1), xylem(2)
        eligible = " ".join(f"{address} eligible;" for address in neighbors(3))
        self.bird = here.bird("bird", ospf.bird_ospf("10.255.0.3", {"eth0": f"type nbma; cost 5; poll 2; neighbors {{ {eligible} }};"}))
        self.frr = here.frr("frr", ospf.frr_ospf("10.255.0.4", {"eth0": " ip ospf network non-broadcast\n ip ospf cost 5"},
                                                 "\n".join(f" neighbor {address} poll-interval 2" for address in neighbors(4))))
        self.switch(here, (self.r1, ""), (self.r2, ""), (self.bird, "10.0.1.3/24"), (self.frr, "10.0.1.4/24"))
        self.bird.stub("10.3.0.1/24")
        self.frr.stub("10.4.0.1/24")
        self.model = Model()
        self.model.lan("10.0.1.0/24", "r1", "r2", "bird", "frr")
        self.model.stub("bird", "10.3.0.0/24")
        self.model.stub("frr", "10.4.0.0/24")
        here.start()

    def test_everybody_knows_all_without_multicast(self):
        with Lab() as here:
            self.build(here)
            self.agree(self.model, self.r1, self.r2, self.bird, self.frr)
            wait_until(lambda: self.bird.ping("10.4.0.1"), "packets go through")
            for node in self.r1, self.r2, self.bird, self.frr:
                self.assertEqual(self.multicasts(node), "")

    def test_the_designated_router_dies(self):
        with Lab() as here:
            self.build(here)
            self.agree(self.model, self.r1, self.r2, self.bird, self.frr)
            designated = self.r1.json("show ospf interface")[0]["designated"]
            dead = {"10.0.1.1": self.r1, "10.0.1.2": self.r2, "10.0.1.3": self.bird, "10.0.1.4": self.frr}[designated]
            dead.ip("link", "set", "eth0", "down")
            left = [node for node in (self.r1, self.r2, self.bird, self.frr) if node is not dead]
            model = Model()
            model.lan("10.0.1.0/24", *[node.name for node in left])
            for node, net in (self.bird, "10.3.0.0/24"), (self.frr, "10.4.0.0/24"):
                if node is not dead:
                    model.stub(node.name, net)
            self.agree(model, *left)

    def test_a_silent_neighbor_is_shown(self):
        with Lab() as here:
            r1 = here.router("r1", ospf.xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24"}, {
                AREA0: f"interface eth0 {{ type nbma; {FAST} neighbor 10.0.1.7; }}"}))
            here.link(r1, here.host("nobody"), "", "10.0.1.7/24")
            here.start()
            silent = wait_until(lambda: self.neighbors(r1)["10.0.1.7"], "the neighbor is listed")
            self.assertEqual(silent["state"], "attempt")
            self.assertIn("nothing has been heard", silent["problem"])


class PointToMultipointTest(OspfTest):
    """r1 in the middle of a link, and others around it that do not all hear each other."""

    def test_spokes_that_know_the_hub_alone(self):
        """bird, r2 and r1 on 10.0.1.0/24, one by one: what goes from spoke to spoke goes through the hub r1."""
        with Lab() as here:
            bird = here.bird("bird", ospf.bird_ospf("10.255.0.3", {"eth0": "type ptmp; cost 7; neighbors { 10.0.1.1; };"}))
            hub, spoke = (f"interface eth0 {{ type point-to-multipoint; {FAST} cost 5; {neighbors} }}"
                          for neighbors in ("neighbor 10.0.1.2; neighbor 10.0.1.3;", "neighbor 10.0.1.1;"))
            r1 = here.router("r1", ospf.xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24"}, {AREA0: hub}))
            r2 = here.router("r2", ospf.xylem_ospf("10.255.0.2", {"eth0": "10.0.1.2/24"}, {
                AREA0: spoke + " interface stub { passive; cost 1; }"}).replace("interfaces {", "interfaces { interface stub;", 1))
            self.switch(here, (r1, ""), (r2, ""), (bird, "10.0.1.3/24"))
            bird.stub("10.3.0.1/24")
            r2.stub("10.2.0.1/24")
            here.start()
            model = Model()
            model.point("r1", "bird", cost=5, back=7)
            model.point("r1", "r2", cost=5)
            for number, name in (1, "r1"), (2, "r2"), (3, "bird"):
                model.stub(name, f"10.0.1.{number}/32", 0)
            model.stub("bird", "10.3.0.0/24")
            model.stub("r2", "10.2.0.0/24")
            self.agree(model, r1, r2, bird)
            wait_until(lambda: gateways(r2, "10.3.0.0/24") == {"10.0.1.1"}, "by the hub")
            wait_until(lambda: bird.routes()["10.2.0.0/24"]["gateway"] == "10.0.1.1", "back by the hub")
            wait_until(lambda: bird.ping("10.2.0.1"), "packets go through")
            self.assertEqual(self.multicasts(r1), "")

    def test_with_multicast(self):
        """r1, r2 and FRR, who find each other."""
        with Lab() as here:
            frr = here.frr("frr", ospf.frr_ospf("10.255.0.4", {"eth0": " ip ospf network point-to-multipoint\n ip ospf cost 7"}))
            r1, r2 = (here.router(f"r{own}", ospf.xylem_ospf(f"10.255.0.{own}", {"eth0": f"10.0.1.{own}/24"}, {
                AREA0: f"interface eth0 {{ type point-to-multipoint; {FAST} cost 5; }}"})) for own in (1, 2))
            self.switch(here, (r1, ""), (r2, ""), (frr, "10.0.1.4/24"))
            frr.stub("10.4.0.1/24")
            here.start()
            model = Model()
            model.point("r1", "r2", cost=5)
            model.point("r1", "frr", cost=5, back=7)
            model.point("r2", "frr", cost=5, back=7)
            for number, name in (1, "r1"), (2, "r2"), (4, "frr"):
                model.stub(name, f"10.0.1.{number}/32", 0)
            model.stub("frr", "10.4.0.0/24")
            self.agree(model, r1, r2, frr)
            wait_until(lambda: r1.ping("10.4.0.1"), "packets go through")


class UnnumberedTest(OspfTest):
    """A link without a network: each end speaks from its loopback's address."""

    def xylem(self, here):
        return here.router("r1", ospf.xylem_ospf("10.255.0.11", {"lo": "10.255.0.11/32"}, {
            AREA0: f"interface eth0 {{ {point(5)} }} interface lo {{ type loopback; }}"}).replace(
                "interfaces {", "interfaces { interface eth0;", 1))

    def check(self, here, r1, peer, own):
        here.link(r1, peer)
        peer.forward()
        peer.stub("10.2.0.1/24")
        own()
        here.start()
        model = Model()
        model.point("r1", "peer", cost=5)
        model.stub("r1", "10.255.0.11/32", 0)
        model.stub("peer", "10.2.0.0/24")
        return model

    def test_with_frr(self):
        with Lab() as here:
            r1 = self.xylem(here)
            peer = here.frr("peer", ospf.frr_ospf("10.255.0.2", {"eth0": PTP + " ip ospf cost 5", "lo": " ip ospf cost 3"}))

            def addresses():
                peer.ip("address", "add", "10.255.0.2/32", "dev", "lo")
                peer.ip("address", "add", "10.255.0.2/32", "dev", "eth0")

            model = self.check(here, r1, peer, addresses)
            model.stub("peer", "10.255.0.2/32", 3)
            self.agree(model, r1, peer)
            wait_until(lambda: r1.ping("10.2.0.1"), "packets go through")

    def test_with_bird(self):
        """BIRD's end has an address with a peer, which is its way to say so."""
        with Lab() as here:
            r1 = self.xylem(here)
            peer = here.bird("peer", ospf.bird_ospf("10.255.0.2", {"eth0": "type ptp; cost 5;", "lo": "stub; cost 3;"}))

            def addresses():
                peer.ip("address", "add", "10.255.0.2/32", "dev", "lo")
                peer.ip("address", "add", "10.255.0.2", "peer", "10.255.0.11", "dev", "eth0")

            model = self.check(here, r1, peer, addresses)
            model.stub("peer", "10.255.0.2/32", 0)
            self.agree(model, r1, peer)
            wait_until(lambda: r1.ping("10.2.0.1"), "packets go through")


class OwnNetworksTest(OspfTest):
    """        bird ---- r1 ---- frr, with a loopback and a passive interface at r1."""

    def test_loopback_and_passive(self):
        with Lab() as here:
            bird = here.bird("bird", ospf.bird_ospf("10.255.0.1", {"eth0": "type ptp; cost 5;"}))
            frr = here.frr("frr", ospf.frr_ospf("10.255.0.2", {"eth0": PTP + " ip ospf cost 5"}))
            r1 = here.router("r1", ospf.xylem_ospf("10.255.0.11", {
                "eth0": "10.0.1.1/24", "eth1": "10.0.2.1/24", "lo": "10.255.0.11/32 10.255.1.1/30"}, {
                    AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ passive; cost 9; }} interface lo {{ type loopback; cost 4; }}"}))
            here.link(r1, bird, "", "10.0.1.2/24")
            here.link(r1, frr, "", "10.0.2.2/24")
            bird.stub("10.1.0.1/24")
            frr.stub("10.2.0.1/24")
            here.start()
            model = Model()
            model.point("r1", "bird", "10.0.1.0/24")
            model.stub("r1", "10.0.2.0/24", 9)
            model.stub("r1", "10.255.0.11/32", 0)
            model.stub("r1", "10.255.1.1/32", 0)
            model.stub("bird", "10.1.0.0/24")
            self.agree(model, r1, bird)
            wait_until(lambda: lab.output("tcpdump", "-n", "-r", f"{r1.directory}/eth1.pcap", "src 10.0.2.2 and ip proto 89"),
                       "FRR speaks")
            self.assertEqual(lab.output("tcpdump", "-n", "-r", f"{r1.directory}/eth1.pcap", "src 10.0.2.1 and ip proto 89"), "")
            self.assertEqual(self.neighbors(r1).keys(), {"10.0.1.2"})
            self.assertFalse(self.knows(frr, "10.1.0.0/24"))

    def test_a_default_route_that_is_redistributed(self):
        """It comes and goes with the static route."""
        with Lab() as here:
            bird = here.bird("bird", ospf.bird_ospf("10.255.0.1", {"eth0": "type ptp; cost 5;"}))
            r1 = here.router("r1", ospf.xylem_ospf("10.255.0.11", {"eth0": "10.0.1.1/24"}, {AREA0: f"interface eth0 {{ {point(5)} }}"},
                                                   "redistribute static { metric 40; type1; }",
                                                   "static { route 0.0.0.0/0 { blackhole; } }"))
            here.link(r1, bird, "", "10.0.1.2/24")
            here.start()
            self.has(bird, "default")
            self.assertIn("E1 (150/45)", bird.birdc("show route 0.0.0.0/0"))
            r1.cli("configure", "delete protocols static route 0.0.0.0/0", "commit")
            self.lacks(bird, "default")
            r1.cli("configure", "set protocols ospf announce-default always", "set protocols ospf announce-default metric 6", "commit")
            self.has(bird, "default")
            self.assertIn("E2 (150/5/6)", bird.birdc("show route 0.0.0.0/0"))


class InformationTest(OspfTest):
    """        r1 ---- frr ---- bird ---- r2"""

    def test_names_and_abilities(self):
        """What routers say of themselves goes through FRR and BIRD, and what FRR says is understood."""
        with Lab() as here:
            r1, r2 = (here.router(name, ospf.xylem_ospf(f"10.255.0.{own}", {"eth0": f"10.0.{own}.1/24"}, {
                AREA0: f"interface eth0 {{ {point(5)} }}"}, f"hostname {name}.wood;")) for own, name in ((1, "r1"), (2, "r2")))
            frr = here.frr("frr", ospf.frr_ospf("10.255.0.3", {"eth0": PTP, "eth1": PTP}, " capability opaque\n router-info area"))
            bird = here.bird("bird", ospf.bird_ospf("10.255.0.4", {"eth0": "type ptp;", "eth1": "type ptp;"}))
            here.link(r1, frr, "", "10.0.1.3/24")
            here.link(frr, bird, "10.0.3.3/24", "10.0.3.4/24")
            here.link(bird, r2, "10.0.2.4/24", "")
            here.start()

            def said(router):
                return {each["router"]: each for each in router.json("show ospf database opaque-area")}

            for router, other, number in (r1, "r2.wood", 2), (r2, "r1.wood", 1):
                wait_until(lambda: said(router)[f"10.255.0.{number}"]["hostname"] == other, f"{router.name} knows {other}", 60)
            self.assertIn("restarts, helps restarts", said(r1)["10.255.0.2"]["content"])
            wait_until(lambda: "router information" in said(r2)["10.255.0.3"]["content"], "FRR's too")
            r2.cli("configure", "delete protocols ospf hostname", "commit")
            wait_until(lambda: "10.255.0.2" not in said(r1), "it is taken back")


class SignallingTest(OspfTest):
    """r1, r2, BIRD and FRR on one LAN; r1 says something beside its packets (RFC 5613)."""

    def build(self, here, keys="", bird="", frr=""):
        self.r1, self.r2 = (here.router(f"r{own}", ospf.xylem_ospf(f"10.255.0.{own}", {"eth0": f"10.0.1.{own}/24"}, {
            AREA0: f"interface eth0 {{ {ospf.lan(5, keys)} }}"}, more)) for own, more in ((1, "link-local-signalling;"), (2, "")))
        self.bird = here.bird("bird", ospf.bird_ospf("10.255.0.3", {"eth0": "cost 5; " + bird}))
        self.frr = here.frr("frr", ospf.frr_ospf("10.255.0.4", {"eth0": " ip ospf cost 5\n" + frr}))
        self.switch(here, (self.r1, ""), (self.r2, ""), (self.bird, "10.0.1.3/24"), (self.frr, "10.0.1.4/24"))
        self.bird.stub("10.3.0.1/24")
        self.frr.stub("10.4.0.1/24")
        here.start()

    def everybody_understands(self, keys="", bird="", frr=""):
        model = Model()
        model.lan("10.0.1.0/24", "r1", "r2", "bird", "frr")
        model.stub("bird", "10.3.0.0/24")
        model.stub("frr", "10.4.0.0/24")
        with Lab() as here:
            self.build(here, keys, bird, frr)
            self.agree(model, self.r1, self.r2, self.bird, self.frr)
            wait_until(lambda: self.neighbors(self.r2)["10.0.1.1"]["signalling"] == "no abilities", "r2 has read it")
            self.assertEqual(self.neighbors(self.r1)["10.0.1.2"]["signalling"], "")
            return lab.output("tcpdump", "-n", "-v", "-r", f"{self.r1.directory}/eth0.pcap", "src 10.0.1.1 and ip proto 89")

    def test_beside_packets(self):
        said = self.everybody_understands()
        self.assertRegex(said, r"Options \[.*LLS.*\]")
        self.assertRegex(said, r"LLS: checksum: 0xfff7, length: 3\s+Extended Options \(1\), length: 4\s+Options: 0x00000000")

    def test_beside_signed_packets(self):
        """BIRD and FRR take it for no part of the digest."""
        self.everybody_understands("authentication { key 7 { algorithm md5; secret wood; } }",
                                   'authentication cryptographic; password "wood" { id 7; algorithm keyed md5; };',
                                   " ip ospf authentication message-digest\n ip ospf message-digest-key 7 md5 wood\n")


class DiamondTest(OspfTest):
    """        r1 ---- upper ---- frr          links 1 and 3
               \\---- lower ----/              links 2 and 4; upper is BIRD, lower a Xylem router"""

    def build(self, here, costs=(5, 5, 5, 5), lower=""):
        one, two, three, four = costs
        self.r1 = here.router("r1", ospf.xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24", "eth1": "10.0.2.1/24"}, {
            AREA0: f"interface eth0 {{ {point(one)} }} interface eth1 {{ {point(two)} }}"}))
        self.upper = here.bird("upper", ospf.bird_ospf("10.255.0.2", {"eth0": f"type ptp; cost {one};", "eth1": f"type ptp; cost {three};"}))
        self.lower = here.router("lower", ospf.xylem_ospf("10.255.0.3", {"eth0": "10.0.2.2/24", "eth1": "10.0.4.2/24", "lo": "10.255.0.3/32"}, {
            AREA0: f"interface eth0 {{ {point(two)} }} interface eth1 {{ {point(four)} }} interface lo {{ type loopback; }}"}, lower))
        self.frr = here.frr("frr", ospf.frr_ospf("10.255.0.4", {"eth0": f"{PTP} ip ospf cost {three}\n", "eth1": f"{PTP} ip ospf cost {four}\n"}))
        here.link(self.r1, self.upper, "", "10.0.1.2/24")
        here.link(self.r1, self.lower)
        here.link(self.upper, self.frr, "10.0.3.2/24", "10.0.3.4/24")
        here.link(self.lower, self.frr, "", "10.0.4.4/24")
        self.upper.forward()
        self.upper.stub("10.2.0.1/24")
        self.frr.stub("10.4.0.1/24")
        here.start()

    def model(self, costs=(5, 5, 5, 5), through_lower=None):
        one, two, three, four = costs
        model = Model()
        model.point("r1", "upper", "10.0.1.0/24", one)
        model.point("lower", "r1", "10.0.2.0/24", two, transit=through_lower)
        model.point("upper", "frr", "10.0.3.0/24", three)
        model.point("lower", "frr", "10.0.4.0/24", four, transit=through_lower)
        model.stub("lower", "10.255.0.3/32", 0)
        model.stub("upper", "10.2.0.0/24")
        model.stub("frr", "10.4.0.0/24")
        return model

    def gateways(self, net="10.4.0.0/24"):
        return gateways(self.r1, net)

    def test_equal_cost(self):
        """Both ways, and when one is lost the other; a third when it costs the same."""
        with Lab() as here:
            self.build(here)
            everybody = self.r1, self.lower, self.upper, self.frr
            self.agree(self.model(), *everybody)
            wait_until(lambda: self.gateways() == {"10.0.1.2", "10.0.2.2"}, "two ways")
            wait_until(lambda: self.r1.ping("10.4.0.1", 4), "packets go through")
            self.upper.ip("link", "set", "eth1", "down")
            wait_until(lambda: self.gateways() == {"10.0.2.2"}, "the way that is left", 30)
            self.upper.ip("link", "set", "eth1", "up")
            wait_until(lambda: self.gateways() == {"10.0.1.2", "10.0.2.2"}, "two ways again", 60)
            self.agree(self.model(), *everybody)

    def test_parallel_links(self):
        """Two links between the same two routers."""
        with Lab() as here:
            r1 = here.router("r1", ospf.xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24", "eth1": "10.0.2.1/24", "eth2": "10.0.3.1/24"}, {
                AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ {point(5)} }} interface eth2 {{ {ospf.lan(5)} }}"}))
            frr = here.frr("frr", ospf.frr_ospf("10.255.0.2", {"eth0": f"{PTP} ip ospf cost 5\n", "eth1": f"{PTP} ip ospf cost 5\n",
                                                               "eth2": " ip ospf cost 5\n"}))
            for number in 1, 2, 3:
                here.link(r1, frr, "", f"10.0.{number}.2/24")
            frr.stub("10.2.0.1/24")
            here.start()
            model = Model()
            model.point("r1", "frr", "10.0.1.0/24")
            model.point("r1", "frr", "10.0.2.0/24")
            model.lan("10.0.3.0/24", "r1", "frr")
            model.stub("frr", "10.2.0.0/24")
            self.agree(model, r1, frr)
            wait_until(lambda: gateways(r1, "10.2.0.0/24") == {"10.0.1.2", "10.0.2.2", "10.0.3.2"},
                       "three ways")

    def test_stub_router(self):
        """What can go elsewhere does, at a cost ten times as high; what is there stays."""
        costs = (50, 5, 50, 5)
        with Lab() as here:
            self.build(here, costs, "stub-router;")
            everybody = self.r1, self.lower, self.upper, self.frr
            self.agree(self.model(costs, INFINITE), *everybody)
            self.assertEqual(self.gateways(), {"10.0.1.2"})
            self.assertEqual(self.gateways("10.255.0.3"), {"10.0.2.2"})
            wait_until(lambda: self.r1.ping("10.255.0.3") and self.r1.ping("10.4.0.1"), "packets go through")
            self.lower.cli("configure", "delete protocols ospf stub-router", "commit")
            wait_until(lambda: self.gateways() == {"10.0.2.2"}, "it is used again", 30)
            self.agree(self.model(costs), *everybody)
            self.lower.cli("configure", "set protocols ospf stub-router", "commit")
            wait_until(lambda: self.gateways() == {"10.0.1.2"}, "it is not", 30)


class AuthenticationTest(OspfTest):
    """What only Xylem's own routers can do, and virtual links."""

    PLAIN, EXTENDED = "key 1 { secret wood; }", "key 2 { secret leaf; extended; }"
    AUTHENTICATION = "protocols ospf area 0.0.0.0 interface eth0 authentication"

    def types(self, node, source):
        """The kinds of authentication (RFC 2328 section D) of all that this address has sent."""
        lines = lab.output("tcpdump", "-n", "-x", "-r", f"{node.directory}/eth0.pcap", f"src {source} and ip proto 89")
        packets = re.sub(r"\n\s+0x....:", "", lines).splitlines()
        words = [re.findall(r"\b[0-9a-f]{4}\b", packet.split("length ")[-1]) for packet in packets]
        return [int(each[17], 16) for each in words]  # The 34th byte: 20 are of the IP header.

    def test_extended_keys(self):
        """From a plain key to an extended one without an adjacency lost; then one end starts anew."""
        with Lab() as here:
            both = f"authentication {{ {self.PLAIN} {self.EXTENDED.replace('extended', 'extended; accept-only')} }}"
            r1, r2 = (here.router(f"r{own}", ospf.xylem_ospf(f"10.255.0.{own}", {"eth0": f"10.0.1.{own}/24"}, {
                AREA0: f"interface eth0 {{ {point(5, both)} }}"})) for own in (1, 2))
            here.link(r1, r2)
            here.start()
            self.full(r1, "10.0.1.2")
            since = int(self.neighbors(r1)["10.0.1.2"]["since"])
            for router in r1, r2:
                router.cli("configure", f"set {self.AUTHENTICATION} key 1 accept-only", f"delete {self.AUTHENTICATION} key 2 accept-only", "commit")
            for router in r1, r2:
                router.cli("configure", f"delete {self.AUTHENTICATION} key 1", "commit")
            wait_until(lambda: int(self.neighbors(r1)["10.0.1.2"]["since"]) > since + 8, "longer than a dead interval", 60)
            for source in "10.0.1.1", "10.0.1.2":
                self.assertEqual((self.types(r1, source)[0], self.types(r1, source)[-1]), (2, 3))
            self.assertEqual(int(self.neighbors(r1)["10.0.1.2"]["retransmissions"]), 0)
            before = r2.pids()["ospf"]
            os.kill(before, signal.SIGKILL)
            wait_until(lambda: r2.pids()["ospf"] != before, "ospf runs again")
            self.full(r2, "10.0.1.1")
            self.full(r1, "10.0.1.2")

    def test_virtual_link(self):
        """far (area 2) ---- outer ---- (area 1) ---- border ---- right (backbone); both ends of the virtual link sign.

        BIRD 2.0.12 is no such end: its virtual links stay down, between two BIRDs as well."""
        def outer_frr(here, addresses):
            outer = here.frr("outer", ospf.frr_ospf("10.255.0.5", {"eth0": ("2", PTP), "eth1": ("1", PTP)}, """
 area 1 virtual-link 10.255.0.2 hello-interval 1 dead-interval 4
 area 1 virtual-link 10.255.0.2 authentication message-digest
 area 1 virtual-link 10.255.0.2 message-digest-key 7 md5 wood"""))
            outer.forward()
            addresses += ["10.0.5.2/24", "10.0.1.1/24"]
            return outer, "key 7 { algorithm md5; secret wood; }"

        def outer_xylem(here, addresses):
            keys = "key 9 { secret leaf; extended; }"
            addresses += ["", ""]
            return here.router("outer", ospf.xylem_ospf("10.255.0.5", {"eth0": "10.0.5.2/24", "eth1": "10.0.1.1/24"}, {
                "0.0.0.2": f"interface eth0 {{ {point(5)} }}",
                "0.0.0.1": f"interface eth1 {{ {point(5)} }} virtual-link 10.255.0.2 {{ {FAST} authentication {{ {keys} }} }}"})), keys

        for make in outer_frr, outer_xylem:
            with self.subTest(make.__name__), Lab() as here:
                addresses = []
                outer, keys = make(here, addresses)
                far = here.frr("far", ospf.frr_ospf("10.255.0.1", {"eth0": PTP + " ip ospf cost 5"}, area="2"))
                border = here.router("border", ospf.xylem_ospf("10.255.0.2", {"eth0": "10.0.1.2/24", "eth1": "10.0.2.2/24"}, {
                    AREA0: f"interface eth1 {{ {point(5)} }}",
                    "0.0.0.1": f"interface eth0 {{ {point(5)} }} virtual-link 10.255.0.5 {{ {FAST} authentication {{ {keys} }} }}"}))
                right = here.bird("right", ospf.bird_ospf("10.255.0.3", {"eth0": "type ptp; cost 5;"}))
                here.link(far, outer, "10.0.5.1/24", addresses[0])
                here.link(outer, border, addresses[1], "")
                here.link(border, right, "", "10.0.2.3/24")
                far.stub("10.1.0.1/24")
                right.stub("10.3.0.1/24")
                here.start()
                self.has(right, "10.1.0.0/24", timeout=90)
                self.has(far, "10.3.0.0/24")
                wait_until(lambda: far.ping("10.3.0.1"), "packets go through")
                border.cli("configure", "delete protocols ospf area 0.0.0.1 virtual-link 10.255.0.5 authentication", "commit")
                self.lacks(right, "10.1.0.0/24")


class BorderTest(OspfTest):
    """        frr ---- bird ---- r1 ---- other: the backbone, area 1, area 2; r1 has no link in the backbone."""

    def build(self, here, border):
        self.frr = here.frr("frr", ospf.frr_ospf("10.255.0.1", {"eth0": PTP + " ip ospf cost 5"}))
        link = "type ptp; hello 1; dead 4; cost 5;"
        self.bird = here.bird("bird", f"""
router id 10.255.0.2;
protocol device {{ scan time 1; }}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
protocol ospf v2 o {{ ipv4 {{ import all; export none; }};
  area 0 {{ interface "eth0" {{ {link} }}; }}; area 1 {{ interface "eth1" {{ {link} }}; }}; }}
""")
        self.r1 = here.router("r1", ospf.xylem_ospf("10.255.0.3", {"eth0": "10.0.2.3/24", "eth1": "10.0.3.3/24"}, {
            "0.0.0.1": f"interface eth0 {{ {point(5)} }}", "0.0.0.2": f"interface eth1 {{ {point(5)} }}"}, f"border {border};"))
        self.other = here.frr("other", ospf.frr_ospf("10.255.0.4", {"eth0": PTP + " ip ospf cost 5"}, area="2"))
        here.link(self.frr, self.bird, "10.0.1.1/24", "10.0.1.2/24")
        here.link(self.bird, self.r1, "10.0.2.2/24", "")
        here.link(self.r1, self.other, "", "10.0.3.4/24")
        self.bird.forward()
        self.frr.stub("10.1.0.1/24")
        self.other.stub("10.4.0.1/24")
        here.start()

    def area(self, number):
        """What is known of one area within it."""
        model = Model()
        if number == 1:
            model.point("bird", "r1", "10.0.2.0/24")
        else:
            model.point("r1", "other", "10.0.3.0/24")
            model.stub("other", "10.4.0.0/24")
        return model

    def test_alternative(self):
        """It is none without the backbone (RFC 3509): it reaches the backbone by its neighbor, and tells area 2 nothing."""
        with Lab() as here:
            self.build(here, "alternative")
            model = self.area(1)
            model.point("bird", "frr", "10.0.1.0/24")
            model.stub("frr", "10.1.0.0/24")
            both = self.area(2)
            both.edges += model.edges
            both.nets.update(model.nets)
            self.agree(both, self.r1)
            self.agree(self.area(2), self.other)
            self.agree(model, self.bird, self.frr)
            wait_until(lambda: self.r1.ping("10.1.0.1"), "packets go through")

    def test_standard(self):
        """It is one (RFC 2328): area 2 is told of area 1, and summaries count only in the backbone, where it is not."""
        with Lab() as here:
            self.build(here, "standard")
            both = self.area(1)
            second = self.area(2)
            both.edges += second.edges
            both.nets.update(second.nets)
            self.agree(both, self.r1, self.other)
            backbone = self.area(1)
            backbone.point("bird", "frr", "10.0.1.0/24")
            backbone.stub("frr", "10.1.0.0/24")
            self.agree(backbone, self.bird, self.frr)
            self.r1.cli("configure", "set protocols ospf border alternative", "commit")
            self.has(self.r1, "10.1.0.0/24")
            self.agree(second, self.other)


if __name__ == "__main__":
    lab.main()
