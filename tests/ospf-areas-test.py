#!/usr/bin/python3
"""OSPFv2 with areas: border routers of each make, stub areas, NSSAs, ranges, virtual links.

        left ---- border ---- right        left: area 1 on link 10.0.1.0/24; right: the backbone on link 10.0.2.0/24
"""

import lab
import ospf
from lab import Lab, wait_until
from ospf import FAST, point

PTP = " ip ospf network point-to-point"


class AreaTest(ospf.OspfTest):
    def bird(self, here, name, router_id, areas, extra=""):
        """BIRD with areas {id: text}, and its stub in the first of them."""
        blocks = " ".join(f"area {area} {{ {text} }};" for area, text in areas.items())
        return here.bird(name, f"""
router id {router_id};
protocol device {{ scan time 1; }}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
{extra}
protocol ospf v2 o {{ ipv4 {{ import all; export {"where source = RTS_STATIC" if extra else "none"}; }}; {blocks} }}
""")

    @staticmethod
    def bird_link(name, cost=5):
        return f'interface "{name}" {{ type ptp; hello 1; dead 4; cost {cost}; }};'

    STUB = 'interface "stub" { stub; cost 1; };'

    def chain(self, here, left, border, right):
        """Three nodes in a row; each is made already."""
        here.link(left, border, "10.0.1.1/24", "10.0.1.2/24")
        here.link(border, right, "10.0.2.2/24", "10.0.2.3/24")
        left.stub("10.1.0.1/24")
        right.stub("10.3.0.1/24")
        here.start()

    def xylem_border(self, here, area1="", backbone="", more="", rest=""):
        return here.router("border", ospf.xylem_ospf("10.255.0.2", {"eth0": "10.0.1.2/24", "eth1": "10.0.2.2/24"}, {
            "0.0.0.0": f"interface eth1 {{ {point(5)} }} {backbone}", "0.0.0.1": f"interface eth0 {{ {point(5)} }} {area1}"}, more, rest))

    def bird_left(self, here, kind="", extra="", stub=STUB):
        return self.bird(here, "left", "10.255.0.1", {"1": f"{kind} {self.bird_link('eth0')} {stub}"}, extra)

    def frr_right(self, here):
        return here.frr("right", ospf.frr_ospf("10.255.0.3", {"eth0": PTP + "\n ip ospf cost 5"}))

    def frr_left(self, here, kind="", static=""):
        configs = ospf.frr_ospf("10.255.0.1", {"eth0": PTP + "\n ip ospf cost 5"}, kind, area="1")
        configs["staticd"] = static
        return here.frr("left", configs)

    def test_this_border(self):
        with Lab() as here:
            left, border, right = self.bird_left(here), self.xylem_border(here), self.frr_right(here)
            self.chain(here, left, border, right)
            self.has(left, "10.3.0.0/24", "10.0.2.0/24")
            self.has(right, "10.1.0.0/24", "10.0.1.0/24")
            self.assertIn("IA (150/11)", left.birdc("show route 10.3.0.0/24"))
            self.assertEqual(right.vtysh_json("show ip route ospf")["10.1.0.0/24"][0]["metric"], 11)
            self.assertIn("IA", right.vtysh("show ip ospf route"))
            wait_until(lambda: left.ping("10.3.0.1"), "packets go through")
            left.ip("link", "set", "stub", "down")
            self.lacks(right, "10.1.0.0/24")

    def test_other_borders(self):
        """BIRD and FRR as border routers, and Xylem on both sides."""
        def bird(here):
            return self.bird(here, "border", "10.255.0.2", {"0": self.bird_link("eth1"), "1": self.bird_link("eth0")})

        def frr(here):
            return here.frr("border", ospf.frr_ospf("10.255.0.2", {"eth0": ("1", PTP + "\n ip ospf cost 5"),
                                                                   "eth1": ("0", PTP + "\n ip ospf cost 5")}))

        for make in bird, frr:
            with Lab() as here:
                border = make(here)
                border.forward()
                left = here.router("left", ospf.xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24"}, {
                    "0.0.0.1": f"interface eth0 {{ {point(5)} }} interface stub {{ passive; cost 1; }}"}))
                right = here.router("right", ospf.xylem_ospf("10.255.0.3", {"eth0": "10.0.2.3/24"}, {
                    "0.0.0.0": f"interface eth0 {{ {point(5)} }} interface stub {{ passive; cost 1; }}"}, "redistribute static;",
                    "static { route 10.9.0.0/24 { blackhole; } }"))
                for router in left, right:
                    router.config = router.config.replace("interfaces {", "interfaces { interface stub;", 1)
                here.link(left, border, "", "10.0.1.2/24")
                here.link(border, right, "10.0.2.2/24", "")
                left.stub("10.1.0.1/24")
                right.stub("10.3.0.1/24")
                here.start()
                self.has(left, "10.3.0.0/24", "10.9.0.0/24")
                self.has(right, "10.1.0.0/24")
                wait_until(lambda: self.cost(left, "10.3.0.0/24") == 11, "its cost")
                roles = {each["router"]: each for each in left.json("show ospf border-routers")}
                self.assertIn("border", roles["10.255.0.2"]["role"])
                self.assertEqual((roles["10.255.0.3"]["role"], roles["10.255.0.3"]["type"]), ("boundary", "inter"))

    def test_stub(self):
        """A stub area has no externals and a default route; a totally stubby one nothing but that."""
        for more, knows in ("", True), ("no-summary;", False):
            for peer in "bird", "frr":
                with Lab() as here:
                    left = self.bird_left(here, "stub;") if peer == "bird" else self.frr_left(here, " area 1 stub")
                    border = self.xylem_border(here, f"type stub; default-cost 7; {more}", "", "redistribute static;",
                                               "static { route 10.9.0.0/24 { blackhole; } }")
                    right = self.frr_right(here)
                    self.chain(here, left, border, right)
                    self.has(left, "default")
                    self.has(right, "10.1.0.0/24", "10.9.0.0/24")
                    wait_until(lambda: self.knows(left, "10.3.0.0/24") == knows, "other areas' networks")
                    self.assertFalse(self.knows(left, "10.9.0.0/24"))
                    wait_until(lambda: left.ping("10.3.0.1"), "packets go through")

    def test_nssa(self):
        """What an NSSA announces is translated for the others; it is told of no externals."""
        for peer in "bird", "frr":
            with Lab() as here:
                if peer == "bird":
                    left = self.bird_left(here, "nssa;", "protocol static { ipv4; route 10.8.0.0/24 blackhole; }")
                else:
                    left = self.frr_left(here, " area 1 nssa\n redistribute static", "ip route 10.8.0.0/24 blackhole\n")
                border = self.xylem_border(here, "type nssa; default-route; default-cost 3;", "", "redistribute static;",
                                           "static { route 10.9.0.0/24 { blackhole; } }")
                right = self.frr_right(here)
                self.chain(here, left, border, right)
                self.has(right, "10.8.0.0/24", "10.9.0.0/24", "10.1.0.0/24")
                self.has(left, "10.3.0.0/24", "default")
                self.assertIn("E2", right.vtysh("show ip ospf route"))
                self.assertTrue([each for each in border.json("show ospf database external") if each["id"] == "10.8.0.0"])

    def test_inside_an_nssa(self):
        """Xylem in the NSSA, FRR on its border."""
        with Lab() as here:
            border = here.frr("border", ospf.frr_ospf("10.255.0.2", {"eth0": ("1", PTP), "eth1": ("0", PTP)}, " area 1 nssa"))
            border.forward()
            left = here.router("left", ospf.xylem_ospf("10.255.0.1", {"eth0": "10.0.1.1/24"}, {
                "0.0.0.1": f"type nssa; interface eth0 {{ {point(5)} }}"}, "redistribute static { metric 9; type1; }",
                "static { route 10.8.0.0/24 { blackhole; } }"))
            right = self.bird(here, "right", "10.255.0.3", {"0": self.bird_link("eth0") + self.STUB})
            here.link(left, border, "", "10.0.1.2/24")
            here.link(border, right, "10.0.2.2/24", "10.0.2.3/24")
            right.stub("10.3.0.1/24")
            here.start()
            self.has(right, "10.8.0.0/24")
            self.has(left, "10.3.0.0/24")

    def test_ranges(self):
        with Lab() as here:
            left = self.bird_left(here)
            border = self.xylem_border(here, "range 10.1.0.0/16; range 10.0.1.0/24 { hide; }")
            right = self.frr_right(here)
            self.chain(here, left, border, right)
            self.has(right, "10.1.0.0/16")
            self.assertFalse(self.knows(right, "10.1.0.0/24") or self.knows(right, "10.0.1.0/24"))
            self.assertEqual(border.routes()["10.1.0.0/16"]["type"], "blackhole")
            left.ip("link", "set", "stub", "down")
            self.lacks(right, "10.1.0.0/16")
            self.lacks(border, "10.1.0.0/16")

    def test_virtual_link(self):
        """far (area 2) ---- outer ---- (area 1) ---- border ---- right (backbone)"""
        for peer in "xylem", "frr":
            with Lab() as here:
                far = self.bird(here, "far", "10.255.0.1", {"2": self.bird_link("eth0") + self.STUB})
                if peer == "xylem":
                    outer = here.router("outer", ospf.xylem_ospf("10.255.0.5", {"eth0": "10.0.5.2/24", "eth1": "10.0.1.1/24"}, {
                        "0.0.0.2": f"interface eth0 {{ {point(5)} }}",
                        "0.0.0.1": f"interface eth1 {{ {point(5)} }} virtual-link 10.255.0.2 {{ {FAST} }}"}))
                    addresses = "", ""
                else:
                    outer = here.frr("outer", ospf.frr_ospf("10.255.0.5", {"eth0": ("2", PTP), "eth1": ("1", PTP)},
                                                            " area 1 virtual-link 10.255.0.2 hello-interval 1 dead-interval 4"))
                    outer.forward()
                    addresses = "10.0.5.2/24", "10.0.1.1/24"
                border = self.xylem_border(here, f"virtual-link 10.255.0.5 {{ {FAST} }}")
                right = self.frr_right(here)
                here.link(far, outer, "10.0.5.1/24", addresses[0])
                here.link(outer, border, addresses[1], "")
                here.link(border, right, "", "10.0.2.3/24")
                far.stub("10.1.0.1/24")
                right.stub("10.3.0.1/24")
                here.start()
                self.has(right, "10.1.0.0/24")
                self.has(far, "10.3.0.0/24")
                wait_until(lambda: far.ping("10.3.0.1"), "packets go through")


if __name__ == "__main__":
    lab.main()
