#!/usr/bin/python3
"""RIP and RIPng beside BIRD and FRR, as those see it.

        bird (BIRD) ---- r1 (Xylem) ---- frr (FRR)
"""

import unittest

import lab
from lab import Lab, wait_until
from peers import BIRD_RIP, FRR_RIP, xylem_rip

STATIC = "static { route 10.9.0.0/24 { blackhole; } route 2001:db8:9::/64 { blackhole; } }"
LINKS = {"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64"}
AT_ONCE = 8  # Seconds: well before the 12 and 20 s after which BIRD and FRR time a route out.

BIRD_AUTH = {
    "password": "authentication plaintext; password \"wood\";",
    "md5": "authentication cryptographic; password \"wood\" { id 7; algorithm keyed md5; };",
    "sha256": "authentication cryptographic; password \"wood\" { id 7; algorithm hmac sha256; };",
}
FRR_AUTH = {
    "password": "interface eth0\n ip rip authentication mode text\n ip rip authentication string wood\n",
    "md5": "key chain rings\n key 7\n  key-string wood\ninterface eth0\n ip rip authentication mode md5 auth-length rfc\n"
           " ip rip authentication key-chain rings\n",
}
XYLEM_AUTH = {
    "password": "authentication { password wood; }",
    "md5": "authentication { key 7 { algorithm md5; secret wood; } }",
    "sha256": "authentication { key 7 { algorithm hmac-sha256; secret wood; } }",
}


def with_rip(config, old, new):
    assert old in config, old
    return config.replace(old, new, 1)


