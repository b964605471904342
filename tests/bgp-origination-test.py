#!/usr/bin/python3
"""What a Xylem router announces of its own accord, and what it withholds, as BIRD sees it; and what it thinks of routes
that come and go.

    up (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- down (BIRD, AS 65002)
"""

import unittest

from lab import Lab, main, wait_until
from peers import xylem_bgp
from speakers import neighbor_of

LINKS = {"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64"}
BIRD = """
router id 10.255.0.%(number)d;
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export all; }; }
protocol static parts { ipv4; %(routes)s }
template bgp x { local as 6500%(number)d; connect retry time 1; connect delay time 1; error wait time 1, 2; %(more)s }
protocol bgp x4 from x { neighbor 10.0.%(number)d.1 as 65000;
    ipv4 { import all; export where source = RTS_STATIC; };
    %(channels)s }
"""
PARTS = "route 10.16.1.0/24 blackhole; route 10.16.2.0/24 blackhole; route 10.99.0.0/16 blackhole;"
NEIGHBORS = """
        neighbor 10.0.1.2 { remote-as 65001; import ACCEPT; export ACCEPT; %s }
        neighbor 10.0.2.2 { remote-as 65002; import ACCEPT; export ACCEPT; %s }
"""


def bird(number, routes="", more="", channels=""):
    return BIRD % {"number": number, "routes": routes, "more": more, "channels": channels}


