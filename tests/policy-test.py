#!/usr/bin/python3
"""Redistribution by policy, as BIRD sees it.

        bird (BIRD) ---- r1 (Xylem)
"""

import unittest

import lab
from lab import Lab, wait_until
from peers import BIRD_RIP, xylem_rip

STATIC = "static { route 10.9.0.0/24 { blackhole; } route 10.10.0.0/24 { blackhole; } route 2001:db8:9::/64 { blackhole; } }"
POLICY = """
policy {
    prefix-list NINE { prefix 10.9.0.0/16 { upto 24; } prefix 2001:db8:9::/48 { orlonger; } }
    policy-statement OUT { term 10 { from { prefix-list NINE; } then { metric 4; tag 77; accept; } } }
}
"""


class PolicyTest(unittest.TestCase):
    def build(self, here):
        config = xylem_rip({"eth0": "10.0.1.1/24 2001:db8:a::1/64"}, STATIC)
        self.bird = here.bird("bird", BIRD_RIP)
        self.r1 = here.router("r1", POLICY + config.replace("redistribute static;", "redistribute static { policy OUT; }"))
        here.link(self.r1, self.bird, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.start()
        self.r1.ready()

    def sees(self, *nets):
        """BIRD knows these of the static routes and no others."""
        known = set(self.bird.routes(4)) | set(self.bird.routes(6))
        usable = {net for net in known if self.bird.routes(6 if ":" in net else 4)[net].get("type", "unicast") == "unicast"}
        return usable & {"10.9.0.0/24", "10.10.0.0/24", "2001:db8:9::/64"} == set(nets)

    def test_only_what_is_accepted_as_it_is_changed(self):
        with Lab() as here:
            self.build(here)
            wait_until(lambda: self.sees("10.9.0.0/24", "2001:db8:9::/64"), "what the policy accepts")
            self.assertIn("RIP.metric: 5", self.bird.birdc("show route 10.9.0.0/24 all"))
            self.assertRegex(self.bird.birdc("show route 10.9.0.0/24 all"), r"RIP.tag: (77|004d)")

    def test_a_change_of_the_policy_is_heard(self):
        with Lab() as here:
            self.build(here)
            wait_until(lambda: self.sees("10.9.0.0/24", "2001:db8:9::/64"), "what the policy accepts")
            before = self.r1.pids()
            self.r1.cli("configure", "set policy prefix-list NINE prefix 10.10.0.0/16 orlonger",
                        "delete policy prefix-list NINE prefix 10.9.0.0/16", "commit")
            wait_until(lambda: self.sees("10.10.0.0/24", "2001:db8:9::/64"), "what the policy accepts now")
            self.assertEqual(self.r1.pids(), before, "nobody was restarted")

    def test_a_policy_that_is_used_cannot_go(self):
        with Lab() as here:
            self.build(here)
            with self.assertRaises(Exception) as refused:
                self.r1.cli("configure", "delete policy policy-statement OUT", "commit")
            self.assertIn('there is no policy "OUT"', str(refused.exception))

    def test_what_a_policy_does_is_told(self):
        with Lab() as here:
            self.build(here)
            told = self.r1.json("test policy OUT 10.9.0.0/24 protocol static")
            self.assertEqual(told["verdict"], "accept")
            self.assertEqual(told["step"], [{"policy": "OUT", "term": "10", "applies": True, "what": "metric 4, tag 77, accept"}])
            self.assertEqual((told["route"]["metric"], told["route"]["tag"]), (4, 77))


if __name__ == "__main__":
    lab.main()
