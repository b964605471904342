#!/usr/bin/python3
"""Origins validated by what an RPKI cache says, seen from the neighbour that is told the routes, or is not.

    bird (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- frr (FRR, AS 65002)
                                |
                              cache (StayRTR, from a file)
"""

import json
import time
import unittest

from lab import Lab, main, wait_until
from peers import BIRD_BGP, FRR_BGP, xylem_bgp

LINKS = {"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64", "eth2": "10.0.3.1/24"}
PORT = 3323
RPKI = "rpki { cache near { address 10.0.3.2; port %d; %s } }"
NEIGHBORS = """
        neighbor 10.0.1.2 { remote-as 65001; import ACCEPT; export %(export)s; }
        neighbor 2001:db8:a::2 { remote-as 65001; import ACCEPT; export %(export)s; }
        neighbor 10.0.2.2 { remote-as 65002; import %(import)s; export ACCEPT; }
        neighbor 2001:db8:b::2 { remote-as 65002; import %(import)s; export ACCEPT; }
        %(rpki)s
"""
POLICIES = """
policy-statement NOT-INVALID { term 10 { from { rpki invalid; } then { reject; } } default-action accept; }
policy-statement VALID { term 10 { from { rpki valid; } then { accept; } } default-action reject; }
"""
NET4, NET6 = "10.2.0.0/24", "2001:db8:2::/64"


class BgpRpkiTest(unittest.TestCase):
    def build(self, here, policies, options=""):
        policies = {"import": "ACCEPT", "export": "ACCEPT", "rpki": RPKI % (PORT, options), **policies}
        self.bird, self.frr = here.bird("bird", BIRD_BGP), here.frr("frr", FRR_BGP)
        self.cache = here.host("cache")
        self.r1 = here.router("r1", xylem_bgp(LINKS, 65000, "10.0.1.1", NEIGHBORS % policies, POLICIES))
        here.link(self.r1, self.bird, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.frr, "", "10.0.2.2/24 2001:db8:b::2/64")
        here.link(self.r1, self.cache, "", "10.0.3.2/24")
        self.frr.stub("10.2.0.1/24 2001:db8:2::1/64")
        here.start()

    def say(self, *roas):
        """What the cache says from its next look at the file on: (prefix, longest, AS)."""
        listed = [{"prefix": prefix, "maxLength": longest, "asn": f"AS{origin}", "ta": "lab"} for prefix, longest, origin in roas]
        self.cache.write("roas.json", json.dumps({"metadata": {"counts": len(listed)}, "roas": listed}))

    def start_cache(self):
        self.cache.spawn("stayrtr", "stayrtr", "-bind", f":{PORT}", "-cache", self.cache.directory + "/roas.json",
                         "-checktime=false", "-refresh", "1", "-protocol", "1", "-metrics.addr", "127.0.0.1:9847",
                         "-rtr.refresh", "1", "-rtr.retry", "1")

    def stop_cache(self):
        process = self.cache.processes.pop("stayrtr")
        process.kill()
        process.wait()

    def sees(self, told):
        """BIRD has, or has not, what FRR announces."""
        nets = {4: NET4, 6: NET6}
        for version, net in nets.items():
            wait_until(lambda: (net in self.bird.routes(version)) == told, f"BIRD knows {net}: {told}", 40)

    def validity(self, net):
        return [path["rpki"] for path in self.r1.json(f"show bgp routes {net}")]

    def test_a_route_becomes_invalid_and_valid_again(self):
        with Lab() as here:
            self.build(here, {"import": "NOT-INVALID"})
            self.say((NET4, 24, 65002), (NET6, 64, 65002))
            self.start_cache()
            self.sees(True)
            wait_until(lambda: self.validity(NET4) == ["valid"], "the route is valid")
            self.say((NET4, 24, 64999), ("2001:db8::/32", 48, 65002))
            self.sees(False)
            self.assertEqual(self.validity(NET4) + self.validity(NET6), ["invalid", "invalid"])
            (cache,) = self.r1.json("show bgp rpki")
            self.assertEqual((cache["name"], cache["state"], cache["roas"]), ("near", "up-to-date", 2))
            covering = self.r1.json(f"show bgp rpki roa {NET6}")
            self.assertEqual([(roa["net"], roa["maxLength"], roa["as"]) for roa in covering], [("2001:db8::/32", 48, 65002)])
            self.assertEqual(len(self.r1.json("show bgp rpki roa")), 2)
            self.say((NET4, 24, 64999), (NET4, 24, 65002))
            self.sees(True)
            self.assertEqual(self.validity(NET6), ["not-found"])

    def test_what_is_told_goes_by_it_too(self):
        with Lab() as here:
            self.build(here, {"export": "VALID"})
            self.say()
            self.start_cache()
            wait_until(lambda: self.validity(NET4) == ["not-found"], "the route has come and no ROA covers it", 40)
            self.sees(False)
            self.say((NET4, 24, 65002), ("2001:db8::/32", 64, 65002))
            self.sees(True)
            self.say((NET6, 64, 65002))
            wait_until(lambda: NET4 not in self.bird.routes(), "BIRD is told that the route is gone")
            self.assertIn(NET6, self.bird.routes(6))

    def test_roas_outlive_the_cache_for_their_lifetime(self):
        with Lab() as here:
            self.build(here, {"import": "VALID"}, "lifetime 8;")
            self.say((NET4, 24, 65002), (NET6, 64, 65002))
            self.start_cache()
            self.sees(True)
            self.stop_cache()
            died = time.monotonic()
            wait_until(lambda: self.r1.json("show bgp rpki")[0]["state"] != "up-to-date", "r1 notices")
            self.sees(True)
            self.sees(False)
            self.assertGreater(time.monotonic() - died, 5)
            self.assertEqual(self.r1.json("show bgp rpki roa"), [])
            self.start_cache()
            self.sees(True)


if __name__ == "__main__":
    main()
