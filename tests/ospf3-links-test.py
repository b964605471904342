#!/usr/bin/python3
"""OSPFv3 over links without multicast and point-to-multipoint, beside BIRD; FRR 8.4 knows neither. And what routers say of themselves."""

import lab
from lab import Lab, wait_until
from ospf import AREA0, FAST, Model, point
from ospf3 import BIRD_STUB, PTP, Ospf3Test, bird3, bird_interface, frr3, xylem3

LINK = "2001:db8:1::/64"


class OneByOneTest(Ospf3Test):
    """r1, r2 and BIRD on one link, 2001:db8:1::/64, with addresses that end in 1, 2, 3; hellos go to each neighbor by itself."""

    def build(self, here, kind, bird_kind, neighbors):
        """`neighbors`: {name: names of those that it greets}. Who they are is known when the links are there."""
        said = {name: " ".join(f"neighbor @{other}@;" for other in others) for name, others in neighbors.items()}
        self.r1, self.r2 = (here.router(f"r{own}", xylem3(f"10.255.0.{own}", {"eth0": f"2001:db8:1::{own}/64", "stub": f"2001:db8:{own}a::1/64"}, {
            "ipv6": {AREA0: f"interface eth0 {{ type {kind}; {FAST} cost 5; {said[f'r{own}']} }} interface stub {{ passive; cost 1; }}"}}))
                            for own in (1, 2))
        greeted = " ".join(f"@{other}@{' eligible' if kind == 'nbma' else ''};" for other in neighbors["bird"])
        self.bird = here.bird("bird", bird3("10.255.0.3", {
            "0": bird_interface("eth0", f"type {bird_kind}; poll 2; neighbors {{ {greeted} }};") + BIRD_STUB}))
        self.switch(here, (self.r1, ""), (self.r2, ""), (self.bird, "2001:db8:1::3/64"))
        for node in self.r1, self.r2:
            node.stub("")
        self.bird.stub("2001:db8:b::1/64")
        for node in self.r1, self.r2, self.bird:
            for other in self.r1, self.r2, self.bird:
                node.config = node.config.replace(f"@{other.name}@", self.link_local(other))
        self.model = Model()
        self.model.stub("r1", "2001:db8:1a::/64")
        self.model.stub("r2", "2001:db8:2a::/64")
        self.model.stub("bird", "2001:db8:b::/64")
        here.start()

    def multicasts(self, node):
        """What the node has sent to the groups of OSPF, or heard."""
        return lab.output("tcpdump", "-n", "-r", f"{node.directory}/eth0.pcap", "ip6 proto 89 and ip6 multicast")

    def test_non_broadcast(self):
        names = ["r1", "r2", "bird"]
        with Lab() as here:
            self.build(here, "nbma", "nbma", {own: [name for name in names if name != own] for own in names})
            everybody = self.r1, self.r2, self.bird
            self.model.lan(LINK, *names)
            self.agree(self.model, *everybody)
            wait_until(lambda: self.bird.ping("2001:db8:2a::1"), "packets go through")
            for node in everybody:
                self.assertEqual(self.multicasts(node), "")
            designated = self.r1.json("show ospf3 interface eth0")[0]["designated"]
            dead = {"10.255.0.1": self.r1, "10.255.0.2": self.r2, "10.255.0.3": self.bird}[designated]
            dead.ip("link", "set", "eth0", "down")
            left = [node for node in everybody if node is not dead]
            model = Model()
            model.lan(LINK, *[node.name for node in left])
            for net, places in self.model.nets.items():
                if places[0][0] in [node.name for node in left]:
                    model.stub(places[0][0], net)
            self.agree(model, *left)

    def test_point_to_multipoint(self):
        """The spokes know the hub r1 alone: what goes from spoke to spoke goes through it."""
        with Lab() as here:
            self.build(here, "point-to-multipoint", "ptmp", {"r1": ["r2", "bird"], "r2": ["r1"], "bird": ["r1"]})
            self.model.point("r1", "bird")
            self.model.point("r1", "r2")
            for number, name in (1, "r1"), (2, "r2"), (3, "bird"):
                self.model.stub(name, f"2001:db8:1::{number}/128", 0)
            self.agree(self.model, self.r1, self.r2, self.bird)
            wait_until(lambda: self.bird.routes(6)["2001:db8:2a::/64"]["gateway"] == self.link_local(self.r1), "by the hub")
            wait_until(lambda: self.bird.ping("2001:db8:2a::1"), "packets go through")
            self.assertEqual(self.multicasts(self.r1), "")


