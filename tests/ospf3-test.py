#!/usr/bin/python3
"""OSPFv3 beside BIRD and FRR, as those see it.

Link n is the network 2001:db8:n::/64, and 10.0.n.0/24 where IPv4 is routed; each node has a stub network of its own. Costs are
compared with those of a search of the test's own.
"""

import os
import signal
import socket
import struct

import lab
from lab import Lab, wait_until
from ospf import AREA0, Hostile, Model, lan, point
from ospf3 import BIRD_STUB, PTP, Ospf3Test, bird3, bird_interface, frr3, xylem3


class SingleAreaTest(Ospf3Test):
    """        bird ---- r1 ---- frr          links 1, 2; r1 and frr also over r2 (links 3, 4)."""

    def build(self, here):
        self.bird = here.bird("bird", bird3("10.255.0.1", {"0": bird_interface("eth0", "type ptp;") + BIRD_STUB}))
        self.frr = here.frr("frr", frr3("10.255.0.2", {"eth0": PTP + " ipv6 ospf6 cost 30", "eth1": " ipv6 ospf6 cost 7"}))
        self.r1 = here.router("r1", xylem3("10.255.0.11", {"eth0": "2001:db8:1::1/64", "eth1": "2001:db8:2::1/64", "eth2": "2001:db8:3::1/64"}, {
            "ipv6": {AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ {point(30)} }} interface eth2 {{ {lan(4)} }}"}}))
        self.r2 = here.router("r2", xylem3("10.255.0.12", {"eth0": "2001:db8:3::2/64", "eth1": "2001:db8:4::2/64"}, {
            "ipv6": {AREA0: f"interface eth0 {{ {lan(4)} }} interface eth1 {{ {lan(7)} }}"}}))
        here.link(self.r1, self.bird, "", "2001:db8:1::2/64")
        here.link(self.r1, self.frr, "", "2001:db8:2::2/64")
        here.link(self.r1, self.r2)
        here.link(self.r2, self.frr, "", "2001:db8:4::3/64")
        self.bird.stub("2001:db8:b::1/64")
        self.frr.stub("2001:db8:f::1/64")
        self.model = Model()
        self.model.point("bird", "r1", "2001:db8:1::/64")
        self.model.point("r1", "frr", "2001:db8:2::/64", 30)
        self.model.lan("2001:db8:3::/64", "r1", "r2", cost=4)
        self.model.lan("2001:db8:4::/64", "r2", "frr", cost=7)
        self.model.stub("bird", "2001:db8:b::/64")
        self.model.stub("frr", "2001:db8:f::/64")
        here.start()

    def everybody(self):
        return self.r1, self.r2, self.bird, self.frr

    def database(self, router):
        """The LSAs of the area, as instances."""
        return {(each["type"], each["id"], each["router"], each["sequence"]) for each in router.json("show ospf3 database area 0.0.0.0")}

    def test_routes_and_costs(self):
        with Lab() as here:
            self.build(here)
            self.agree(self.model, *self.everybody())
            wait_until(lambda: self.bird.ping("2001:db8:f::1"), "packets go through")
            for kind in "router", "network", "link", "intra-area-prefix":
                self.assertTrue(self.r1.json(f"show ospf3 database {kind}"), kind)
            self.frr.ip("link", "set", "stub", "down")
            self.lacks(self.bird, "2001:db8:f::/64")

    def test_flaps(self):
        """A hundred times down and up, and all is as before."""
        with Lab() as here:
            self.build(here)
            self.agree(self.model, *self.everybody())
            self.flap(self.r2, "eth1")
            self.agree(self.model, *self.everybody())
            wait_until(lambda: self.database(self.r1) == self.database(self.r2), "databases are the same", 60)
            wait_until(lambda: self.bird.ping("2001:db8:f::1"), "packets go through")


class Lan4(Ospf3Test):
    """r1, r2, BIRD and FRR on one LAN, 2001:db8:1::/64."""

    def build(self, here, **priorities):
        own = lambda name: f"priority {priorities[name]};" if name in priorities else ""
        self.r1 = here.router("r1", xylem3("10.255.0.1", {"eth0": "2001:db8:1::1/64"}, {
            "ipv6": {AREA0: f"interface eth0 {{ {lan(5, own('r1'))} }}"}}))
        self.r2 = here.router("r2", xylem3("10.255.0.2", {"eth0": "2001:db8:1::2/64"}, {
            "ipv6": {AREA0: f"interface eth0 {{ {lan(5, own('r2'))} }}"}}))
        self.bird = here.bird("bird", bird3("10.255.0.3", {"0": bird_interface("eth0", own("bird")) + BIRD_STUB}))
        self.frr = here.frr("frr", frr3("10.255.0.4", {
            "eth0": " ipv6 ospf6 cost 5\n" + (f" ipv6 ospf6 priority {priorities['frr']}\n" if "frr" in priorities else "")}))
        switch = here.host("switch")
        for node, address in (self.r1, ""), (self.r2, ""), (self.bird, "2001:db8:1::3/64"), (self.frr, "2001:db8:1::4/64"):
            here.link(node, switch, address)
        switch.ip("link", "add", "lan", "type", "bridge")
        switch.ip("link", "set", "lan", "up")
        for port in switch.interfaces:
            switch.ip("link", "set", port, "master", "lan")
        self.bird.stub("2001:db8:b::1/64")
        self.frr.stub("2001:db8:f::1/64")
        here.start()

    def designated(self, router):
        interface = router.json("show ospf3 interface")[0]
        return interface["designated"], interface["backup"]


class LanTest(Lan4):
    """Who is designated."""

    def test_election_and_failover(self):
        with Lab() as here:
            self.build(here)
            nodes = {"10.255.0.1": self.r1, "10.255.0.2": self.r2, "10.255.0.3": self.bird, "10.255.0.4": self.frr}
            nets = {"10.255.0.3": "2001:db8:b::/64", "10.255.0.4": "2001:db8:f::/64"}
            self.has(self.bird, "2001:db8:f::/64")
            self.has(self.frr, "2001:db8:b::/64")
            self.has(self.r2, *nets.values())
            wait_until(lambda: self.designated(self.r2) == self.designated(self.r1), "all agree")
            first, second = self.designated(self.r1)
            self.assertEqual({first, second} - set(nodes), set())
            nodes[first].ip("link", "set", "eth0", "down")
            other = self.r2 if first == "10.255.0.1" else self.r1
            wait_until(lambda: self.designated(other)[0] == second, "the backup takes over", 30)
            for name, node in nodes.items():
                if name != first:
                    self.has(node, *[net for owner, net in nets.items() if owner not in (name, first)])

    def test_this_router_designated(self):
        with Lab() as here:
            self.build(here, r1=9, r2=0, bird=0, frr=0)
            self.has(self.bird, "2001:db8:f::/64")
            self.has(self.frr, "2001:db8:b::/64", "2001:db8:1::/64")
            self.has(self.r2, "2001:db8:b::/64", "2001:db8:f::/64")
            self.assertEqual(self.designated(self.r2), ("10.255.0.1", "0.0.0.0"))
            wait_until(lambda: self.neighbors(self.r2)["10.255.0.3"]["state"] == "two-way", "routers that are not designated")
            wait_until(lambda: self.bird.ping("2001:db8:f::1"), "packets go through")


class HostileTest(Lan4, Hostile):
    """Who sends nonsense on a LAN harms no adjacency but his own."""

    ADDRESS = socket.inet_pton(socket.AF_INET6, "fe80::9")
    GROUP = socket.inet_pton(socket.AF_INET6, "ff02::5")
    BODIES = {  # By type: what a packet of it may hold.
        1: "00000009010000130001000400000000000000000aff0001",
        2: "0000001305dc000700001234" + "00012001000000000aff00028000000253b10030" * 3,
        3: "00002001000000000aff0001" * 5,
        4: "0000000200022009000000000aff000280000002abca003800022001000000000aff00024000000a20010db8000200004000000120010db8000f0000"
           "00022001000000000aff000280000001c75e001800000013",
        5: "00042001000000000aff0001800000012ac40030" * 4,
    }

    def packet(self, kind, body, length=None, checksum=None):
        head = struct.pack("!BBHIIHBB", 3, kind, len(body) + 16 if length is None else length, 0x0aff0009, 0, 0, 0, 0)
        data = head + body
        covered = self.ADDRESS + self.GROUP + struct.pack("!II", len(data), 89) + data + bytes(len(data) % 2)
        total = sum(struct.unpack(f"!{len(covered) // 2}H", covered))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return data[:12] + struct.pack("!H", ~total & 0xffff if checksum is None else checksum) + data[14:]

    def frame(self, packet):
        head = struct.pack("!IHBB", 0x6c000000, len(packet), 89, 1) + self.ADDRESS + self.GROUP
        return bytes.fromhex("333300000005 020000000009 86dd".replace(" ", "")) + head + packet

    def test_sixty_packets(self):
        with Lab() as here:
            self.build(here)
            attacker = here.host("attacker")
            _, port = here.link(attacker, here.nodes["switch"])
            here.nodes["switch"].ip("link", "set", port, "master", "lan")
            self.has(self.r1, "2001:db8:b::/64", "2001:db8:f::/64")
            wait_until(lambda: {each["state"] for each in self.neighbors(self.r1).values()} <= {"full", "two-way"}, "all is settled")
            since = {router: int(each["since"]) for router, each in self.neighbors(self.r1).items()}
            before = self.r1.pids()["ospf3"]
            sender = attacker.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sender.bind(("eth0", 0))
            for packet in self.hostile():
                sender.send(self.frame(packet))
            wait_until(lambda: int(self.r1.json("show ospf3 statistics")[0]["bad"]) > 5, "they have come")
            wait_until(lambda: all(int(self.neighbors(self.r1)[router]["since"]) > old + 6 for router, old in since.items()),
                       "adjacencies outlive a dead interval", 30)
            self.assertEqual(self.r1.pids()["ospf3"], before)
            self.assertTrue(self.knows(self.r1, "2001:db8:b::/64") and self.knows(self.r1, "2001:db8:f::/64"))


class FamiliesTest(Ospf3Test):
    """        bird ---- r1 ---- r2, each with both families on one link"""

    def test_both(self):
        with Lab() as here:
            both = {family: {AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ {lan(5)} }}"} for family in ("ipv6", "ipv4")}
            bird = here.bird("bird", bird3("10.255.0.1", {"0": bird_interface("eth0", "type ptp;") + BIRD_STUB}, ("ipv6", "ipv4")))
            r1 = here.router("r1", xylem3("10.255.0.11", {"eth0": "2001:db8:1::1/64 10.0.1.1/24", "eth1": "2001:db8:2::1/64 10.0.2.1/24"}, both))
            r2 = here.router("r2", xylem3("10.255.0.12", {"eth0": "2001:db8:2::2/64 10.0.2.2/24", "stub": "10.3.0.1/24 2001:db8:c::1/64"}, {
                family: {AREA0: f"interface eth0 {{ {lan(5)} }} interface stub {{ passive; cost 1; }}"} for family in ("ipv6", "ipv4")},
                "redistribute static;", "static { route 2001:db8:e::/48 { blackhole; } route 10.9.0.0/16 { blackhole; } }"))
            here.link(bird, r1, "2001:db8:1::2/64 10.0.1.2/24", "")
            here.link(r1, r2)
            bird.stub("2001:db8:b::1/64 10.1.0.1/24")
            r2.stub("")
            here.start()
            self.has(bird, "2001:db8:c::/64", "10.3.0.0/24", "10.0.2.0/24", "10.9.0.0/16", "2001:db8:e::/48")
            self.has(r2, "2001:db8:b::/64", "10.1.0.0/24", "10.0.1.0/24")
            self.assertIn("via 10.0.2.1 dev eth0", r2.cli("show ospf3 route family ipv4"))
            for net in "10.1.0.0/24", "2001:db8:b::/64":
                wait_until(lambda: self.cost(r2, net) == 11, f"the cost to {net}")
            wait_until(lambda: bird.ping("10.3.0.1") and bird.ping("2001:db8:c::1"), "packets go through")
            self.assertEqual({each["family"] for each in r1.json("show ospf3 neighbor")}, {"ipv4", "ipv6"})
            self.assertTrue(all(each["family"] == "ipv4" for each in r1.json("show ospf3 neighbor family ipv4")))
            r1.cli("configure", "delete protocols ospf3 address-family ipv4", "commit")
            self.lacks(bird, "10.3.0.0/24")
            self.lacks(r1, "10.1.0.0/24", "10.3.0.0/24")
            self.assertTrue(self.knows(r1, "2001:db8:b::/64") and self.knows(bird, "2001:db8:c::/64"))


class Chain(Ospf3Test):
    """        bird ---- r1 ---- frr"""

    def build(self, here, eth0="", eth1="", bird="", frr="", more="", aware=""):
        self.bird = here.bird("bird", bird3("10.255.0.1", {"0": bird_interface("eth0", "type ptp; " + bird) + BIRD_STUB}, extra=aware))
        self.frr = here.frr("frr", frr3("10.255.0.2", {"eth0": PTP + frr}, more))
        self.r1 = here.router("r1", xylem3("10.255.0.11", {"eth0": "2001:db8:1::1/64", "eth1": "2001:db8:2::1/64"}, {
            "ipv6": {AREA0: f"interface eth0 {{ {point(5, eth0)} }} interface eth1 {{ {point(5, eth1)} }}"}}))
        here.link(self.r1, self.bird, "", "2001:db8:1::2/64")
        here.link(self.r1, self.frr, "", "2001:db8:2::2/64")
        self.bird.stub("2001:db8:b::1/64")
        self.frr.stub("2001:db8:f::1/64")
        here.start()

    def converge(self):
        self.has(self.bird, "2001:db8:f::/64")
        self.has(self.frr, "2001:db8:b::/64")


class LinkTest(Chain):
    """Who signs, and who is not understood."""

    def test_trailer(self):
        """With BIRD by each algorithm. FRR 8.4 ends its keys with the protocol's number in the order of its own machine's bytes, and
        so understands itself alone."""
        for algorithm in "sha1", "sha256", "sha384", "sha512":
            with Lab() as here:
                self.build(here, f"authentication {{ key 7 {{ algorithm hmac-{algorithm}; secret wood; }} }}",
                           bird=f'authentication cryptographic; password "wood" {{ id 7; algorithm hmac {algorithm}; }};')
                self.converge()
                self.r1.cli("configure", "delete protocols ospf3 address-family ipv6 area 0.0.0.0 interface eth0 authentication", "commit")
                self.lacks(self.frr, "2001:db8:b::/64")

    def test_why_it_is_stuck(self):
        keys = "authentication { key 1 { secret a; } }"
        with Lab() as here:
            self.build(here, keys, "", 'authentication cryptographic; password "b" { id 1; algorithm hmac sha256; };', " ipv6 ospf6 mtu-ignore\n")
            self.full(self.r1, "10.255.0.2")
            wait_until(lambda: "wrong signature" in self.neighbors(self.r1)["10.255.0.1"]["problem"], "a reason is given")


class RestartTest(Chain):
    """Packets flow between bird and frr through r1."""

    def more_packets(self, flow, count=200):
        begin = flow.arrived
        wait_until(lambda: flow.arrived >= begin + count, "packets flow", 60)

    def restart_build(self, here):
        self.build(here, more=" graceful-restart grace-period 60\n graceful-restart helper enable\n", aware="graceful restart aware;")
        self.converge()
        wait_until(lambda: self.bird.ping("2001:db8:f::1"), "packets go through")
        # Nobody helps a neighbour that owes him the acknowledgement of a change (RFC 3623 section 3.1), and FRR takes 3 s for one.
        wait_until(lambda: not any(each["unacknowledged"] for each in self.neighbors(self.r1).values()), "all is acknowledged")

    def test_killed(self):
        """kill -9 loses no packet: neighbours keep the adjacency, the RIB keeps the routes."""
        with Lab() as here:
            self.restart_build(here)
            before = self.r1.pids()["ospf3"]
            there, back = self.bird.flow(self.frr, "2001:db8:f::1", 0.005), self.frr.flow(self.bird, "2001:db8:b::1", 0.005)
            with there, back:
                self.more_packets(there)
                os.kill(before, signal.SIGKILL)
                wait_until(lambda: self.r1.pids()["ospf3"] != before, "ospf3 runs again")
                wait_until(lambda: "restart ended" in self.r1.read("xylem.log"), "the restart is over", 60)
                self.full(self.r1, "10.255.0.1", "10.255.0.2")
                self.more_packets(there, 1000)  # Longer than a dead interval.
            self.assertEqual((there.lost, back.lost), (0, 0))

    def test_helper(self):
        """FRR restarts, and nobody else notices."""
        with Lab() as here:
            self.restart_build(here)
            self.frr.forward()
            flow = self.bird.flow(self.frr, "2001:db8:f::1", 0.005)
            with flow:
                self.more_packets(flow)
                self.frr.vtysh("graceful-restart prepare ipv6 ospf")
                wait_until(lambda: self.restarting(), "r1 has FRR's Grace-LSA")
                os.kill(int(self.frr.read("ospf6d.pid")), signal.SIGKILL)
                self.frr.processes["ospf6d"].wait()
                self.frr.start_daemon("ospf6d")
                wait_until(lambda: not self.restarting(), "FRR is back", 70)
                self.full(self.r1, "10.255.0.2")
                self.more_packets(flow, 1000)
            self.assertEqual(flow.lost, 0)

    def restarting(self):
        return self.neighbors(self.r1)["10.255.0.2"]["restarting"]


if __name__ == "__main__":
    lab.main()
