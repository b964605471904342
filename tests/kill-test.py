#!/usr/bin/python3
"""Kill -9 of each process of a router while traffic flows: no packet is lost, nobody else restarts, all is whole again.

        h1 (BIRD) ---- r1 (Xylem) ---- h2 (FRR)

The flows cross r1 on routes that it learned by RIP and RIPng from either side, and on a static one.
"""

import os
import signal
import unittest

import lab
from lab import Lab, wait_until
from peers import BIRD_RIP, FRR_RIP, xylem_rip

STATIC = "static { route 10.9.0.0/24 { next-hop 10.0.2.2; } route 2001:db8:9::/64 { next-hop 2001:db8:b::2; } }"
PACKETS = 100  # That each flow delivers before and after.


class KillTest(unittest.TestCase):
    def kill(self, name):
        with Lab() as here:
            self.build(here)
            self.converge()
            before, kernel = self.r1.pids(), self.kernel()
            flows = [self.h1.flow(self.h2, "10.2.0.1", 0.005), self.h1.flow(self.h2, "2001:db8:2::1", 0.005),
                     self.h2.flow(self.h1, "10.1.0.1", 0.005), self.h1.flow(self.h2, "10.9.0.1", 0.005)]
            with flows[0], flows[1], flows[2], flows[3]:
                self.more_packets(flows)
                os.kill(before[name], signal.SIGKILL)
                wait_until(lambda: self.r1.pids()[name] != before[name], f"{name} runs again")
                self.more_packets(flows)
                self.is_whole(kernel)
            self.assertEqual([flow.lost for flow in flows], [0] * len(flows), f"packets lost by kill -9 of {name}")
            after = self.r1.pids()
            self.assertEqual({**after, name: 0}, {**before, name: 0}, "other processes were restarted")

    def build(self, here):
        self.h1, self.h2 = here.bird("h1", BIRD_RIP), here.frr("h2", FRR_RIP)
        self.r1 = here.router("r1", xylem_rip({"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64"}, STATIC))
        here.link(self.r1, self.h1, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.h2, "", "10.0.2.2/24 2001:db8:b::2/64")
        self.h1.stub("10.1.0.1/24 2001:db8:1::1/64")
        self.h2.stub("10.2.0.1/24 2001:db8:2::1/64 10.9.0.1/24 2001:db8:9::1/64")
        here.start()

    def converge(self):
        for node, address in (self.h1, "10.2.0.1"), (self.h1, "10.9.0.1"), (self.h2, "10.1.0.1"), (self.h1, "2001:db8:2::1"):
            wait_until(lambda: node.ping(address), f"{address} can be reached from {node.name}", 40)

    def more_packets(self, flows):
        begin = [flow.arrived for flow in flows]
        wait_until(lambda: all(flow.arrived >= past + PACKETS for flow, past in zip(flows, begin)), "packets flow")

    def kernel(self):
        """What the kernel of r1 does with packets: {destination: where to}."""
        return {destination: (route.get("gateway"), route.get("via"), route.get("dev"))
                for version in (4, 6) for destination, route in self.r1.routes(version).items()}

    def is_whole(self, kernel):
        """The kernel has what it had, and what changes at one neighbour gets to the kernel and to the other one."""
        wait_until(lambda: self.kernel() == kernel, "the kernel's routes are as before")
        self.h1.ip("address", "add", "10.1.7.1/24", "dev", "stub")
        wait_until(lambda: "10.1.7.0/24" in self.kernel(), "a new route gets from the neighbour to the kernel")
        wait_until(lambda: "10.1.7.0/24" in self.h2.routes(), "a new route gets to the other neighbour")
        self.h1.ip("address", "delete", "10.1.7.1/24", "dev", "stub")
        wait_until(lambda: "10.1.7.0/24" not in self.h2.routes(), "a withdrawal gets to the other neighbour", 40)
        wait_until(lambda: self.kernel() == kernel, "the kernel's routes are as before")

    def test_rtrmgr(self):
        self.kill("rtrmgr")

    def test_finder(self):
        self.kill("finder")

    def test_rib(self):
        self.kill("rib")

    def test_fea(self):
        self.kill("fea")

    def test_static(self):
        self.kill("static")

    def test_rip(self):
        self.kill("rip")


if __name__ == "__main__":
    lab.main()
