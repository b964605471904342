#!/usr/bin/python3
"""Dynamic neighbours: two hundred sessions from one prefix, and what limits them.

        exabgp (10.0.8.1 to 10.0.8.200, AS 65001) ---- r1 ---- bird (AS 65002)
"""

import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import neighbor, up


def caller_config(count):
    return "".join(f"""
neighbor 10.0.8.254 {{ router-id 10.255.8.{i}; local-address 10.0.8.{i}; local-as 65001; peer-as 65000; hold-time 180;
 family {{ ipv4 unicast; }} static {{ route 10.8.{i}.0/24 next-hop self; }} }}
""" for i in range(1, count + 1))


class BgpDynamicTest(unittest.TestCase):
    def test_two_hundred_neighbors(self):
        count = 200
        with Lab() as here:
            callers, bird = here.exabgp("exabgp", caller_config(count)), here.bird("bird", speakers.bird(2, 65002))
            group = f"group CALLERS {{ listen 10.0.8.0/24; external; listen-limit {count - 10}; import ACCEPT; export ACCEPT; }}"
            links = {"eth0": "10.0.8.254/24", "eth1": speakers.both(2, 1)}
            r1 = here.router("r1", speakers.xylem_bgp(links, 65000, "10.255.0.100",
                                                      group + neighbor(2, "remote-as 65002;")))
            here.link(r1, callers, "", " ".join(f"10.0.8.{i}/24" for i in range(1, count + 1)), capture=False)
            here.link(r1, bird, "", speakers.both(2))
            here.start()
            r1.ready()

            def rows():
                return [row for row in r1.json("show bgp summary") if row["name"].startswith("10.0.8.")]

            wait_until(lambda: sum(row["state"] == "established" for row in rows()) == count - 10, "all but ten are up",
                       120)
            self.assertEqual({row["as"] for row in rows()}, {65001})
            wait_until(lambda: "too many dynamic neighbors" in r1.read("xylem.log"), "the others are refused")

            def known():
                return bird.birdc("show route protocol x4").count("10.8.")

            wait_until(lambda: known() == count - 10, "BIRD knows their routes", 60)
            self.assertEqual(len(rows()), count - 10)
            r1.cli("configure", f"set protocols bgp group CALLERS listen-limit {count}", "commit")
            wait_until(lambda: known() == count, "BIRD knows the routes of all", 150)
            # Those that end are forgotten.
            callers.stop()
            wait_until(lambda: rows() == [] and known() == 0, "nothing is left of them", 60)

    def test_what_a_group_says(self):
        """A dynamic neighbour has what its group says; a change of it reaches the session; a group that goes ends it."""
        with Lab() as here:
            bird = here.bird("bird", speakers.bird(1, 65001, 'password "wood";'))
            bird.stub("10.1.0.1/24 2001:db8:101::1/64")
            group = ("group SITES { listen 10.0.1.0/24; remote-as 65001; password wood; import ACCEPT; export ACCEPT; description sites; }\n"
                     "group SIX { listen 2001:db8:1::/64; remote-as 65001; password wood; import ACCEPT; export ACCEPT; }")
            r1 = speakers.star(here, [bird], group)
            up(r1, "10.0.1.2", "2001:db8:1::2")
            self.assertEqual(speakers.neighbor_of(r1, "10.0.1.2")["group"], "SITES")
            for net in "10.1.0.0/24", "2001:db8:101::/64":
                wait_until(lambda: net in r1.routes(6 if ":" in net else 4), f"{net} is in the kernel")
            r1.cli("configure", "delete protocols bgp group SITES import", "commit")
            wait_until(lambda: "10.1.0.0/24" not in r1.routes(), "it is not, without import policy")
            self.assertEqual(speakers.neighbor_of(r1, "10.0.1.2")["state"], "established")
            r1.cli("configure", "delete protocols bgp group SITES", "commit")
            wait_until(lambda: [row["name"] for row in r1.json("show bgp summary")] == ["2001:db8:1::2"],
                       "the session has ended")


if __name__ == "__main__":
    main()
