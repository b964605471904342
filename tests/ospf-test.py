#!/usr/bin/python3
"""OSPFv2 beside BIRD and FRR, as those see it.

Links are numbered from 1 on, and link n is the network 10.0.n.0/24; each node has a stub network of its own. What a router should know
is computed here, by a search over the links that a test has made, and compared with the kernel of every node.
"""

import os
import signal
import socket
import struct

import lab
from lab import Lab, wait_until
from ospf import AREA0, PTP, Hostile, OspfTest, bird_ospf, frr_ospf, lan, point, shortest, xylem_ospf


class SingleAreaTest(OspfTest):
    """        bird ---- r1 ---- frr          links 1, 2; r1 and frr also over r2 (links 3, 4)."""

    def build(self, here):
        self.bird = here.bird("bird", bird_ospf("10.255.0.1", {"eth0": "type ptp; cost 5;"}))
        self.frr = here.frr("frr", frr_ospf("10.255.0.2", {"eth0": " ip ospf network point-to-point\n ip ospf cost 30",
                                                           "eth1": " ip ospf cost 7"}))
        self.r1 = here.router("r1", xylem_ospf("10.255.0.11", {"eth0": "10.0.1.1/24", "eth1": "10.0.2.1/24", "eth2": "10.0.3.1/24"}, {
            AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ {point(30)} }} interface eth2 {{ {lan(4)} }}"}))
        self.r2 = here.router("r2", xylem_ospf("10.255.0.12", {"eth0": "10.0.3.2/24", "eth1": "10.0.4.2/24"}, {
            AREA0: f"interface eth0 {{ {lan(4)} }} interface eth1 {{ {lan(7)} }}"}))
        here.link(self.r1, self.bird, "", "10.0.1.2/24")
        here.link(self.r1, self.frr, "", "10.0.2.2/24")
        here.link(self.r1, self.r2)
        here.link(self.r2, self.frr, "", "10.0.4.3/24")
        self.bird.stub("10.1.0.1/24")
        self.frr.stub("10.2.0.1/24")
        self.edges = [("bird", "r1", 5, 5), ("r1", "frr", 30, 30), ("r1", "r2", 4, 4), ("r2", "frr", 7, 7)]
        here.start()

    def converge(self):
        self.has(self.bird, "10.2.0.0/24", "10.0.4.0/24")
        self.has(self.frr, "10.1.0.0/24", "10.0.3.0/24")
        self.has(self.r2, "10.1.0.0/24", "10.2.0.0/24")

    def test_routes_and_costs(self):
        with Lab() as here:
            self.build(here)
            self.converge()
            for router in self.r1, self.r2:
                known = shortest(self.edges, router.name)
                for name, net in ("bird", "10.1.0.0/24"), ("frr", "10.2.0.0/24"):
                    wait_until(lambda: self.cost(router, net) == known[name] + 1, f"{router.name} to {net}")
            far = f"/{shortest(self.edges, 'bird')['frr'] + 1})"
            wait_until(lambda: far in self.bird.birdc("show route 10.2.0.0/24"), "BIRD's cost")
            far = shortest(self.edges, "frr")["bird"] + 1
            wait_until(lambda: self.frr.vtysh_json("show ip route ospf")["10.1.0.0/24"][0]["metric"] == far, "FRR's cost")
            self.assertIn("via 10.0.3.2", self.r1.cli("show ospf route"))
            wait_until(lambda: self.bird.ping("10.2.0.1"), "packets go through")

    def test_flaps(self):
        """A hundred times down and up, and all is as before."""
        with Lab() as here:
            self.build(here)
            self.converge()
            self.flap(self.r2, "eth1")
            wait_until(lambda: self.cost(self.r1, "10.2.0.0/24") == 12, "the shortest way again", 60)
            self.converge()
            wait_until(lambda: self.frr.routes()["10.1.0.0/24"]["gateway"] == "10.0.4.2", "FRR's too", 60)


class Lan4(OspfTest):
    """r1, r2, BIRD and FRR on one LAN, 10.0.1.0/24, with addresses that end in 1, 2, 3, 4."""

    def lan(self, here, r1="", r2="", bird="", frr=""):
        self.r1 = here.router("r1", xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24"}, {AREA0: f"interface eth0 {{ {lan(5, r1)} }}"}))
        self.r2 = here.router("r2", xylem_ospf("10.255.0.2", {"eth0": "10.0.1.2/24"}, {AREA0: f"interface eth0 {{ {lan(5, r2)} }}"}))
        self.bird = here.bird("bird", bird_ospf("10.255.0.3", {"eth0": "cost 5; " + bird}))
        self.frr = here.frr("frr", frr_ospf("10.255.0.4", {"eth0": " ip ospf cost 5\n" + frr}))
        switch = here.host("switch")
        for node, address in (self.r1, ""), (self.r2, ""), (self.bird, "10.0.1.3/24"), (self.frr, "10.0.1.4/24"):
            here.link(node, switch, address)
        switch.ip("link", "add", "lan", "type", "bridge")
        switch.ip("link", "set", "lan", "up")
        for port in switch.interfaces:
            switch.ip("link", "set", port, "master", "lan")
        self.bird.stub("10.3.0.1/24")
        self.frr.stub("10.4.0.1/24")
        here.start()

    def designated(self, router):
        interface = router.json("show ospf interface")[0]
        return interface["designated"], interface["backup"]


class LanTest(Lan4):
    """Who is designated."""

    def test_election_and_failover(self):
        with Lab() as here:
            self.lan(here, "priority 9;", "priority 8;", "priority 7;", " ip ospf priority 6")
            self.has(self.bird, "10.4.0.0/24")
            self.has(self.r2, "10.3.0.0/24", "10.4.0.0/24")
            self.has(self.frr, "10.3.0.0/24")
            wait_until(lambda: self.designated(self.r2) == self.designated(self.r1), "all agree")
            # All started at once: who waited longest may differ, but not that there are two of them.
            first, second = self.designated(self.r1)
            self.assertEqual({first, second} - {"10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4"}, set())
            nodes = {"10.0.1.1": self.r1, "10.0.1.2": self.r2, "10.0.1.3": self.bird, "10.0.1.4": self.frr}
            nodes[first].ip("link", "set", "eth0", "down")
            other = self.r2 if first == "10.0.1.1" else self.r1
            wait_until(lambda: self.designated(other)[0] == second, "the backup takes over", 30)
            left = [node for node in (self.bird, self.frr) if node is not nodes[first]]
            for node in left:
                for net, owner in ("10.3.0.0/24", self.bird), ("10.4.0.0/24", self.frr):
                    if owner is not node and owner is not nodes[first]:
                        self.has(node, net)
            self.has(other, *[net for net, owner in (("10.3.0.0/24", self.bird), ("10.4.0.0/24", self.frr)) if owner in left])

    def test_never_designated(self):
        with Lab() as here:
            self.lan(here, "priority 0;", "priority 0;", "priority 0;", " ip ospf priority 1")
            self.has(self.r1, "10.3.0.0/24", "10.4.0.0/24")
            self.assertEqual(self.designated(self.r1), ("10.0.1.4", "0.0.0.0"))
            wait_until(lambda: self.neighbors(self.r1)["10.0.1.2"]["state"] == "two-way", "routers that are not designated")


class HostileTest(Lan4, Hostile):
    """Who sends nonsense on a LAN harms no adjacency but his own."""

    BODIES = {  # By type: what a packet of it may hold.
        1: "ffffff00000102010000000400000000000000000aff0001",
        2: "05dc020700001234" + "000102010aff00020aff00028000000253b10030" * 3,
        3: "000000010aff00010aff0001" * 5,
        4: "00000001000102010aff00090aff0009800000019be70030020000020a000200ffffff000300000a0a020000ffffff0003000001",
        5: "000242010aff00010aff00018000000124ac0030" * 4,
    }

    def packet(self, kind, body, length=None, checksum=None):
        head = struct.pack("!BBHIIHHQ", 2, kind, len(body) + 24 if length is None else length, 0x0aff0009, 0, 0, 0, 0)
        data = head + body
        padded = data + bytes(len(data) % 2)
        total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return data[:12] + struct.pack("!H", ~total & 0xffff if checksum is None else checksum) + data[14:]

    def test_sixty_packets(self):
        with Lab() as here:
            self.lan(here)
            attacker = here.host("attacker")
            _, port = here.link(attacker, here.nodes["switch"], "10.0.1.9/24")
            here.nodes["switch"].ip("link", "set", port, "master", "lan")
            self.has(self.r1, "10.3.0.0/24", "10.4.0.0/24")
            wait_until(lambda: {each["state"] for each in self.neighbors(self.r1).values()} <= {"full", "two-way"}, "all is settled")
            since = {address: int(each["since"]) for address, each in self.neighbors(self.r1).items()}
            before = self.r1.pids()["ospf"]
            sender = attacker.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sender.bind(("eth0", 0))
            for packet in self.hostile():
                sender.send(self.frame(packet))
            wait_until(lambda: int(self.r1.json("show ospf statistics")[0]["bad"]) > 5, "they have come")
            wait_until(lambda: all(int(self.neighbors(self.r1)[address]["since"]) > old + 6 for address, old in since.items()),
                       "adjacencies outlive a dead interval", 30)
            self.assertEqual(self.r1.pids()["ospf"], before)
            self.assertTrue(self.knows(self.r1, "10.3.0.0/24") and self.knows(self.r1, "10.4.0.0/24"))

    @staticmethod
    def frame(packet):
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(packet), 0, 0, 1, 89, 0, socket.inet_aton("10.0.1.9"),
                           socket.inet_aton("224.0.0.5"))
        total = sum(struct.unpack("!10H", head))
        total = (total & 0xffff) + (total >> 16)
        head = head[:10] + struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + head[12:]
        return bytes.fromhex("01005e000005 020000000009 0800".replace(" ", "")) + head + packet


class LinkTest(OspfTest):
    """        bird ---- r1 ---- frr"""

    def build(self, here, eth0="", eth1="", bird="", frr="", more="", timers="hello 1; dead 4;"):
        self.bird = here.bird("bird", bird_ospf("10.255.0.1", {"eth0": "type ptp; cost 5; " + bird}, timers=timers))
        self.frr = here.frr("frr", frr_ospf("10.255.0.2", {"eth0": " ip ospf network point-to-point\n" + frr}))
        self.r1 = here.router("r1", self.config(eth0, eth1, more))
        here.link(self.r1, self.bird, "", "10.0.1.2/24")
        here.link(self.r1, self.frr, "", "10.0.2.2/24")
        self.bird.stub("10.1.0.1/24")
        self.frr.stub("10.2.0.1/24")

    @staticmethod
    def config(eth0, eth1, more=""):
        return xylem_ospf("10.255.0.11", {"eth0": "10.0.1.1/24", "eth1": "10.0.2.1/24"}, {
            AREA0: f"interface eth0 {{ {point(5, eth0)} }} interface eth1 {{ {point(5, eth1)} }}"}, more)

    def converge(self):
        self.has(self.bird, "10.2.0.0/24")
        self.has(self.frr, "10.1.0.0/24")

    def authenticated(self, xylem, bird, frr):
        with Lab() as here:
            self.build(here, xylem, xylem if frr else "", bird, frr)
            here.start()
            self.converge()
            said = lab.output("tcpdump", "-n", "-v", "-r", f"{self.r1.directory}/eth0.pcap", "ip proto 89")
            self.assertNotIn("Authentication Type: none", said)

    def test_password(self):
        self.authenticated("authentication { password wood; }", 'authentication simple; password "wood";',
                           " ip ospf authentication\n ip ospf authentication-key wood")

    def test_md5(self):
        self.authenticated("authentication { key 7 { algorithm md5; secret wood; } }",
                           'authentication cryptographic; password "wood" { id 7; algorithm keyed md5; };',
                           " ip ospf authentication message-digest\n ip ospf message-digest-key 7 md5 wood")

    def test_hmac(self):
        for algorithm in "sha1", "sha256", "sha384", "sha512":
            self.authenticated(f"authentication {{ key 7 {{ algorithm hmac-{algorithm}; secret wood; }} }}",
                               f'authentication cryptographic; password "wood" {{ id 7; algorithm hmac {algorithm}; }};', "")

    def test_keys_are_turned_over(self):
        """From one key to the next, without an adjacency lost."""
        both = 'authentication cryptographic; password "old" { id 1; algorithm keyed md5; }; password "new" { id 2; algorithm keyed md5; };'
        keys = "authentication { key 1 { algorithm md5; secret old; } key 2 { algorithm md5; secret new; accept-only; } }"
        with Lab() as here:
            self.build(here, keys, "", both)
            here.start()
            self.converge()
            since = int(self.neighbors(self.r1)["10.0.1.2"]["since"])
            key = "protocols ospf area 0.0.0.0 interface eth0 authentication key"
            self.r1.cli("configure", f"set {key} 1 accept-only", f"delete {key} 2 accept-only", "commit")
            self.bird.write("bird.conf", self.bird.config.replace('password "old" { id 1; algorithm keyed md5; };', ""))
            self.bird.birdc("configure")
            wait_until(lambda: "Key-ID: 2" in lab.output("tcpdump", "-n", "-v", "-r", f"{self.r1.directory}/eth0.pcap", "src 10.0.1.1"),
                       "the new key signs")
            self.r1.cli("configure", f"delete {key} 1", "commit")
            wait_until(lambda: int(self.neighbors(self.r1)["10.0.1.2"]["since"]) > since + 8, "longer than a dead interval", 60)

    def test_why_it_is_stuck(self):
        """In plain words."""
        def said(eth0="", bird="", timers="hello 1; dead 4;", prepare=lambda: None):
            with Lab() as here:
                self.build(here, eth0, "", bird, timers=timers)
                prepare()
                here.start()
                self.full(self.r1, "10.0.2.2")
                problem = wait_until(lambda: self.neighbors(self.r1)["10.0.1.2"]["problem"], "a reason is given")
                self.assertFalse(self.knows(self.r1, "10.1.0.0/24"))
                return problem

        self.assertIn("its hello interval is 2, and 1 here", said(timers="hello 2; dead 8;"))
        self.assertIn("authentication, but none is configured here", said(bird='authentication simple; password "x";'))
        self.assertIn("wrong signature", said("authentication { key 1 { algorithm md5; secret a; } }",
                                              'authentication cryptographic; password "b" { id 1; algorithm keyed md5; };'))

        def smaller():
            self.r1.ip("link", "set", "eth0", "mtu", "1400")

        self.assertIn("its MTU is 1500, and 1400 here", said(prepare=smaller))

    def test_ignored_mtu(self):
        with Lab() as here:
            self.build(here, "", "ignore-mtu;")
            self.r1.ip("link", "set", "eth1", "mtu", "1400")
            here.start()
            self.has(self.r1, "10.2.0.0/24")
            self.has(self.frr, "10.1.0.0/24")

    def test_redistribution(self):
        """Static routes with metric, type and tag; a default route; what others announce."""
        with Lab() as here:
            self.build(here, more="redistribute static { metric 33; type1; tag 77; policy ONLY; } announce-default { always; metric 5; }")
            self.r1.config = self.r1.config.replace("protocols {", "protocols { static { route 10.9.0.0/24 { blackhole; } "
                                                    "route 10.8.0.0/24 { blackhole; } }", 1)
            self.r1.config += ("policy { policy-statement ONLY { term 1 { from { prefix 10.9.0.0/16 orlonger; } "
                               "then { accept; } } default-action reject; } }")
            self.frr.configs["ospfd"] += " redistribute static metric 50\n"
            self.frr.configs["staticd"] = "ip route 10.7.0.0/24 blackhole\n"
            here.start()
            self.has(self.bird, "10.9.0.0/24", "10.7.0.0/24", "default")
            self.assertFalse(self.knows(self.bird, "10.8.0.0/24"))
            route = self.bird.birdc("show route 10.9.0.0/24 all")
            self.assertIn("E1 (150/38)", route)
            self.assertIn("4d", route.lower())
            routes = {each["net"]: each for each in self.r1.json("show ospf route")}
            self.assertEqual((routes["10.7.0.0/24"]["type"], int(routes["10.7.0.0/24"]["cost2"])), ("external-2", 50))
            self.r1.cli("configure", "delete protocols ospf announce-default", "commit")
            self.lacks(self.bird, "default")

    def test_unnumbered(self):
        """Two Xylem routers over a link without a network, as FRR and BIRD see it through them."""
        with Lab() as here:
            self.frr = here.frr("frr", frr_ospf("10.255.0.2", {"eth0": " ip ospf network point-to-point"}))
            areas = {AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ {point(5)} }} interface lo {{ type loopback; }}"}
            self.r1 = here.router("r1", xylem_ospf("10.255.0.11", {"eth0": "10.0.1.1/24", "lo": "10.255.0.11/32"}, areas)
                                  .replace("interface eth0 { address", "interface eth1; interface eth0 { address", 1))
            self.r2 = here.router("r2", xylem_ospf("10.255.0.12", {"lo": "10.255.0.12/32"}, {
                AREA0: f"interface eth0 {{ {point(5)} }} interface lo {{ type loopback; }}"}).replace("interfaces {", "interfaces { interface eth0;", 1))
            here.link(self.r1, self.frr, "", "10.0.1.2/24")
            here.link(self.r1, self.r2)
            self.frr.stub("10.2.0.1/24")
            here.start()
            self.has(self.frr, "10.255.0.12")
            self.has(self.r2, "10.2.0.0/24")
            wait_until(lambda: self.r2.ping("10.2.0.1"), "packets go through")


