#!/usr/bin/python3
"""OSPF's two-part metric (RFC 8042) on a LAN: it counts while all routers within reach reckon with it, and FRR does not."""

import lab
import ospf
from lab import Lab, wait_until
from ospf import AREA0, Model, OspfTest, gateways, point


class TwoPartTest(OspfTest):
    """r1, r2, r3 and FRR on one LAN, 10.0.1.0/24, with addresses that end in 1, 2, 3, 4. From the LAN to r3 it is far, and there is a
    link from r2 to r3."""

    def build(self, here):
        def router(own, links, text):
            return here.router(f"r{own}", ospf.xylem_ospf(f"10.255.0.{own}", {"eth0": f"10.0.1.{own}/24"} | links, {AREA0: text}))

        self.r1 = router(1, {}, f"interface eth0 {{ {ospf.lan(5)} }} two-part-metric;")
        self.r2 = router(2, {"eth1": "10.0.2.2/24"}, f"interface eth0 {{ {ospf.lan(5)} }} interface eth1 {{ {point(5)} }} two-part-metric;")
        self.r3 = router(3, {"eth1": "10.0.2.3/24", "lo": "10.255.0.3/32"}, f"""
            interface eth0 {{ {ospf.lan(5)} input-cost 40; }} interface eth1 {{ {point(5)} }} interface lo {{ type loopback; }}""")
        self.frr = here.frr("frr", ospf.frr_ospf("10.255.0.4", {"eth0": " ip ospf cost 5\n"}))
        self.switch(here, (self.r1, ""), (self.r2, ""), (self.r3, ""), (self.frr, "10.0.1.4/24"))
        here.link(self.r2, self.r3)
        self.frr.stub("10.4.0.1/24")
        self.frr.ip("link", "set", "eth0", "down")
        here.start()

    def model(self, inputs, *others):
        model = Model()
        model.lan("10.0.1.0/24", "r1", "r2", "r3", *others, inputs=inputs)
        model.point("r2", "r3", "10.0.2.0/24")
        model.stub("r3", "10.255.0.3/32", 0)
        for other in others:
            model.stub(other, "10.4.0.0/24")
        return model

    def says(self, text):
        for router in self.r1, self.r2, self.r3:
            wait_until(lambda: router.json("show ospf area")[0]["twoPartMetric"] == text, f"{router.name} says {text!r}", 90)

    def test_it_counts_while_all_reckon_with_it(self):
        with Lab() as here:
            self.build(here)
            xylem = r1, r2, r3 = self.r1, self.r2, self.r3
            self.agree(self.model({"r3": 40}), *xylem)
            self.says("in use")
            self.assertEqual(gateways(r1, "10.255.0.3"), {"10.0.1.2"})
            wait_until(lambda: r1.ping("10.255.0.3"), "packets go through")
            told = [each["content"] for each in r1.json("show ospf database opaque-area by 10.255.0.3")]
            self.assertTrue(any("extended link transit" in each and "input cost 40" in each for each in told), told)
            self.assertEqual(r3.json("show ospf interface eth0")[0]["inputCost"], 40)

            r3.cli("configure", "set protocols ospf area 0.0.0.0 interface eth0 input-cost 2", "commit")
            self.agree(self.model({"r3": 2}), *xylem)
            self.assertEqual(gateways(r1, "10.255.0.3"), {"10.0.1.3"})
            r3.cli("configure", "set protocols ospf area 0.0.0.0 interface eth0 input-cost 40", "commit")
            self.agree(self.model({"r3": 40}), *xylem)

            self.frr.ip("link", "set", "eth0", "up")
            self.agree(self.model({}, "frr"), *xylem, self.frr)
            self.says("not in use: not announced by 10.255.0.4")
            self.assertEqual(gateways(r1, "10.255.0.3"), {"10.0.1.3"})
            self.frr.ip("link", "set", "eth0", "down")
            self.agree(self.model({"r3": 40}), *xylem)
            self.says("in use")


if __name__ == "__main__":
    lab.main()