class BgpOriginationTest(unittest.TestCase):
    def build(self, here, first="", second="", more="", up=None, down=None, policies=""):
        self.up, self.down = here.bird("up", up or bird(1, PARTS)), here.bird("down", down or bird(2))
        config = xylem_bgp(LINKS, 65000, "10.0.1.1", NEIGHBORS % (first, second) + more, policies)
        self.r1 = here.router("r1", config)
        here.link(self.r1, self.up, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.down, "", "10.0.2.2/24 2001:db8:b::2/64")
        here.start()

    def knows(self, node, *nets):
        """Exactly these, of what BGP told it."""
        def told():
            lines = node.birdc("show route protocol x4").splitlines()
            return sorted(line.split()[0] for line in lines if "/" in line.split(" ")[0])

        wait_until(lambda: told() == sorted(nets), f"{node.name} knows {nets}", 40)

    def configure(self, *commands):
        self.r1.cli("configure", *commands, "commit")

    def test_aggregates(self):
        with Lab() as here:
            self.build(here, more="aggregate 10.16.0.0/16; aggregate 10.32.0.0/16;")
            self.knows(self.down, "10.16.0.0/16", "10.16.1.0/24", "10.16.2.0/24", "10.99.0.0/16")
            aggregate = self.down.birdc("show route 10.16.0.0/16 all")
            self.assertIn("BGP.aggregator: 10.0.1.1 AS65000", aggregate)
            self.assertIn("BGP.atomic_aggr", aggregate)
            self.assertIn("BGP.as_path: 65000\n", aggregate)
            wait_until(lambda: self.r1.routes()["10.16.0.0/16"]["type"] == "blackhole", "the rest of it is dropped")
            # Only the whole, then the parts again.
            self.configure("set protocols bgp aggregate 10.16.0.0/16 summary-only")
            self.knows(self.down, "10.16.0.0/16", "10.99.0.0/16")
            self.configure("delete protocols bgp aggregate 10.16.0.0/16 summary-only")
            self.knows(self.down, "10.16.0.0/16", "10.16.1.0/24", "10.16.2.0/24", "10.99.0.0/16")
            # It goes with its last part.
            self.up.run("birdc", "-s", self.up.directory + "/bird.ctl", "disable", "parts")
            self.knows(self.down)
            wait_until(lambda: "10.16.0.0/16" not in self.r1.routes(), "nothing is dropped")

    def test_default_originate(self):
        with Lab() as here:
            self.build(here, second="ip4 { default-originate; }", up=bird(1, PARTS + "route 0.0.0.0/0 blackhole;"))
            self.knows(self.down, "0.0.0.0/0", "10.16.1.0/24", "10.16.2.0/24", "10.99.0.0/16")
            path = "BGP.as_path: 65000\n"
            self.assertIn(path, self.down.birdc("show route 0.0.0.0/0 all"), "its own, not that of up")

            def told():
                return [row["verdict"] for row in self.r1.json("show bgp advertised 10.0.2.2") if row["net"] == "0.0.0.0/0"]

            self.assertEqual(told(), ["originated"])
            self.assertEqual(neighbor_of(self.r1, "10.0.2.2")["advertised"], 4)
            self.configure("delete protocols bgp neighbor 10.0.2.2 ip4 default-originate")
            wait_until(lambda: path not in self.down.birdc("show route 0.0.0.0/0 all"), "that of up")
            self.assertEqual(told(), ["advertised"])
            self.configure("set protocols bgp neighbor 10.0.2.2 ip4 default-originate")
            wait_until(lambda: path in self.down.birdc("show route 0.0.0.0/0 all"), "its own again")

    def test_conditions(self):
        policies = """
            policy-statement BACKUP { term 10 { from { prefix 10.16.0.0/16 orlonger; } then { accept; } } }"""
        with Lab() as here:
            self.build(here, second="condition 10.99.0.0/16 { absent; policy BACKUP; }", policies=policies)
            self.knows(self.down, "10.99.0.0/16")
            up = ("birdc", "-s", self.up.directory + "/bird.ctl")
            self.up.write("bird.conf", "log stderr all;\n" + bird(1, PARTS.replace("route 10.99.0.0/16 blackhole;", "")))
            self.up.run(*up, "configure")
            self.knows(self.down, "10.16.1.0/24", "10.16.2.0/24")
            self.up.write("bird.conf", "log stderr all;\n" + bird(1, PARTS))
            self.up.run(*up, "configure")
            self.knows(self.down, "10.99.0.0/16")

    def test_dampening(self):
        with Lab() as here:
            self.build(here, more="dampening { half-life 2; max-suppress 8; suppress 1500; }")
            self.knows(self.down, "10.16.1.0/24", "10.16.2.0/24", "10.99.0.0/16")
            for action in ("disable", "enable") * 2:
                self.up.run("birdc", "-s", self.up.directory + "/bird.ctl", action, "parts")
                count = 0 if action == "disable" else 3
                wait_until(lambda: len(self.r1.json("show bgp received 10.0.1.2")) == count, f"{action} has arrived")
            self.assertTrue(all(each["suppressed"] for each in self.r1.json("show bgp dampening")))
            self.assertIn("rejected: dampened", self.r1.cli("show bgp routes 10.99.0.0/16"))
            self.knows(self.down, "10.16.1.0/24", "10.16.2.0/24", "10.99.0.0/16")  # After they were quiet.

    def test_multicast_families(self):
        both = "ip4; ip4-multicast;"
        with Lab() as here:
            self.build(here, first=both, second=both, up=multicast_bird(1, "route 10.77.0.0/16 blackhole;"),
                       down=multicast_bird(2, ""))
            wait_until(lambda: "10.77.0.0/16" in self.down.birdc("show route table mtab4"), "a multicast route passes", 40)
            self.assertNotIn("10.77.0.0/16", self.r1.routes(), "and is not used to forward")
            shown = self.r1.json("show bgp routes 10.77.0.0/16 multicast")
            self.assertEqual([each["verdict"] for each in shown], ["best"])


def multicast_bird(number, routes):
    return "ipv4 table mtab4;\n" + bird(number, channels="ipv4 multicast { table mtab4; import all; export where source = RTS_STATIC; };") + \
        "protocol static multi { ipv4 { table mtab4; }; %s }\n" % routes


if __name__ == "__main__":
    main()
