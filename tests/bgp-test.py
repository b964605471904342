#!/usr/bin/python3
"""BGP beside BIRD and FRR, as those see it.

    bird (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- frr (FRR, AS 65002)
"""

import unittest

from lab import Lab, main, wait_until
from peers import ACCEPT, BIRD_BGP, FRR_BGP, xylem_bgp

LINKS = {"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64"}
NEIGHBORS = """
        neighbor 10.0.1.2 { remote-as 65001; import ACCEPT; export ACCEPT; }
        neighbor 2001:db8:a::2 { remote-as 65001; import ACCEPT; export ACCEPT; }
        neighbor 10.0.2.2 { remote-as 65002; import ACCEPT; export ACCEPT; }
        neighbor 2001:db8:b::2 { remote-as 65002; import ACCEPT; export ACCEPT; }
"""


class BgpTest(unittest.TestCase):
    def build(self, here, neighbors=NEIGHBORS, bird=BIRD_BGP, frr=FRR_BGP, more=""):
        self.bird, self.frr = here.bird("bird", bird), here.frr("frr", frr)
        self.r1 = here.router("r1", xylem_bgp(LINKS, 65000, "10.0.1.1", neighbors, more))
        here.link(self.r1, self.bird, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.frr, "", "10.0.2.2/24 2001:db8:b::2/64")
        self.bird.stub("10.1.0.1/24 2001:db8:1::1/64")
        self.frr.stub("10.2.0.1/24 2001:db8:2::1/64")
        here.start()

    def has(self, node, *nets, timeout=40):
        for net in nets:
            wait_until(lambda: net in node.routes(6 if ":" in net else 4), f"{node.name} knows {net}", timeout)

    def test_routes_pass(self):
        with Lab() as here:
            self.build(here)
            self.has(self.bird, "10.2.0.0/24", "2001:db8:2::/64")
            self.has(self.frr, "10.1.0.0/24", "2001:db8:1::/64")
            self.has(self.r1, "10.1.0.0/24", "10.2.0.0/24", "2001:db8:1::/64", "2001:db8:2::/64")


if __name__ == "__main__":
    main()