class SignallingTest(Ospf3Test):
    """        bird ---- r1 ---- r2          r1 says something beside its packets (RFC 5613)."""

    def test_beside_packets(self):
        """On the link to r2, which is signed; nothing changes for BIRD, on one that is not."""
        keys = "authentication { key 300 { secret wood; } }"
        with Lab() as here:
            r1 = here.router("r1", xylem3("10.255.0.1", {"eth0": "2001:db8:1::1/64", "eth1": "2001:db8:2::1/64"}, {
                "ipv6": {AREA0: f"interface eth0 {{ {point(5)} }} interface eth1 {{ {point(5, keys)} }}"}}).replace(
                    "router-id", "link-local-signalling; router-id", 1))
            r2 = here.router("r2", xylem3("10.255.0.2", {"eth0": "2001:db8:2::2/64"}, {
                "ipv6": {AREA0: f"interface eth0 {{ {point(5, keys)} }}"}}))
            bird = here.bird("bird", bird3("10.255.0.3", {"0": bird_interface("eth0", "type ptp;") + BIRD_STUB}))
            here.link(bird, r1, "2001:db8:1::3/64", "")
            here.link(r1, r2)
            bird.stub("2001:db8:b::1/64")
            here.start()
            self.has(r2, "2001:db8:b::/64")
            self.has(bird, "2001:db8:2::/64")
            wait_until(lambda: self.neighbors(r2)["10.255.0.1"]["signalling"] == "no abilities", "r2 has read it")
            self.assertEqual(self.neighbors(r1)["10.255.0.2"]["signalling"], "")


class InformationTest(Ospf3Test):
    """        r1 ---- frr ---- bird ---- r2"""

    def test_names_and_abilities(self):
        """What routers say of themselves goes through FRR and BIRD, who do not know it."""
        with Lab() as here:
            r1, r2 = (here.router(name, xylem3(f"10.255.0.{own}", {"eth0": f"2001:db8:{own}::1/64"}, {
                "ipv6": {AREA0: f"interface eth0 {{ {point(5)} }}"}}).replace("router-id", f"hostname {name}.wood; router-id", 1))
                      for own, name in ((1, "r1"), (2, "r2")))
            frr = here.frr("frr", frr3("10.255.0.3", {"eth0": PTP, "eth1": PTP}))
            bird = here.bird("bird", bird3("10.255.0.4", {"0": bird_interface("eth0", "type ptp;") + bird_interface("eth1", "type ptp;")}))
            here.link(r1, frr, "", "2001:db8:1::3/64")
            here.link(frr, bird, "2001:db8:3::3/64", "2001:db8:3::4/64")
            here.link(bird, r2, "2001:db8:2::4/64", "")
            here.start()

            def said(router):
                return {each["router"]: each for each in router.json("show ospf3 database router-information")}

            for router, other, number in (r1, "r2.wood", 2), (r2, "r1.wood", 1):
                wait_until(lambda: said(router)[f"10.255.0.{number}"]["hostname"] == other, f"{router.name} knows {other}", 60)
            self.assertIn("helps restarts", said(r1)["10.255.0.2"]["content"])
            r2.cli("configure", "delete protocols ospf3 hostname", "commit")
            wait_until(lambda: "10.255.0.2" not in said(r1), "it is taken back")


if __name__ == "__main__":
    lab.main()
