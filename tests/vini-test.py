#!/usr/bin/python3
"""A virtual network over another one: the links between three Xylem routers are tunnels in their click planes.

    h1 ---- r1 ======== r2 ======== r3 ---- h2       ==== EGRE over the underlay, a LAN between the routers' eth0
             \\======================/                r1 - r2 is a slow, long and lossy link (Link), r1 - r3 a costly one

Each end of a tunnel is an interface of the router (KernelTap), which has its addresses and speaks RIP, as any other one.
"""

import os
import re
import signal
import statistics
import subprocess
import threading
import time
import unittest

import lab
from lab import Lab, wait_until

DELAY, RATE, LOSS = 0.020, 10e6, 0.01  # What the graphs ask of the link between r1 and r2, in each direction.
EMULATION = "Link(10Mbps, 20ms, LOSS 0.01)"
TUNNELS = {"r1": {"t12": 2, "t13": 3}, "r2": {"t12": 1, "t23": 3}, "r3": {"t13": 1, "t23": 2}}  # Its taps, and to whom.
SITES = {"r1": "10.1.0", "r3": "10.3.0"}  # Where hosts are: eth1.
ETHERNET, UDP = 14, 8 + 20
PORT, SO_RCVBUFFORCE = 4243, 33


def address(router, tap):
    return f"10.{tap[1:]}.0.{router[1]}"


def config(router, graph):
    interfaces = [f"interface eth0 {{ address 192.0.2.{router[1]}/24; }}"]
    interfaces += [f"interface {tap} {{ address {address(router, tap)}/24; }}" for tap in TUNNELS[router]]
    speakers = [f"interface {tap} {{ metric {5 if tap == 't13' else 1}; }}" for tap in TUNNELS[router]]
    if router in SITES:
        interfaces.append(f"interface eth1 {{ address {SITES[router]}.1/24; }}")
        speakers.append("interface eth1 { passive; }")
    return f"""
interfaces {{ {" ".join(interfaces)} }}
forwarding {{ plane click; }}
click {{ graph "{graph}"; }}
protocols {{ rip {{ {" ".join(speakers)} update-interval 2; timeout 12; garbage-collect 8; }} }}
"""


def wires(router):
    """The graph that is a wire between each tap and its tunnel: the kernel forwards."""
    text = "raw :: RawSocket(GRE);\n"
    end = "raw"
    for tap, peer in TUNNELS[router].items():
        link = EMULATION if tap == "t12" else "Null"
        text += f"""
{tap} :: KernelTap({address(router, tap)}/24, DEVNAME {tap}, MTU 1450)
  -> {tap}_link :: {link}
  -> EtherGRE(192.0.2.{router[1]}, 192.0.2.{peer}, KEY {tap[1:]}) -> raw;
{end} -> {tap}_end :: StripEtherGRE(KEY {tap[1:]}) -> {tap}_in :: Counter -> {tap};
"""
        end = f"{tap}_end [1]"
    return text + f"{end} -> Discard;\n"


def forwarding(router):
    """The graph that forwards by itself: frames for the router itself go to the tap, packets for others by its routes."""
    devices = (["eth1"] if router in SITES else []) + list(TUNNELS[router])
    text = f"raw :: RawSocket(GRE); host :: PlaneHost; forwarded :: Counter -> rt :: PlaneLookup4({', '.join(devices)});\n"
    text += f"rt [0] -> host; rt [{len(devices) + 1}] -> Discard;\n"
    end = "raw"
    for port, device in enumerate(devices, 1):
        text += f"rt [{port}] -> {device}_mtu :: IPFragmenter({1500 if device == 'eth1' else 1450}, HONOR_DF true) -> " \
                f"{device}_arp :: PlaneNeighbors({device}); {device}_arp [1] -> host; {device}_mtu [1] -> {device}_big :: ICMPError(" \
                f"{SITES[router] + '.1' if device == 'eth1' else address(router, device)}, unreachable, needfrag, PMTU 1450) -> host;\n" \
                f"{device}_ttl :: DecIPTTL -> forwarded; {device}_ttl [1] -> ICMPError(" \
                f"{SITES[router] + '.1' if device == 'eth1' else address(router, device)}, timeexceeded) -> host;\n"
        if device == "eth1":
            text += """
FromDevice(eth1, SNIFFER false, HOST true) -> eth1_type :: Classifier(12/0800, -) -> Strip(14) -> CheckIPHeader -> eth1_ttl;
eth1_type [1] -> Discard;
eth1_arp -> Queue -> ToDevice(eth1);
"""
            continue
        peer, link = TUNNELS[router][device], EMULATION if device == "t12" else "Null"
        own = "".join(f"{int(byte):02x}" for byte in address(router, device).split("."))
        text += f"""
{device} :: KernelTap({address(router, device)}/24, DEVNAME {device}, MTU 1450) -> {device}_link :: {link}
  -> EtherGRE(192.0.2.{router[1]}, 192.0.2.{peer}, KEY {device[1:]}) -> raw;
{device}_arp -> {device}_link;
{end} -> {device}_end :: StripEtherGRE(KEY {device[1:]}) -> {device}_type :: Classifier(0/01%01, 12/0800 30/{own}, 12/0800, -);
{device}_type [0] -> {device}; {device}_type [1] -> {device}; {device}_type [3] -> {device};
{device}_type [2] -> Strip(14) -> CheckIPHeader -> {device}_ttl;
"""
        end = f"{device}_end [1]"
    return text + f"{end} -> Discard;\n"


