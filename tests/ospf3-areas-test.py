#!/usr/bin/python3
"""OSPFv3 with areas: border routers of each make, stub areas, NSSAs, ranges, virtual links."""

import lab
from lab import Lab, wait_until
from ospf import point
from ospf3 import BIRD_STUB, PTP, Ospf3Test, bird3, bird_interface, frr3, xylem3


def frr_right(here):
    return here.frr("right", frr3("10.255.0.3", {"eth0": PTP + " ipv6 ospf6 cost 5"}))


class AreaTest(Ospf3Test):
    """        left ---- border ---- right        left: area 1 on link 1; right: the backbone on link 2"""

    def chain(self, here, left, border, right, inside=True):
        here.link(left, border, *(("2001:db8:1::1/64", "") if inside else ("", "2001:db8:1::2/64")))
        here.link(border, right, *(("", "2001:db8:2::3/64") if inside else ("2001:db8:2::2/64", "")))
        left.stub("2001:db8:a1::1/64")
        right.stub("2001:db8:a0::1/64")
        here.start()

    def xylem_border(self, here, area1="", rest="", more=""):
        return here.router("border", xylem3("10.255.0.2", {"eth0": "2001:db8:1::2/64", "eth1": "2001:db8:2::2/64"}, {"ipv6": {
            "0.0.0.0": f"interface eth1 {{ {point(5)} }}", "0.0.0.1": f"interface eth0 {{ {point(5)} }} {area1}"}}, more, rest))

    def test_this_border(self):
        with Lab() as here:
            left = here.bird("left", bird3("10.255.0.1", {"1": bird_interface("eth0", "type ptp;") + BIRD_STUB}))
            border = self.xylem_border(here, "range 2001:db8:a1::/48;", "static { route 2001:db8:e::/48 { blackhole; } }",
                                       "redistribute static;")
            right = frr_right(here)
            self.chain(here, left, border, right)
            self.has(left, "2001:db8:a0::/64", "2001:db8:2::/64", "2001:db8:e::/48")
            self.has(right, "2001:db8:a1::/48", "2001:db8:1::/64", "2001:db8:e::/48")
            self.assertFalse(self.knows(right, "2001:db8:a1::/64"))
            self.assertIn("IA (150/11)", left.birdc("show route 2001:db8:a0::/64"))
            wait_until(lambda: left.ping("2001:db8:a0::1"), "packets go through")
            left.ip("link", "set", "stub", "down")
            self.lacks(right, "2001:db8:a1::/48")

    def test_other_borders(self):
        """BIRD and FRR as border routers, and Xylem on both sides."""
        def bird(here):
            return here.bird("border", bird3("10.255.0.2", {"0": bird_interface("eth1", "type ptp;"), "1": bird_interface("eth0", "type ptp;")}))

        def frr(here):
            return here.frr("border", frr3("10.255.0.2", {"eth0": ("1", PTP + " ipv6 ospf6 cost 5"), "eth1": ("0", PTP + " ipv6 ospf6 cost 5")}))

        for make in bird, frr:
            with Lab() as here:
                border = make(here)
                border.forward()
                left = here.router("left", xylem3("10.255.0.1", {"eth0": "2001:db8:1::1/64", "stub": ""}, {"ipv6": {
                    "0.0.0.1": f"interface eth0 {{ {point(5)} }} interface stub {{ passive; cost 1; }}"}}))
                right = here.router("right", xylem3("10.255.0.3", {"eth0": "2001:db8:2::3/64", "stub": ""}, {"ipv6": {
                    "0.0.0.0": f"interface eth0 {{ {point(5)} }} interface stub {{ passive; cost 1; }}"}}, "redistribute static;",
                    "static { route 2001:db8:e::/48 { blackhole; } }"))
                self.chain(here, left, border, right, inside=False)
                self.has(left, "2001:db8:a0::/64", "2001:db8:e::/48")
                self.has(right, "2001:db8:a1::/64")
                wait_until(lambda: self.cost(left, "2001:db8:a0::/64") == 11, "its cost")
                roles = {each["router"]: each for each in left.json("show ospf3 border-routers")}
                self.assertIn("border", roles["10.255.0.2"]["role"])
                self.assertEqual((roles["10.255.0.3"]["role"], roles["10.255.0.3"]["type"]), ("boundary", "inter"))
                wait_until(lambda: left.ping("2001:db8:a0::1"), "packets go through")

    def inner(self, here, make, kind, static=False):
        """A router of this make in area 1 of this kind, with a static route to 2001:db8:d::/48 if it is to announce one."""
        if make == "bird":
            config = bird3("10.255.0.1", {"1": f"{kind}; " + bird_interface("eth0", "type ptp;") + BIRD_STUB})
            if static:
                config = config.replace("export none;", "export where source = RTS_STATIC;")
                config += "protocol static { ipv6; route 2001:db8:d::/48 blackhole; }\n"
            return here.bird("left", config)
        configs = frr3("10.255.0.1", {"eth0": PTP + " ipv6 ospf6 cost 5"}, f" area 1 {kind}\n" + " redistribute static\n" * static, area="1")
        configs["staticd"] = "ipv6 route 2001:db8:d::/48 blackhole\n" * static
        return here.frr("left", configs)

    def test_stub(self):
        """A stub area has no externals and a default route; a totally stubby one nothing but that."""
        for more, knows in ("", True), ("no-summary;", False):
            for make in "bird", "frr":
                with self.subTest(f"{make} {more}"), Lab() as here:
                    left = self.inner(here, make, "stub")
                    border = self.xylem_border(here, f"type stub; default-cost 7; {more}", "static { route 2001:db8:e::/48 { blackhole; } }",
                                               "redistribute static;")
                    right = frr_right(here)
                    self.chain(here, left, border, right)
                    self.has(left, "default")
                    self.has(right, "2001:db8:a1::/64", "2001:db8:e::/48")
                    wait_until(lambda: self.knows(left, "2001:db8:a0::/64") == knows, "other areas' networks")
                    self.assertFalse(self.knows(left, "2001:db8:e::/48"))
                    wait_until(lambda: left.ping("2001:db8:a0::1"), "packets go through")

    def test_nssa(self):
        """What an NSSA announces is translated for the others; it is told of no externals."""
        for make in "bird", "frr":
            with self.subTest(make), Lab() as here:
                left = self.inner(here, make, "nssa", static=True)
                border = self.xylem_border(here, "type nssa; default-route; default-cost 3;",
                                           "static { route 2001:db8:e::/48 { blackhole; } }", "redistribute static;")
                right = frr_right(here)
                self.chain(here, left, border, right)
                self.has(right, "2001:db8:d::/48", "2001:db8:e::/48", "2001:db8:a1::/64")
                self.has(left, "2001:db8:a0::/64", "default")

    def test_totally_nssa(self):
        """It is told of a default route alone, and announces all the same."""
        with Lab() as here:
            left = self.inner(here, "bird", "nssa", static=True)
            border = self.xylem_border(here, "type nssa; no-summary;")
            right = frr_right(here)
            self.chain(here, left, border, right)
            self.has(right, "2001:db8:d::/48", "2001:db8:a1::/64")
            self.has(left, "default")
            self.assertFalse(self.knows(left, "2001:db8:a0::/64"))
            wait_until(lambda: left.ping("2001:db8:a0::1"), "packets go through")

    def test_virtual_link(self):
        """far (area 2) ---- outer ---- (area 1) ---- border ---- right (backbone); FRR knows no virtual links."""
        fast = "virtual-link {} {{ hello-interval 1; dead-interval 4; }}"
        with Lab() as here:
            far = here.bird("far", bird3("10.255.0.1", {"2": bird_interface("eth0", "type ptp;") + BIRD_STUB}))
            outer = here.router("outer", xylem3("10.255.0.5", {"eth0": "2001:db8:5::2/64", "eth1": "2001:db8:1::1/64"}, {"ipv6": {
                "0.0.0.2": f"interface eth0 {{ {point(5)} }}",
                "0.0.0.1": f"interface eth1 {{ {point(5)} }} {fast.format('10.255.0.2')}"}}))
            border = self.xylem_border(here, fast.format("10.255.0.5"))
            right = here.bird("right", bird3("10.255.0.3", {"0": bird_interface("eth0", "type ptp;") + BIRD_STUB}))
            here.link(far, outer, "2001:db8:5::1/64", "")
            here.link(outer, border)
            here.link(border, right, "", "2001:db8:2::3/64")
            far.stub("2001:db8:a2::1/64")
            right.stub("2001:db8:a0::1/64")
            here.start()
            self.has(right, "2001:db8:a2::/64")
            self.has(far, "2001:db8:a0::/64")
            wait_until(lambda: far.ping("2001:db8:a0::1"), "packets go through")


if __name__ == "__main__":
    lab.main()
