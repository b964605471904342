#!/usr/bin/python3
"""Routes of a neighbour that died, kept for long (RFC 9494), as other neighbours see it.

    up (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- knows (BIRD, AS 65002: knows of such routes)
                                        |------------- other (BIRD, AS 65003: does not)
"""

import unittest

from lab import Lab, main, wait_until
from peers import xylem_bgp

LINKS = {f"eth{n}": f"10.0.{n + 1}.1/24" for n in range(3)}
BIRD = """
router id 10.255.0.%(number)d;
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export all; }; graceful restart; }
protocol static parts { ipv4; %(routes)s }
protocol bgp x4 { local as 6500%(number)d; connect retry time 1; connect delay time 1; error wait time 1, 2; graceful restart;
    graceful restart time 2; long lived graceful restart %(long)s; long lived stale time 5;
    neighbor 10.0.%(number)d.1 as 65000;
    ipv4 { import all; export where source = RTS_STATIC; };
}
"""
PARTS = "route 10.16.1.0/24 blackhole; route 10.16.2.0/24 blackhole { bgp_community.add((65535,7)); };"


def bird(number, routes="", long="aware"):
    return BIRD % {"number": number, "routes": routes, "long": long}


class BgpStaleTest(unittest.TestCase):
    def test_routes_are_kept_for_long(self):
        with Lab() as here:
            up = here.bird("up", bird(1, PARTS, "on"))
            knows, other = here.bird("knows", bird(2, "", "on")), here.bird("other", bird(3, "", "off"))
            neighbors = "graceful-restart { long-lived 6; }" + "".join(
                f"neighbor 10.0.{n}.2 {{ remote-as 6500{n}; import ACCEPT; export ACCEPT; }}\n" for n in (1, 2, 3))
            r1 = here.router("r1", xylem_bgp(LINKS, 65000, "10.0.1.1", neighbors))
            for number, node in enumerate((up, knows, other), 1):
                here.link(r1, node, "", f"10.0.{number}.2/24")
            here.start()

            def has(node, net):
                return net in node.birdc("show route protocol x4")

            for node in knows, other:
                wait_until(lambda: has(node, "10.16.1.0/24") and has(node, "10.16.2.0/24"), f"{node.name} knows all", 40)
            self.assertNotIn("65535,6", knows.birdc("show route 10.16.1.0/24 all").replace(" ", ""))
            crashed = up.processes.pop("bird")
            crashed.kill()
            crashed.wait()
            # At first, they are as they were; then they are marked, and those that do not want it go.
            wait_until(lambda: "65535,6" in knows.birdc("show route 10.16.1.0/24 all").replace(" ", ""), "it is marked")
            wait_until(lambda: not has(knows, "10.16.2.0/24"), "what has NO_LLGR is gone")
            wait_until(lambda: not has(other, "10.16.1.0/24"), "who does not know what it means does not get it")
            self.assertIn("10.16.1.0/24", r1.routes(), "it is still used")
            shown = r1.json("show bgp routes 10.16.1.0/24")
            self.assertTrue(shown[0]["stale"])
            # The time is over.
            wait_until(lambda: not has(knows, "10.16.1.0/24"), "it is gone")
            wait_until(lambda: "10.16.1.0/24" not in r1.routes(), "and is not used")


if __name__ == "__main__":
    main()
