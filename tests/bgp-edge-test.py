#!/usr/bin/python3
"""The edge router of docs/operators.md, as it is printed there, between two providers and a customer.

    transit (BIRD, AS 64496) ---- edge (Xylem, AS 64500) ---- customer (BIRD, AS 64510)
    other (BIRD, AS 64497) ---------|        |--------------- office (StayRTR)
"""

import json
import re
import unittest

import source
from lab import Lab, main, wait_until

BIRD = """
router id %(id)s;
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export all; }; }
protocol kernel { ipv6 { import none; export all; }; }
protocol static four { ipv4; %(routes4)s }
protocol static six { ipv6; %(routes6)s }
template bgp edge { local as %(asn)d; connect retry time 1; connect delay time 1; error wait time 1, 2; %(options)s }
protocol bgp edge4 from edge { neighbor %(edge4)s as 64500; %(options4)s ipv4 { import all; export where source = RTS_STATIC; }; }
%(more)s
"""
SIX = "protocol bgp edge6 from edge { neighbor %s as 64500; ipv6 { import all; export where source = RTS_STATIC; }; }"
ROAS = [("9.9.9.0/24", 24, 64496), ("8.8.8.0/24", 24, 15169), ("203.0.113.0/24", 24, 64510)]


def routes(*nets):
    return " ".join(f"route {net} blackhole;" for net in nets)


def printed():
    """The configuration in the book, and in the chapter of that name."""
    chapter = source.read("docs/operators.md").partition("### An edge router")[2]
    return re.search(r"^```xylem\n(.*?)^```$", chapter, re.M | re.S)[1]


class BgpEdgeTest(unittest.TestCase):
    def test_the_edge_router_of_the_book(self):
        transit = BIRD % {
            "id": "198.51.100.1", "asn": 64496, "edge4": "198.51.100.2", "options": "ttl security on; local role provider;",
            "options4": 'password "rain on the roof";', "more": SIX % "2001:db8:f:a::2",
            "routes4": routes("9.9.9.0/24", "8.8.8.0/24", "10.1.0.0/16", "192.0.2.0/24", "203.0.113.128/25", "0.0.0.0/0"),
            "routes6": routes("2620:fe::/48", "2001:db8:500::/48", "fc00:1::/32")}
        other = BIRD % {
            "id": "198.51.100.5", "asn": 64497, "edge4": "198.51.100.6", "options": "ttl security on;", "options4": "", "more": "",
            "routes4": routes("1.1.1.0/24", "203.0.113.0/24"), "routes6": ""}
        customer = BIRD % {
            "id": "198.51.100.10", "asn": 64510, "edge4": "198.51.100.9", "options": "local role customer;", "options4": "",
            "more": SIX % "2001:db8:f:c::1", "routes4": routes("203.0.113.0/24", "8.8.4.0/24"),
            "routes6": routes("2001:db8:510::/48", "2620:fe::/48")}
        with Lab() as here:
            self.edge = here.router("edge", printed())
            self.transit, self.other = here.bird("transit", transit), here.bird("other", other)
            self.customer, office = here.bird("customer", customer), here.host("office")
            here.link(self.edge, self.transit, "", "198.51.100.1/30 2001:db8:f:a::1/64")
            here.link(self.edge, self.other, "", "198.51.100.5/30")
            here.link(self.edge, self.customer, "", "198.51.100.10/30 2001:db8:f:c::2/64")
            here.link(self.edge, office, "", "192.0.2.9/24")
            roas = [{"prefix": net, "maxLength": longest, "asn": f"AS{origin}", "ta": "lab"} for net, longest, origin in ROAS]
            cache = office.write("roas.json", json.dumps({"metadata": {"counts": len(roas)}, "roas": roas}))
            here.start()
            office.spawn("stayrtr", "stayrtr", "-bind", ":3323", "-cache", cache, "-checktime=false", "-protocol", "1",
                         "-metrics.addr", "127.0.0.1:9847")
            self.check()

    def told(self, node, protocol):
        """{net: its AS path}, of what the edge router tells a neighbour."""
        lines = node.birdc(f"show route protocol {protocol} all").splitlines()
        found, net = {}, None
        for line in lines:
            if re.match(r"[0-9a-f.:]+/\d+ ", line):
                net = line.split()[0]
            elif "BGP.as_path:" in line:
                found[net] = line.partition(":")[2].split()
        return found

    def hears(self, node, protocol, expected):
        expected = {net: path.split() for net, path in expected.items()}
        def told():
            self.assertEqual(self.told(node, protocol), expected)
            return True

        wait_until(told, f"what {node.name} hears on {protocol}", 60)

    def check(self):
        """Providers hear of the customer, not of each other; the customer hears of everybody; nobody of what is forged."""
        own4, own6 = {"192.0.2.0/24": "64500"}, {"2001:db8:500::/48": "64500"}
        customer4, customer6 = {"203.0.113.0/24": "64500 64510"}, {"2001:db8:510::/48": "64500 64510"}
        self.hears(self.transit, "edge4", {**own4, **customer4})
        self.hears(self.transit, "edge6", {**own6, **customer6})
        self.hears(self.other, "edge4", {**own4, **customer4})
        self.hears(self.customer, "edge4", {**own4, "9.9.9.0/24": "64500 64496", "1.1.1.0/24": "64500 64497"})
        self.hears(self.customer, "edge6", {**own6, "2620:fe::/48": "64500 64496"})
        # Its own route is preferred to what a provider says of the customer, and packets go there.
        paths = {path["neighbor"]: path["verdict"] for path in self.edge.json("show bgp routes 203.0.113.0/24")}
        self.assertEqual(paths["198.51.100.10"], "best")
        self.assertIn("rejected", paths["198.51.100.5"], "it is forged: the ROA is for AS 64510")
        forged = {path["net"]: path["verdict"] for path in self.edge.json("show bgp received 198.51.100.1")}
        self.assertEqual({net for net, verdict in forged.items() if verdict != "best"},
                         {"8.8.8.0/24", "10.1.0.0/16", "192.0.2.0/24", "203.0.113.128/25", "0.0.0.0/0"})
        self.assertEqual({each["state"] for each in self.edge.json("show bgp summary")}, {"established"})


if __name__ == "__main__":
    main()
