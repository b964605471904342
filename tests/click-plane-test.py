#!/usr/bin/python3
"""A router over the click plane: packets go through the graph, and through the kernel while the graph is not there.

        h1 ---- r1 (Xylem, plane click) ---- h2
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest
from xml.etree import ElementTree

import lab
from lab import Lab, wait_until

CONFIG = """
interfaces { interface eth0 { address 10.0.1.1/24 2001:db8:a::1/64; } interface eth1 { address 10.0.2.1/24 2001:db8:b::1/64; } }
forwarding { plane click; }
protocols { static { route 10.9.0.0/24 { next-hop 10.0.2.2; } route 10.8.0.0/16 { blackhole; } route 10.7.0.0/16 { unreachable; }
                     route 2001:db8:9::/64 { next-hop 2001:db8:b::2; } } }
"""
PACKETS = 100
SIOCETHTOOL, ETHTOOL_STXCSUM, ETHTOOL_SGRO = 0x8946, 0x17, 0x2C


def set_offload(node, command, value):
    """As `ethtool -K eth0` does in a host."""
    setting = ctypes.create_string_buffer(struct.pack("II", command, value))
    request = struct.pack("16sP", b"eth0", ctypes.addressof(setting))
    with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        fcntl.ioctl(asker, SIOCETHTOOL, request)


class ClickPlaneTest(unittest.TestCase):
    def build(self, here, config=CONFIG):
        self.h1, self.h2, self.r1 = here.host("h1"), here.host("h2"), here.router("r1", config)
        here.link(self.r1, self.h1, "", "10.0.1.2/24 2001:db8:a::2/64")
        here.link(self.r1, self.h2, "", "10.0.2.2/24 2001:db8:b::2/64")
        for host, gateway in (self.h1, "10.0.1.1"), (self.h2, "10.0.2.1"):
            lab.ip("-n", host.name, "route", "add", "default", "via", gateway)
        for host, gateway in (self.h1, "2001:db8:a::1"), (self.h2, "2001:db8:b::1"):
            lab.ip("-n", host.name, "-6", "route", "add", "default", "via", gateway)
        self.h2.stub("10.9.0.1/24 2001:db8:9::1/64")
        here.start()
        wait_until(self.graph_runs, "the plane forwards")

    def graph_runs(self):
        return "eth0_in" in self.elements() and "eth1_in" in self.elements()

    def elements(self):
        return {each["name"]: each for each in self.r1.json("show click")}

    def forwarded(self):
        return sum(int(self.elements()[name]["packets"]) for name in ("eth0_in", "eth1_in"))

    def test_packets_go_through_the_graph(self):
        with Lab() as here:
            self.build(here)
            for address in "10.9.0.1", "10.0.2.2", "2001:db8:9::1", "2001:db8:b::2":
                wait_until(lambda: self.h1.ping(address), f"{address} can be reached")
            before = self.forwarded()
            with self.h1.flow(self.h2, "10.9.0.1", 0.002) as there, self.h2.flow(self.h1, "2001:db8:a::2", 0.002) as back:
                wait_until(lambda: there.arrived >= PACKETS and back.arrived >= PACKETS, "packets flow")
            self.assertEqual((there.lost, back.lost), (0, 0))
            self.assertGreaterEqual(self.forwarded() - before, 2 * PACKETS, "the kernel forwarded, not the graph")
            self.assertEqual(self.transfer(1 << 22), 1 << 22)

    def transfer(self, size):
        """Bytes that arrive of so many sent by TCP from h1 to h2 within a few seconds."""
        with self.h2.socket(socket.AF_INET, socket.SOCK_STREAM) as listener, self.h1.socket(socket.AF_INET, socket.SOCK_STREAM) as sender:
            listener.bind(("10.9.0.1", 5000))
            listener.listen()
            for each in listener, sender:
                each.settimeout(10 * lab.SLOWDOWN)
            sender.connect(("10.9.0.1", 5000))
            receiver = listener.accept()[0]
            feeder = threading.Thread(target=lambda: (sender.sendall(bytes(size)), sender.shutdown(socket.SHUT_WR)))
            feeder.start()
            arrived = 0
            with receiver:
                while piece := receiver.recv(1 << 16):
                    arrived += len(piece)
            feeder.join()
        return arrived

    def test_packet_rings(self):
        with Lab() as here:
            self.build(here, CONFIG + "click { method ring; }")
            for address in "10.9.0.1", "2001:db8:9::1", "10.0.1.1", "2001:db8:a::1":
                wait_until(lambda: self.h1.ping(address), f"{address} can be reached")
            answer = self.h1.run("ping", "-c", "20", "-i", "0.02", "10.9.0.1")
            self.assertRegex(answer, " 20 received")
            self.assertNotIn("duplicates", answer, "the kernel forwards too")
            self.assertGreaterEqual(self.forwarded(), 40, "the kernel forwarded, not the graph")
            trace = self.h1.run("traceroute", "-n", "-w", "1", "-q", "1", "10.9.0.1")
            self.assertRegex(trace, r"(?m)^ 1  10\.0\.1\.1 ")
            self.assertIn("no AF_XDP", self.r1.json("show click fast-path"))
            # A host leaves it to its hardware to cut what TCP sends.
            self.assertEqual(self.transfer(1 << 22), 1 << 22)
            # It dies, and what kept the kernel from the packets goes with it.
            with self.h1.flow(self.h2, "10.9.0.1", 0.002) as flow:
                wait_until(lambda: flow.arrived >= PACKETS, "packets flow")
                victim = self.r1.pids()["click"]
                os.kill(victim, signal.SIGKILL)
                arrived = flow.arrived
                wait_until(lambda: self.r1.pids()["click"] != victim and self.graph_runs(), "the plane is back")
                wait_until(lambda: flow.arrived >= arrived + PACKETS, "packets flow")
            self.assertLess(flow.lost, 100 * lab.SLOWDOWN, "the kernel did not stand in")

    def fast(self):
        return {each["name"]: int(each["fastReceived"]) for each in self.r1.json("show click port")}

    def test_the_fast_path(self):
        with Lab() as here:
            self.build(here)
            state = self.r1.json("show click fast-path")
            if state.startswith("the kernel refuses"):
                self.skipTest(state)
            self.assertEqual(state, "on")
            for host in self.h1, self.h2:
                # A virtual device takes a driver's frames if its other end has GRO, and then checksums cannot be left to be made later.
                set_offload(host, ETHTOOL_STXCSUM, 0)
                self.assertFalse(any(each["takesFrames"] for each in self.r1.json("show click port") if each["name"] == "eth1"))
            for host in self.h1, self.h2:
                set_offload(host, ETHTOOL_SGRO, 1)
            wait_until(lambda: all(each["takesFrames"] for each in self.r1.json("show click port")), "the plane notices")
            for address in "10.9.0.1", "10.0.2.2", "2001:db8:9::1", "2001:db8:b::2":
                wait_until(lambda: self.h1.ping(address), f"{address} can be reached")
            before, slow = self.fast(), self.elements()
            with self.h1.flow(self.h2, "10.9.0.1", 0.002) as there, self.h2.flow(self.h1, "2001:db8:a::2", 0.002) as back:
                wait_until(lambda: there.arrived >= PACKETS and back.arrived >= PACKETS, "packets flow")
                # The neighbor behind eth1 is unknown for a while, then another one: the graph helps out.
                self.h2.ip("link", "set", "eth0", "address", "02:00:00:00:00:77")
                self.r1.ip("neigh", "flush", "dev", "eth1")
                arrived = there.arrived
                wait_until(lambda: there.arrived >= arrived + PACKETS, "packets flow to the new neighbor")
            after = self.fast()
            for name in "eth0", "eth1":
                self.assertGreaterEqual(after[name] - before[name], PACKETS, "no fast path")
                count = int(self.elements()[f"{name}_in"]["packets"]) - int(slow[f"{name}_in"]["packets"])
                self.assertGreaterEqual(count, after[name] - before[name], "the handler does not count the fast path")
            # What is not plain takes the graph: an answer from the router, a fragment.
            trace = self.h1.run("traceroute", "-n", "-w", "1", "-q", "1", "10.9.0.1")
            self.assertRegex(trace, r"(?m)^ 1  10\.0\.1\.1 ")
            self.r1.cli("configure", "set click fast-path false", "commit")
            wait_until(lambda: self.r1.json("show click fast-path") == "off", "it is switched off")
            stopped = self.fast()
            self.assertTrue(self.h1.ping("10.9.0.1"))
            self.assertEqual(self.fast(), stopped)

    def test_the_router_itself_is_reached_past_the_graph(self):
        with Lab() as here:
            self.build(here)
            wait_until(lambda: self.h1.ping("10.0.1.1") and self.h1.ping("10.0.2.1") and self.h1.ping("2001:db8:b::1"), "r1 answers")
            self.assertEqual(self.forwarded(), 0)

    def test_what_cannot_be_forwarded_is_answered(self):
        with Lab() as here:
            self.build(here)
            wait_until(lambda: self.h1.ping("10.9.0.1"), "packets flow")
            trace = self.h1.run("traceroute", "-n", "-w", "1", "-q", "1", "10.9.0.1")
            self.assertRegex(trace, r"(?m)^ 1  10\.0\.1\.1 ")
            self.assertRegex(trace, r"(?m)^ 2  10\.9\.0\.1 ")
            trace = self.h1.run("traceroute", "-6", "-n", "-w", "1", "-q", "1", "2001:db8:9::1")
            self.assertRegex(trace, r"(?m)^ 1  2001:db8:a::1 ")
            for address in "10.7.0.1", "192.0.2.1":
                answer = subprocess.run(self.h1.inside("ping", "-c", "1", "-W", "1", address), capture_output=True, text=True).stdout
                self.assertIn("Unreachable", answer, address)
            answer = subprocess.run(self.h1.inside("ping", "-c", "1", "-W", "1", "10.8.0.1"), capture_output=True, text=True).stdout
            self.assertNotIn("nreachable", answer, "a blackhole is silent")

    def test_too_big_for_the_next_link(self):
        with Lab() as here:
            self.build(here, CONFIG.replace("address 10.0.2.1/24", "mtu 1300; address 10.0.2.1/24"))
            lab.ip("-n", "h2", "link", "set", "eth0", "mtu", "1300")
            wait_until(lambda: self.h1.ping("10.9.0.1"), "packets flow")
            whole = self.h1.inside("ping", "-M", "do", "-c", "1", "-W", "1", "-s", "1400", "10.9.0.1")
            answer = subprocess.run(whole, capture_output=True, text=True)
            self.assertIn("mtu = 1300", answer.stdout + answer.stderr)
            self.h1.run("ip", "route", "flush", "cache")
            self.h1.run("ping", "-M", "dont", "-c", "1", "-W", "2", "-s", "1400", "10.9.0.1")

    def test_the_kernel_stands_in_for_a_plane_that_died(self):
        with Lab() as here:
            self.build(here)
            wait_until(lambda: self.h1.ping("10.9.0.1"), "packets flow")
            pids = self.r1.pids()
            with self.h1.flow(self.h2, "10.9.0.1", 0.002) as flow:
                wait_until(lambda: flow.arrived >= PACKETS, "packets flow")
                for _ in range(3):
                    victim = self.r1.pids()["click"]
                    os.kill(victim, signal.SIGKILL)
                    wait_until(lambda: self.r1.pids()["click"] != victim and self.graph_runs(), "the plane is back")
                    wait_until(lambda: self.forwarded() >= PACKETS, "it forwards")
            # What the process had taken goes with it, until the kernel has closed its sockets: some 20 ms each time.
            self.assertLess(flow.lost, 3 * 100 * lab.SLOWDOWN, "the kernel did not stand in")
            self.assertEqual({**self.r1.pids(), "click": 0}, {**pids, "click": 0}, "others were restarted")

    def test_packets_flow_while_the_fea_is_dead(self):
        with Lab() as here:
            self.build(here)
            wait_until(lambda: self.h1.ping("10.9.0.1"), "packets flow")
            with self.h1.flow(self.h2, "10.9.0.1", 0.002) as flow:
                wait_until(lambda: flow.arrived >= PACKETS, "packets flow")
                before = self.r1.pids()
                os.kill(before["fea"], signal.SIGKILL)
                wait_until(lambda: self.r1.pids()["fea"] != before["fea"], "the FEA is back")
                arrived = flow.arrived
                wait_until(lambda: flow.arrived >= arrived + PACKETS, "packets flow")
            self.assertEqual(flow.lost, 0)
            self.assertEqual(self.r1.pids()["click"], before["click"])

    def test_the_graph_is_drawn(self):
        with Lab() as here:
            self.build(here)
            self.assertRegex(self.r1.cli("show click graph"), r"(?m)^rt4 :: PlaneLookup4\(eth0, eth1\);$")
            wait_until(lambda: self.h1.ping("10.9.0.1"), "packets flow")
            dot = self.r1.cli("show click dot")
            self.assertRegex(dot, r'(?m)^  "eth0_in" \[label="eth0_in\\nFromDevice\\n\d+ packets"\];$')
            self.assertIn('"eth0_ttl4" -> "rt4" [taillabel=0, headlabel=0];', dot)
            names = set(self.elements())
            for command in "show click graph | svg", "show click dot | svg":
                drawn = ElementTree.fromstring(self.r1.cli(command))
                titles = {each.find("{*}title").text for each in drawn.iter("{http://www.w3.org/2000/svg}g") if each.get("class") == "node"}
                self.assertEqual(titles, names)
            with self.assertRaisesRegex(lab.CommandFailed, "no graph"):
                self.r1.cli("show route | svg")

    def test_a_graph_of_the_operator(self):
        with Lab() as here:
            self.build(here)
            graph = os.path.join(self.r1.directory, "own.click")
            good = self.r1.cli("show click graph")
            with open(graph, "w") as file:
                file.write(good + "\nIdle -> mine :: Counter -> Discard;\n")
            self.r1.cli("configure", f'set click graph "{graph}"', "commit")
            wait_until(lambda: "mine" in self.elements(), "the operator's graph runs")
            wait_until(lambda: self.h1.ping("10.9.0.1"), "packets flow")
            with open(graph, "w") as file:
                file.write("Idle -> NoSuchElement;\n")
            with self.assertRaisesRegex(lab.CommandFailed, "NoSuchElement"):
                self.r1.cli("configure", 'set click method ring', "commit")
            self.assertIn("mine", self.elements())
            self.assertTrue(self.h1.ping("10.9.0.1"))


class OtherLabsTest(unittest.TestCase):
    """Labs that know nothing of planes pass over this one."""

    def lab(self, *program):
        here = os.path.dirname(os.path.abspath(__file__))
        ran = subprocess.run([sys.executable, os.path.join(here, program[0]), *program[1:]], env=dict(os.environ, XYLEM_PLANE="click"),
                             capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_rip(self):
        self.lab("rip-test.py")

    def test_kill(self):
        self.lab("kill-test.py")

    def test_bgp(self):
        self.lab("bgp-test.py")
        self.lab("bgp-unnumbered-test.py")
        self.lab("bgp-multipath-test.py")
        self.lab("bgp-restart-test.py")


if __name__ == "__main__":
    lab.main()
