#!/usr/bin/python3
"""The lab itself: real peers meet in it, losses are counted, and nothing outlives it."""

import os
import signal
import subprocess
import sys
import unittest

import lab
from lab import Lab, wait_until
from peers import BIRD_RIP, FRR_RIP

PROGRAM = """
import sys, time
sys.path.insert(0, {tests!r})
import lab, sandbox
sandbox.enter()
with lab.Lab() as here:
    h1, h2 = here.bird("h1", {bird!r}), here.host("h2")
    here.link(h1, h2, "10.0.1.1/24", "10.0.1.2/24")
    here.start()
    h2.spawn("fork", "setsid", "sh", "-c", "(exec setsid sleep 98765) & exec sleep 98765")
    print("ready", flush=True)
    time.sleep(98765)
"""


class PeersTest(unittest.TestCase):
    def test_bird_and_frr_exchange_rip_routes(self):
        with Lab() as here:
            h1, h2 = here.bird("h1", BIRD_RIP), here.frr("h2", FRR_RIP)
            here.link(h1, h2, "10.0.0.1/24 2001:db8::1/64", "10.0.0.2/24 2001:db8::2/64")
            h1.stub("10.1.0.1/24 2001:db8:1::1/64")
            h2.stub("10.2.0.1/24 2001:db8:2::1/64")
            here.start()
            wait_until(lambda: h2.routes()["10.1.0.0/24"]["gateway"] == "10.0.0.1", "RIP from BIRD to FRR")
            wait_until(lambda: h1.routes()["10.2.0.0/24"]["gateway"] == "10.0.0.2", "RIP from FRR to BIRD")
            wait_until(lambda: h2.routes(6)["2001:db8:1::/64"]["gateway"].startswith("fe80"), "RIPng from BIRD to FRR")
            wait_until(lambda: h1.routes(6)["2001:db8:2::/64"]["gateway"].startswith("fe80"), "RIPng from FRR to BIRD")
            self.assertIn("10.2.0.0/24", h1.birdc("show route protocol rip1"))
            self.assertIn("10.1.0.0/24", h2.vtysh("show ip rip"))
            self.assertIn("10.1.0.0/24", h2.vtysh_json("show ip route rip"))
            self.assertTrue(h1.ping("2001:db8:2::1"))


class FlowTest(unittest.TestCase):
    def path(self, here):
        h1, r1, h2 = here.host("h1"), here.host("r1"), here.host("h2")
        r1.forward()
        here.link(h1, r1, "10.0.1.1/24 2001:db8:1::1/64", "10.0.1.2/24 2001:db8:1::2/64")
        here.link(r1, h2, "10.0.2.1/24 2001:db8:2::1/64", "10.0.2.2/24 2001:db8:2::2/64")
        for node, way4, way6 in (h1, "10.0.1.2", "2001:db8:1::2"), (h2, "10.0.2.1", "2001:db8:2::1"):
            node.ip("route", "add", "default", "via", way4)
            node.ip("route", "add", "default", "via", way6)
        for address in "10.0.2.2", "2001:db8:2::2":
            wait_until(lambda: h1.ping(address), f"{address} can be reached")
        return h1, r1, h2

    def test_no_loss_on_a_whole_path(self):
        with Lab() as here:
            h1, r1, h2 = self.path(here)
            with h1.flow(h2, "10.0.2.2") as four, h1.flow(h2, "2001:db8:2::2") as six:
                wait_until(lambda: four.arrived > 100 and six.arrived > 100, "packets arrive")
            self.assertEqual((four.lost, six.lost), (0, 0))
            self.assertEqual(four.arrived, four.sent)

    def test_a_short_interruption_is_seen(self):
        with Lab() as here:
            h1, r1, h2 = self.path(here)
            with h1.flow(h2, "10.0.2.2") as flow:
                wait_until(lambda: flow.arrived > 50, "packets arrive")
                r1.ip("route", "replace", "blackhole", "10.0.2.2")
                sent = flow.sent
                wait_until(lambda: flow.sent > sent + 1, "a packet leaves meanwhile")
                r1.ip("route", "delete", "blackhole", "10.0.2.2")
                before = flow.arrived
                wait_until(lambda: flow.arrived > before + 50, "packets arrive again")
            self.assertGreater(flow.lost, 0)


class EndTest(unittest.TestCase):
    def begin(self):
        program = PROGRAM.format(tests=os.path.dirname(os.path.abspath(lab.__file__)), bird=BIRD_RIP)
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertTrue(self.leftovers())
        return process

    def leftovers(self):
        """Processes and namespaces of labs below this one."""
        found = lab.output("ps", "-eo", "pid,args").splitlines()
        return [line for line in found if "sleep 98765" in line or "bird -f" in line] + os.listdir("/run/netns")

    def end_by(self, sign):
        process = self.begin()
        process.send_signal(sign)
        process.wait(10)
        wait_until(lambda: not self.leftovers(), f"nothing is left after {sign.name}")

    def test_nothing_is_left_after_sigkill(self):
        self.end_by(signal.SIGKILL)

    def test_nothing_is_left_after_sigint(self):
        self.end_by(signal.SIGINT)

    def test_nothing_is_left_after_sigterm(self):
        self.end_by(signal.SIGTERM)

    def test_nothing_is_left_after_an_exception(self):
        with self.assertRaises(ZeroDivisionError):
            with Lab() as here:
                here.report = lambda: None
                h1 = here.bird("h1", BIRD_RIP)
                h1.start()
                h1.spawn("fork", "sh", "-c", "(exec setsid sleep 98765) & exec sleep 98765")
                wait_until(lambda: self.leftovers(), "processes run")
                1 / 0
        self.assertEqual(self.leftovers(), [])
        self.assertEqual([name for name in os.listdir("/run") if name.startswith("lab-")], [])


if __name__ == "__main__":
    lab.main()
