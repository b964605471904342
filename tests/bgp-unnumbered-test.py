#!/usr/bin/python3
"""BGP over link-local addresses that router discovery finds, with IPv6 next hops for IPv4 routes (RFC 8950).

    frr (FRR, AS 65002) ---- r1 (Xylem, AS 65000) ---- r2 (Xylem, AS 65003)
"""

import unittest

from lab import Lab, main, wait_until
from peers import xylem_bgp

FRR_UNNUMBERED = {
    "bgpd": """
router bgp 65002
 bgp router-id 10.255.0.2
 no bgp ebgp-requires-policy
 timers bgp connect 1
 neighbor eth0 interface remote-as external
 address-family ipv4 unicast
  redistribute connected route-map stub
 address-family ipv6 unicast
  redistribute connected route-map stub
  neighbor eth0 activate
route-map stub permit 1
 match interface stub
""",
}
NEIGHBOR = "neighbor %s { external; ip4; import ACCEPT; export ACCEPT; connect-retry 1; }"


class BgpUnnumberedTest(unittest.TestCase):
    def test_routes_pass_without_addresses_on_the_links(self):
        networks = "network 10.3.0.0/24; network 2001:db8:3::/64;"
        with Lab() as here:
            frr = here.frr("frr", FRR_UNNUMBERED)
            r1 = here.router("r1", xylem_bgp({}, 65000, "10.255.0.1", NEIGHBOR % "eth0" + NEIGHBOR % "eth1"))
            r2 = here.router("r2", xylem_bgp({}, 65003, "10.255.0.3", NEIGHBOR % "eth0" + networks))
            here.link(r1, frr)
            here.link(r1, r2)
            frr.stub("10.2.0.1/24 2001:db8:2::1/64")
            r2.stub("10.3.0.1/24 2001:db8:3::1/64")
            here.start()
            for node, nets in (frr, ("10.3.0.0/24", "2001:db8:3::/64")), (r2, ("10.2.0.0/24", "2001:db8:2::/64")), \
                    (r1, ("10.2.0.0/24", "10.3.0.0/24", "2001:db8:2::/64", "2001:db8:3::/64")):
                for net in nets:
                    wait_until(lambda: net in node.routes(6 if ":" in net else 4), f"{node.name} knows {net}", 40)
            self.assertRegex(r1.run("ip", "route", "get", "10.2.0.1"), "via inet6 fe80:")
            wait_until(lambda: frr.ping("2001:db8:3::1"), "packets pass")
            wait_until(lambda: frr.run("ping", "-c", "1", "-W", "1", "-I", "10.2.0.1", "10.3.0.1"), "IPv4 packets pass")
            # The neighbour is known by the interface.
            up = {each["name"]: each for each in r1.json("show bgp neighbor")}
            self.assertEqual({name: each["as"] for name, each in up.items()}, {"eth0": 65002, "eth1": 65003})
            self.assertTrue(up["eth0"]["address"].startswith("fe80:"), up["eth0"])


if __name__ == "__main__":
    main()
