#!/usr/bin/python3
"""Graceful restart (RFC 4724), as helper and as the one that restarts, and limits of prefixes.

        bird (AS 65001) ---- r1 ---- frr (AS 65002)

Packets flow between the two on routes that r1 has from either.
"""

import os
import signal
import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import OPEN, address, neighbor, neighbor_of, paths, up

NETS = {"bird": ("10.1.0.0/24", "2001:db8:101::/64"), "frr": ("10.2.0.0/24", "2001:db8:102::/64")}

# FRR says End-of-RIB before it has redistributed anything.
NETWORKS = """
router bgp 65002
 address-family ipv4 unicast
  network 10.2.0.0/24
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:102::/64
 exit-address-family
"""


class BgpRestartTest(unittest.TestCase):
    def build(self, here, restart="graceful-restart { selection 20; stale 60; }", limit=""):
        self.bird = here.bird("bird", speakers.bird(1, 65001, "graceful restart on; graceful restart time 60;")
                              .replace("protocol kernel {", "protocol kernel { persist; graceful restart on;"))
        self.frr = here.frr("frr", speakers.frr(2, 65002,
                                                top=["bgp graceful-restart", "bgp graceful-restart preserve-fw-state",
                                                              "bgp graceful-restart restart-time 60"], more=NETWORKS))
        self.bird.stub("10.1.0.1/24 2001:db8:101::1/64")
        self.frr.stub("10.2.0.1/24 2001:db8:102::1/64")
        for node in self.bird, self.frr:
            node.forward()
        self.r1 = speakers.star(here, [self.bird, self.frr], neighbor(1, "remote-as 65001; connect-retry 1;" + limit) +
                                neighbor(2, "remote-as 65002; connect-retry 1;") + restart)
        up(self.r1)
        self.converge()

    def converge(self):
        for node, ours in (self.bird, "frr"), (self.frr, "bird"):
            for net in NETS[ours]:
                wait_until(lambda: net in node.routes(6 if ":" in net else 4), f"{node.name} knows {net}", 40)

    def knows(self, node, nets):
        return all(net in node.routes(6 if ":" in net else 4) for net in nets)

    def flows(self):
        return [self.bird.flow(self.frr, "10.2.0.1", 0.005), self.frr.flow(self.bird, "10.1.0.1", 0.005),
                self.bird.flow(self.frr, "2001:db8:102::1", 0.005), self.frr.flow(self.bird, "2001:db8:101::1", 0.005)]

    def more_packets(self, flows, count=100):
        begin = [flow.arrived for flow in flows]
        wait_until(lambda: all(flow.arrived >= past + count for flow, past in zip(flows, begin)), "packets flow")

    def stale(self, r1, n, net):
        """Whether the n-th neighbour's path to this prefix is; None if there is none."""
        return next((path["stale"] for path in paths(r1, net) if path["neighbor"] == address(n)), None)

    def state(self, n, version=4):
        return neighbor_of(self.r1, address(n, version))["state"]

    def test_r1_restarts(self):
        with Lab() as here:
            self.build(here)
            before = self.r1.pids()
            flows = self.flows()
            with flows[0], flows[1], flows[2], flows[3]:
                self.more_packets(flows)
                os.kill(before["bgp"], signal.SIGKILL)
                wait_until(lambda: self.r1.pids()["bgp"] != before["bgp"], "bgp runs again")
                up(self.r1)
                wait_until(lambda: "routes selected" in self.r1.read("xylem.log"),
                           "all neighbours have told their routes")
                self.more_packets(flows)
                # All is whole: what changes gets through.
                for node, far, net in (self.bird, self.frr, "10.1.7"), (self.frr, self.bird, "10.2.7"):
                    node.ip("address", "add", f"{net}.1/24", "dev", "stub")
                    wait_until(lambda: f"{net}.0/24" in far.routes(), f"{far.name} learns {net}.0/24")
            self.assertEqual([flow.lost for flow in flows], [0] * 4)
            self.assertEqual({**self.r1.pids(), "bgp": 0}, {**before, "bgp": 0}, "nobody else was restarted")
            self.assertNotIn("waited", self.r1.read("xylem.log"))

    def test_a_neighbor_restarts(self):
        for name, n in ("bird", 1), ("frr", 2):
            with self.subTest(neighbor=name), Lab() as here:
                self.build(here)
                node, far = (self.bird, self.frr) if n == 1 else (self.frr, self.bird)
                program = "bird" if n == 1 else "bgpd"
                flows = self.flows()
                with flows[0], flows[1], flows[2], flows[3]:
                    self.more_packets(flows)
                    node.processes[program].kill()
                    node.processes.pop(program).wait()
                    for version in 4, 6:
                        wait_until(lambda: self.state(n, version) != "established", "the session is down")
                    wait_until(lambda: self.stale(self.r1, n, NETS[name][0]), "its routes are stale")
                    self.assertTrue(self.knows(self.r1, NETS[name]))
                    self.assertTrue(self.knows(far, NETS[name]))
                    self.more_packets(flows)
                    node.ip("address", "add", "10.99.0.1/24", "dev", "stub")
                    if n == 1:
                        node.start(recover=True)
                    else:
                        node.start_daemon("bgpd")
                    up(self.r1, timeout=60)
                    wait_until(lambda: self.stale(self.r1, n, NETS[name][0]) is False, "they are fresh again", 40)
                    wait_until(lambda: "10.99.0.0/24" in far.routes(), "new ones come")
                    self.more_packets(flows)
                # What the neighbour itself sends is between it and its kernel.
                self.assertEqual([flow.lost for flow in flows[n % 2::2]], [0, 0],
                                 f"packets lost by the restart of {name}")

    def test_a_neighbor_that_does_not_come_back(self):
        with Lab() as here:
            self.build(here)
            self.bird.processes["bird"].kill()
            self.bird.processes.pop("bird").wait()
            wait_until(lambda: self.stale(self.r1, 1, NETS["bird"][0]), "its routes are stale")
            self.assertTrue(self.knows(self.frr, NETS["bird"]))
            # Back without some of its routes: those are swept at End-of-RIB.
            self.bird.config = self.bird.config.replace("ipv6 { import all; export all; }",
                                                        "ipv6 { import all; export none; }")
            self.bird.start()
            wait_until(lambda: not self.knows(self.frr, [NETS["bird"][1]]),
                       "what it does not announce any more is swept", 40)
            self.assertTrue(self.knows(self.frr, [NETS["bird"][0]]))

    def test_restart_time_runs_out(self):
        with Lab() as here:
            self.bird = None
            exabgp = here.exabgp("exabgp", speakers.exabgp(1, 65001, capability="graceful-restart 3;"))
            frr = here.frr("frr", speakers.frr(2, 65002))
            r1 = speakers.star(here, [exabgp, frr], neighbor(1, "remote-as 65001; passive;") +
                               neighbor(2, "remote-as 65002;"))
            up(r1)
            for net, version in ("10.9.0.0/24", 4), ("2001:db8:9::/64", 6):
                exabgp.say(f"neighbor {address(1, version, 1)} announce route {net} next-hop self as-path [ 65001 ]")
                wait_until(lambda: net in r1.routes(version) and speakers.frr_paths(frr, net), f"{net} is known")
            exabgp.processes["exabgp"].kill()
            exabgp.processes.pop("exabgp").wait()
            wait_until(lambda: self.stale(r1, 1, "10.9.0.0/24"), "stale")
            for net, version in ("10.9.0.0/24", 4), ("2001:db8:9::/64", 6):
                wait_until(lambda: net not in r1.routes(version) and not speakers.frr_paths(frr, net),
                           f"{net} is forgotten in time", 15)

    def test_an_operator_who_disables_it(self):
        with Lab() as here:
            self.build(here, "graceful-restart { disable; }")
            self.bird.processes["bird"].kill()
            self.bird.processes.pop("bird").wait()
            wait_until(lambda: not self.knows(self.r1, NETS["bird"][:1]) and not self.knows(self.frr, NETS["bird"][1:]),
                       "its routes go at once", 10)

    def test_limits_of_prefixes(self):
        with Lab() as here:
            exabgp = here.exabgp("exabgp", "".join(speakers.exabgp(1, 65000 + end, versions=[4], local=[end])
                                                   for end in (11, 12, 13)))
            bird = here.bird("bird", speakers.bird(2, 65002))
            limits = {11: "max-prefixes 5;", 12: "max-prefixes 5; on-max warn;", 13: "max-prefixes 5; restart-after 2;"}
            text = "".join(f"neighbor 10.0.1.{end} {{ remote-as {65000 + end}; passive; {OPEN} ip4 {{ {limit} }} }}\n"
                           for end, limit in limits.items())
            r1 = here.router("r1", speakers.xylem_bgp({"eth0": speakers.both(1, 1), "eth1": speakers.both(2, 1)}, 65000,
                                                      "10.255.0.100",
                                                      text + neighbor(2, "remote-as 65002;")))
            here.link(r1, exabgp, "", " ".join(f"10.0.1.{end}/24" for end in limits))
            here.link(r1, bird, "", speakers.both(2))
            here.start()
            r1.ready()
            up(r1)

            def say(end, count, verb="announce"):
                exabgp.say(*[f"neighbor 10.0.1.1 local-ip 10.0.1.{end} {verb} route 10.{end}.{i}.0/24 next-hop self"
                             for i in range(count)])

            def known(end):
                return sum(net.startswith(f"10.{end}.") for net in r1.routes())

            for end in limits:
                say(end, 5)
                wait_until(lambda: known(end) == 5, f"five of {end}")
            established = neighbor_of(r1, "10.0.1.13")["established"]
            for end in limits:
                say(end, 6)
            for end in 11, 13:
                wait_until(lambda: "cease/maximum-prefixes" in neighbor_of(r1, f"10.0.1.{end}")["lastError"],
                           f"too many from {end}")
            wait_until(lambda: known(12) == 6, "a warning takes nothing away")
            self.assertEqual(neighbor_of(r1, "10.0.1.12")["state"], "established")
            self.assertIn("too many prefixes neighbor=10.0.1.12", r1.read("xylem.log"))
            wait_until(lambda: known(11) == 0, "the routes are gone")
            wait_until(lambda: "Maximum Number of Prefixes Reached" in str(exabgp.heard("10.0.1.11")), "ExaBGP is told")
            say(13, 3, "withdraw")
            wait_until(lambda: neighbor_of(r1, "10.0.1.13")["established"] > established,
                       "another attempt after two seconds", 30)
            self.assertNotEqual(neighbor_of(r1, "10.0.1.11")["state"], "established")
            r1.cli("clear bgp 10.0.1.11")
            say(11, 6, "withdraw")
            wait_until(lambda: neighbor_of(r1, "10.0.1.11")["state"] == "established", "the operator lets it try again",
                       40)


if __name__ == "__main__":
    main()