class RestartTest(OspfTest):
    """        bird ---- r1 ---- frr; packets flow between the two through r1."""

    def build(self, here, more=""):
        self.bird = here.bird("bird", bird_ospf("10.255.0.1", {"eth0": "type ptp; cost 5;"}, extra="graceful restart aware;"))
        configs = frr_ospf("10.255.0.2", {"eth0": PTP}, " capability opaque\n graceful-restart helper enable\n" + more)
        self.frr = here.frr("frr", configs)
        self.r1 = here.router("r1", LinkTest.config("", ""))
        here.link(self.r1, self.bird, "", "10.0.1.2/24")
        here.link(self.r1, self.frr, "", "10.0.2.2/24")
        self.bird.stub("10.1.0.1/24")
        self.frr.stub("10.2.0.1/24")
        here.start()
        self.has(self.bird, "10.2.0.0/24")
        self.has(self.frr, "10.1.0.0/24")
        wait_until(lambda: self.bird.ping("10.2.0.1"), "packets go through")
        # Nobody helps a neighbour that owes him the acknowledgement of a change (RFC 3623 section 3.1), and FRR takes 3 s for one.
        wait_until(lambda: not any(each["unacknowledged"] for each in self.neighbors(self.r1).values()), "all is acknowledged")

    def more_packets(self, flow, count=200):
        begin = flow.arrived
        wait_until(lambda: flow.arrived >= begin + count, "packets flow", 40)

    def test_killed(self):
        """kill -9 loses no packet: neighbours keep the adjacency, the RIB keeps the routes."""
        with Lab() as here:
            self.build(here)
            before = self.r1.pids()["ospf"]
            there, back = self.bird.flow(self.frr, "10.2.0.1", 0.005), self.frr.flow(self.bird, "10.1.0.1", 0.005)
            with there, back:
                self.more_packets(there)
                os.kill(before, signal.SIGKILL)
                wait_until(lambda: self.r1.pids()["ospf"] != before, "ospf runs again")
                wait_until(lambda: "restart ended" in self.r1.read("xylem.log"), "the restart is over", 60)
                self.full(self.r1, "10.0.1.2", "10.0.2.2")
                self.more_packets(there, 1000)  # Longer than a dead interval.
            self.assertEqual((there.lost, back.lost), (0, 0))

    def test_helper(self):
        """FRR restarts, and nobody else notices."""
        with Lab() as here:
            self.build(here, " graceful-restart grace-period 60\n")
            self.frr.forward()
            flow = self.bird.flow(self.frr, "10.2.0.1", 0.005)
            with flow:
                self.more_packets(flow)
                self.frr.vtysh("graceful-restart prepare ip ospf")
                wait_until(lambda: self.restarting(), "r1 has FRR's Grace-LSA")
                os.kill(int(self.frr.read("ospfd.pid")), signal.SIGKILL)
                self.frr.processes["ospfd"].wait()
                self.frr.start_daemon("ospfd")
                wait_until(lambda: not self.restarting(), "FRR is back", 70)
                self.full(self.r1, "10.0.2.2")
                self.more_packets(flow, 1000)
            self.assertEqual(flow.lost, 0)

    def restarting(self):
        return self.neighbors(self.r1)["10.0.2.2"]["restarting"]


if __name__ == "__main__":
    lab.main()