class Stream:
    """What one socket receives: when, and how much."""

    def __init__(self, source):
        self.source = source
        self.source.settimeout(0.2)
        self.times, self.sizes = [], []
        self.ending = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while not self.ending.is_set():
            try:
                size = len(self.source.recv(1 << 16))
            except TimeoutError:
                continue
            if size == 0:
                return
            self.times.append(time.monotonic())
            self.sizes.append(size)

    def end(self):
        self.ending.set()
        self.reader.join()
        self.source.close()


class ViniTest(unittest.TestCase):
    def build(self, here, graph=wires):
        lan = here.host("lan")
        lan.ip("link", "add", "bridge", "type", "bridge")
        lan.ip("link", "set", "bridge", "up")
        self.routers = {}
        for name in TUNNELS:
            path = os.path.join(here.directory, name + ".click")
            with open(path, "w") as file:
                file.write(graph(name))
            self.routers[name] = here.router(name, config(name, path))
            _, end = here.link(self.routers[name], lan, capture=name == "r1")
            lan.ip("link", "set", end, "master", "bridge")
        self.r1, self.r2, self.r3 = self.routers.values()
        self.h1, self.h2 = here.host("h1"), here.host("h2")
        for host, router in (self.h1, self.r1), (self.h2, self.r3):
            site = SITES[router.name]
            here.link(router, host, "", f"{site}.2/24", capture=False)
            host.ip("route", "add", "default", "via", f"{site}.1")
        here.start()
        self.uses("t12")
        wait_until(lambda: self.h1.ping("10.3.0.2"), "h1 reaches h2")

    def way(self, router, to):
        return lab.json.loads(lab.output("ip", "-n", router.name, "-j", "route", "get", to))[0]["dev"]

    def uses(self, tap, timeout=60):
        wait_until(lambda: self.way(self.r1, "10.3.0.2") == tap, f"r1 reaches h2 by {tap}", timeout)
        back = {"t12": "t23", "t13": "t13"}[tap]
        wait_until(lambda: self.way(self.r3, "10.1.0.2") == back, f"r3 reaches h1 by {back}", timeout)

    def read(self, router, handler):
        return router.cli(f"show click handler {handler}").strip()

    def set_link(self, handler, value, routers=("r1", "r2")):
        for name in routers:
            self.routers[name].cli(f"set-click-handler t12_link.{handler} value {value}")

    def round_trip(self, count=200):
        """Median, in seconds."""
        told = subprocess.run(self.h1.inside("ping", "-n", "-c", str(count), "-i", "0.01", "-W", "1", "10.3.0.2"),
                              capture_output=True, text=True).stdout
        times = [float(each) / 1000 for each in re.findall(r"time=([\d.]+) ms", told)]
        self.assertGreater(len(times), count / 2, told)
        return statistics.median(times)

    def datagrams(self, count, size, rate):
        """Send so many of this size from h1 to h2, at this rate on the link in bits a second; what arrived."""
        source = self.h2.socket(lab.socket.AF_INET, lab.socket.SOCK_DGRAM)
        source.setsockopt(lab.socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        source.bind(("10.3.0.2", PORT))
        stream = Stream(source)
        out = self.h1.socket(lab.socket.AF_INET, lab.socket.SOCK_DGRAM)
        interval, begin, pace = (size + UDP + ETHERNET) * 8 / rate, time.monotonic(), threading.Event()
        for i in range(count):
            early = begin + i * interval - time.monotonic()
            if early > 0.001:
                pace.wait(early)
            out.sendto(bytes(size), ("10.3.0.2", PORT))
        out.close()
        wait_until(lambda: time.monotonic() - stream.times[-1] > 0.5, "all have arrived")
        stream.end()
        return stream

    def test_the_link_is_as_asked(self):
        with Lab() as here:
            self.build(here)
            self.check_delay()
            self.check_loss()
            self.set_link("loss", 0)
            self.check_bandwidth()

    def check_delay(self):
        asked = self.round_trip()
        self.set_link("delay", "0")
        self.set_link("rate", "0")  # Now the link lets all pass at once.
        without = self.round_trip()
        self.set_link("delay", f"{DELAY}s")
        self.set_link("rate", f"{RATE:.0f}bps")
        added = (asked - without) / 2
        print(f"delay: {added * 1000:.2f} ms added in each direction, {without * 1000:.2f} ms round trip without")
        self.assertAlmostEqual(added, DELAY, delta=DELAY * 0.05)

    def check_loss(self, count=20000):
        before = int(self.read(self.r1, "t12_link.lost"))
        arrived = len(self.datagrams(count, 64, RATE / 3).times)
        lost, told = count - arrived, int(self.read(self.r1, "t12_link.lost")) - before
        print(f"loss: {lost} of {count} packets, {100 * lost / count:.2f} %; the link says {told}")
        deviation = (LOSS * (1 - LOSS) / count) ** 0.5
        self.assertAlmostEqual(lost / count, LOSS, delta=4 * deviation)
        self.assertLessEqual(abs(told - lost), 3, "lost elsewhere")  # RIP's own packets may be among those of the link.

    def iperf(self, *words):
        """Bits a second that h2 gets of h1's, when the flow has found its pace: the median of the last seconds but one."""
        server = self.h2.spawn("iperf3", "iperf3", "--server", "--one-off", "--json")

        def measured():
            command = ["iperf3", "--client", "10.3.0.2", "--json", "--get-server-output", "--time", "8", *words]
            told = lab.json.loads(subprocess.run(self.h1.inside(*command), capture_output=True, text=True).stdout)
            return "error" not in told and told["server_output_json"]["intervals"]

        intervals = wait_until(measured, "the receiver is there", 60)
        server.wait()
        return statistics.median(each["sum"]["bits_per_second"] for each in intervals[3:8])

    def check_bandwidth(self, size=1400):
        """UDP at more than the link takes, and TCP, whose segments are as long as the MTU allows."""
        segment = 1450 - 52
        udp = self.iperf("--udp", "--bitrate", f"{1.5 * RATE:.0f}", "--length", str(size)) * (size + UDP + ETHERNET) / size
        tcp = self.iperf() * (segment + 52 + ETHERNET) / segment
        print(f"bandwidth: {udp / 1e6:.2f} Mbps on the link by UDP, {tcp / 1e6:.2f} by TCP")
        for rate in udp, tcp:
            self.assertAlmostEqual(rate, RATE, delta=RATE * 0.05)

    def test_a_link_is_cut_and_mended(self):
        with Lab() as here:
            self.build(here)
            self.set_link("loss", 1)
            self.uses("t13")
            wait_until(lambda: self.h1.ping("10.3.0.2"), "h1 reaches h2 the other way")
            self.set_link("loss", 0)
            self.uses("t12")
            wait_until(lambda: self.h1.ping("10.3.0.2"), "h1 reaches h2")

    def test_a_new_graph_loses_nothing(self):
        with Lab() as here:
            self.build(here, lambda router: wires(router).replace("LOSS 0.01", "LOSS 0"))
            method = "ring", "automatic"
            self.set_link("delay", "25ms")
            with self.h1.flow(self.h2, "10.3.0.2", 0.001) as flow:
                for i in range(4):
                    before = flow.arrived
                    self.r1.cli("configure", f"set click method {method[i % 2]}", "commit")
                    wait_until(lambda: flow.arrived > before + 200, "packets flow")
            self.assertEqual(flow.lost, 0)
            self.assertEqual(self.read(self.r1, "t12_link.delay"), "0.025s")
            self.assertGreater(int(self.read(self.r1, "t12_link.count")), 800)

    def test_a_plane_dies(self):
        with Lab() as here:
            self.build(here)
            victim = self.r1.pids()["click"]
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: self.r1.pids()["click"] != victim, "the plane is back")
            wait_until(lambda: self.h1.ping("10.3.0.2"), "h1 reaches h2", 60)
            self.uses("t12")

    def test_the_graph_forwards(self):
        with Lab() as here:
            self.build(here, forwarding)
            for name in TUNNELS:
                self.routers[name].run("sysctl", "-qw", "net.ipv4.ip_forward=0")
            wait_until(lambda: self.h1.ping("10.3.0.2"), "h1 reaches h2 through the graphs")
            before = {name: int(self.read(self.routers[name], "forwarded.count")) for name in TUNNELS}
            wait_until(lambda: self.h1.ping("10.3.0.2", 5), "h1 reaches h2 through the graphs")
            for name in TUNNELS:
                self.assertGreaterEqual(int(self.read(self.routers[name], "forwarded.count")) - before[name], 10, name)
            self.check_delay()


if __name__ == "__main__":
    lab.main()