class RipTest(unittest.TestCase):
    def build(self, here, bird=BIRD_RIP, frr=None, router=None):
        self.bird, self.frr = here.bird("bird", bird), here.frr("frr", frr or FRR_RIP)
        self.r1 = here.router("r1", router or xylem_rip(LINKS, STATIC))
        here.link(self.r1, self.bird, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.frr, "", "10.0.2.2/24 2001:db8:b::2/64")
        self.bird.stub("10.1.0.1/24 2001:db8:1::1/64")
        self.frr.stub("10.2.0.1/24 2001:db8:2::1/64")
        here.start()

    def has(self, node, *nets, timeout=40):
        for net in nets:
            wait_until(lambda: self.knows(node, net), f"{node.name} knows {net}", timeout)

    def lacks(self, node, *nets, timeout=AT_ONCE):
        for net in nets:
            wait_until(lambda: not self.knows(node, net), f"{node.name} has forgotten {net}", timeout)

    @staticmethod
    def knows(node, net):
        route = node.routes(6 if ":" in net else 4).get(net)
        return route is not None and route.get("type", "unicast") != "unreachable"

    def converge(self):
        self.has(self.bird, "10.2.0.0/24", "2001:db8:2::/64")
        self.has(self.frr, "10.1.0.0/24", "2001:db8:1::/64")

    def bird_metric(self, net):
        """As BIRD has it, of the route in `show route`: (metric/...)."""
        return self.bird.birdc(f"show route {net} all")

    def test_what_peers_see(self):
        with Lab() as here:
            self.build(here)
            self.converge()
            self.has(self.bird, "10.0.2.0/24", "10.9.0.0/24", "2001:db8:b::/64", "2001:db8:9::/64")
            self.has(self.frr, "10.0.1.0/24", "10.9.0.0/24", "2001:db8:a::/64", "2001:db8:9::/64")
            for net, metric in ("10.0.2.0/24", 2), ("10.9.0.0/24", 2), ("10.2.0.0/24", 3), ("2001:db8:2::/64", 3):
                self.assertIn(f"RIP.metric: {metric}", self.bird_metric(net), net)
            # Split horizon with poisoned reverse: what BIRD has told comes back to it as unreachable.
            def said():
                return self.captured(self.r1, "eth0", "src host 10.0.1.1 and udp port 520")

            wait_until(lambda: "10.1.0.0/24, tag 0x0000, metric: 16" in said(), "poisoned reverse")
            wait_until(lambda: "10.2.0.0/24, tag 0x0000, metric: 2" in said(), "and what others told")
            self.assertNotIn("10.1.0.0/24, tag 0x0000, metric: 2", said())

    def test_redistribution(self):
        both = "redistribute static { metric 7; } redistribute connected { metric 3; tag 9; }"
        with Lab() as here:
            self.build(here, router=xylem_rip(LINKS, STATIC).replace("redistribute static;", both))
            self.r1.stub("10.5.0.1/24 2001:db8:5::1/64")
            self.has(self.bird, "10.5.0.0/24", "10.9.0.0/24", "2001:db8:5::/64", "2001:db8:9::/64")
            self.has(self.frr, "10.5.0.0/24", "10.9.0.0/24", "2001:db8:5::/64", "2001:db8:9::/64")
            for net, metric in ("10.5.0.0/24", 4), ("2001:db8:5::/64", 4), ("10.9.0.0/24", 8), ("2001:db8:9::/64", 8):
                self.assertIn(f"RIP.metric: {metric}", self.bird_metric(net), net)
            self.assertRegex(self.bird_metric("10.5.0.0/24"), r"RIP.tag: (9|0009)")
            self.r1.ip("link", "set", "stub", "down")
            self.lacks(self.bird, "10.5.0.0/24", "2001:db8:5::/64")
            self.lacks(self.frr, "10.5.0.0/24", "2001:db8:5::/64")

    def captured(self, node, interface, expression):
        return lab.output("tcpdump", "-n", "-vv", "-r", f"{node.directory}/{interface}.pcap", expression)

    def test_withdrawal(self):
        with Lab() as here:
            self.build(here)
            self.converge()
            for node, stub, far in (self.bird, ("10.1.7.1/24", "2001:db8:17::1/64"), self.frr), \
                    (self.frr, ("10.2.7.1/24", "2001:db8:27::1/64"), self.bird):
                nets = [stub[0].replace(".1/", ".0/"), stub[1].replace("::1/", "::/")]
                for address in stub:
                    node.ip("address", "add", address, "dev", "stub")
                self.has(far, *nets, timeout=AT_ONCE)
                for address in stub:
                    node.ip("address", "delete", address, "dev", "stub")
                self.lacks(far, *nets)
                self.lacks(self.r1, *nets)

    def test_metric_and_passive(self):
        router = with_rip(xylem_rip(LINKS, STATIC), "rip { interface eth0; interface eth1;",
                          "rip { interface eth0 { metric 5; } interface eth1 { passive; }")
        with Lab() as here:
            self.build(here, router=router)
            self.has(self.bird, "10.2.0.0/24")
            self.has(self.frr, "2001:db8:1::/64")
            self.has(self.r1, "10.1.0.0/24", "10.2.0.0/24")
            routes = {route["net"]: route for route in self.r1.json("show rip routes")}
            self.assertEqual(int(routes["10.1.0.0/24"]["metric"]), 6)
            self.assertEqual(int(routes["10.2.0.0/24"]["metric"]), 2)
            self.assertFalse(self.knows(self.frr, "10.1.0.0/24"), "a passive interface has spoken")
            said = self.captured(self.r1, "eth1", "src host 10.0.2.1 and udp port 520")
            self.assertNotIn("RIPv2, Response", said)

    def test_goodbye(self):
        """What the router told is gone as soon as it ends."""
        with Lab() as here:
            self.build(here)
            self.converge()
            self.r1.stop()
            self.lacks(self.bird, "10.2.0.0/24", "10.9.0.0/24", "2001:db8:2::/64")
            self.lacks(self.frr, "10.1.0.0/24", "10.9.0.0/24", "2001:db8:1::/64")
            self.assertEqual([net for net, route in self.r1.routes().items() if route.get("protocol") != "kernel"], [])

    def test_link(self):
        with Lab() as here:
            self.build(here)
            self.converge()
            self.bird.ip("link", "set", "eth0", "down")
            self.lacks(self.r1, "10.1.0.0/24", "2001:db8:1::/64")
            self.lacks(self.frr, "10.1.0.0/24", "2001:db8:1::/64", "10.0.1.0/24")
            self.bird.ip("link", "set", "eth0", "up")
            self.bird.ip("address", "replace", "2001:db8:a::2/64", "dev", "eth0")
            self.converge()

    def authenticated(self, kind):
        """With BIRD and, where it can, FRR."""
        frr = dict(FRR_RIP, ripd=FRR_AUTH.get(kind, "") + FRR_RIP["ripd"])
        bird = BIRD_RIP.replace('protocol rip { ipv4 { import all; export all; }; interface "eth*" {',
                                'protocol rip { ipv4 { import all; export all; }; interface "eth*" { ' + BIRD_AUTH[kind])
        both = f"interface eth0 {{ {XYLEM_AUTH[kind]} }} interface eth1 {{ {XYLEM_AUTH[kind] if kind in FRR_AUTH else ''} }}"
        router = with_rip(xylem_rip(LINKS, STATIC), "rip { interface eth0; interface eth1;", "rip { " + both)
        with Lab() as here:
            self.build(here, bird, frr, router)
            self.has(self.bird, "10.2.0.0/24", "10.9.0.0/24")
            self.has(self.frr, "10.1.0.0/24", "10.9.0.0/24")
            said = self.captured(self.r1, "eth0", "udp port 520")
            self.assertRegex(said, "Auth|uthentication")

    def test_password(self):
        self.authenticated("password")

    def test_md5(self):
        self.authenticated("md5")

    def test_hmac(self):
        self.authenticated("sha256")

    def test_wrong_key(self):
        for mine, theirs in ("md5", "sha256"), ("password", "md5"):
            bird = BIRD_RIP.replace('protocol rip { ipv4 { import all; export all; }; interface "eth*" {',
                                    'protocol rip { ipv4 { import all; export all; }; interface "eth*" { ' + BIRD_AUTH[theirs])
            router = with_rip(xylem_rip(LINKS, STATIC), "rip { interface eth0;", f"rip {{ interface eth0 {{ {XYLEM_AUTH[mine]} }}")
            with Lab() as here:
                self.build(here, bird, None, router)
                self.has(self.bird, "2001:db8:2::/64")  # RIPng is as it was.
                self.has(self.frr, "2001:db8:1::/64")
                wait_until(lambda: int(self.eth0().get("badPackets", 0)) >= 3, "packets are dropped")
                self.assertFalse(self.knows(self.bird, "10.2.0.0/24"))
                self.assertFalse(self.knows(self.r1, "10.1.0.0/24"))

    def eth0(self):
        return next(each for each in self.r1.json("show rip")["interface"] if each["name"] == "eth0")


if __name__ == "__main__":
    lab.main()
