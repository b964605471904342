#!/usr/bin/python3
"""What a monitoring station learns of a BGP router.

    bird (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- frr (FRR, AS 65002)
                                |
                             station
"""

import unittest

from bmp import Station
from lab import Lab, main, wait_until
from peers import BIRD_BGP, FRR_BGP, xylem_bgp

LINKS = {"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64", "eth2": "10.0.3.1/24"}
PORT = 1790
NEIGHBORS = """
        neighbor 10.0.1.2 { remote-as 65001; import ACCEPT; export ACCEPT; }
        neighbor 2001:db8:a::2 { remote-as 65001; import ACCEPT; export ACCEPT; }
        neighbor 10.0.2.2 { remote-as 65002; import PREFER; export ACCEPT; }
        neighbor 2001:db8:b::2 { remote-as 65002; import REJECT; export ACCEPT; }
        bmp { station watcher { address 10.0.3.2; port %d; connect-retry 1; %s } }
"""
POLICIES = """
policy-statement PREFER { term 10 { then { local-preference 300; accept; } } }
policy-statement REJECT { default-action reject; }
"""
VIEWS = "pre-policy; post-policy; local-rib;"
MANY = 8000
LOCAL_PREFERENCE = 5


def many_routes():
    """BIRD with routes that differ in their attributes, so that each takes a message of its own."""
    routes = "\n".join(f"route 10.{64 + n // 256}.{n % 256}.0/24 blackhole {{ bgp_community.add((1, {n})); }};"
                       for n in range(MANY))
    return BIRD_BGP + "protocol static { ipv4; " + routes + " }"


class BgpBmpTest(unittest.TestCase):
    def build(self, here, options, bird=BIRD_BGP):
        self.bird, self.frr = here.bird("bird", bird), here.frr("frr", FRR_BGP)
        self.watcher = here.host("watcher")
        self.r1 = here.router("r1", xylem_bgp(LINKS, 65000, "10.0.1.1", NEIGHBORS % (PORT, options), POLICIES))
        here.link(self.r1, self.bird, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.frr, "", "10.0.2.2/24 2001:db8:b::2/64")
        here.link(self.r1, self.watcher, "", "10.0.3.2/24", capture=False)
        self.bird.stub("10.1.0.1/24 2001:db8:1::1/64")
        self.frr.stub("10.2.0.1/24 2001:db8:2::1/64")

    def test_routes_before_and_after_policy_and_as_used(self):
        with Lab() as here:
            self.build(here, VIEWS + "statistics-interval 1;")
            with Station(self.watcher, PORT) as station:
                here.start()
                wait_until(lambda: "10.2.0.0/24" in station.routes("local"), "the Loc-RIB is told", 40)
                wait_until(lambda: "2001:db8:2::/64" in station.routes("pre", "2001:db8:b::2"), "what came is told", 40)
                wait_until(lambda: "10.1.0.0/24" in station.routes("local"), "of the other neighbour too", 40)
                before, after = (station.routes(view, "10.0.2.2")["10.2.0.0/24"] for view in ("pre", "post"))
                self.assertNotIn(LOCAL_PREFERENCE, before)
                self.assertEqual(after[LOCAL_PREFERENCE], (300).to_bytes(4, "big"))
                self.assertEqual(station.routes("post", "2001:db8:b::2"), {})
                self.assertNotIn("2001:db8:2::/64", station.routes("local"))
                self.assertEqual(set(station.peers), {"", "10.0.1.2", "2001:db8:a::2", "10.0.2.2", "2001:db8:b::2"})
                for sent, received in station.peers.values():
                    self.assertEqual((sent[18], received[18]), (1, 1))
                wait_until(lambda: not self.assertEqual(station.statistics["10.0.2.2"][7], 1), "one route in the Adj-RIB-In")
                for view, address, family in [("pre", "10.0.2.2", 4), ("post", "2001:db8:b::2", 6), ("local", "", 4), ("local", "", 6)]:
                    self.assertIn((view, address, family), station.ended)

                self.frr.ip("address", "del", "10.2.0.1/24", "dev", "stub")
                for view, address in [("pre", "10.0.2.2"), ("post", "10.0.2.2"), ("local", "")]:
                    wait_until(lambda: "10.2.0.0/24" not in station.routes(view, address), f"withdrawn from {view}")
                self.frr.stop()
                wait_until(lambda: {"10.0.2.2", "2001:db8:b::2"}.isdisjoint(station.peers), "the neighbour is down")
                self.assertEqual(station.connections, 1)

                station.hang_up()
                wait_until(lambda: station.connections == 2, "the router calls again")
                wait_until(lambda: "10.1.0.0/24" in station.routes("local"), "and tells everything again")
                (shown,) = self.r1.json("show bgp bmp")
                self.assertEqual((shown["name"], shown["state"]), ("watcher", "connected"))

    def test_a_station_that_does_not_read_harms_only_itself(self):
        with Lab() as here:
            self.build(here, VIEWS, many_routes())
            with Station(self.watcher, PORT, receive_buffer=4096) as station:
                station.reading.clear()
                here.start()
                wait_until(lambda: len(self.frr.routes()) >= MANY, "FRR has all routes", 90)
                wait_until(lambda: self.r1.json("show bgp bmp")[0]["pending"] > 0, "the station holds up what it is told")
                self.assertLess(self.r1.json("show bgp bmp")[0]["pending"], 2 << 20)
                station.reading.set()
                for view, address in [("pre", "10.0.1.2"), ("post", "10.0.1.2"), ("local", "")]:
                    wait_until(lambda: len(station.routes(view, address)) > MANY, f"{view} is told to the end", 60)
                self.assertEqual(station.connections, 1)


if __name__ == "__main__":
    main()
