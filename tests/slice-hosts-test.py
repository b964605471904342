#!/usr/bin/python3
"""Slices that span machines: each makes what it carries from the same file, and tunnels join the parts."""

import os
import re
import signal
import socket
import subprocess
import unittest

import lab
import sandbox
from lab import wait_until
from slices import PYTHON, RIP, XYLEM, Machine, refuse_bpf, underlay

OSPF = RIP.split("protocols")[0] + ('protocols { ospf { router-id "${loopback}"; area 0.0.0.0 { interface lo { passive; } '
                                    "interface ge* { type point-to-point; hello-interval 1; dead-interval 4; } } } }")
HOSTS = "".join(f"host {name} {{ address 192.0.2.{number}; }} " for number, name in enumerate("ABC", 1))
# h - a on A, b - g on B, c on C.
WAN = ("slice wan {{ {hosts} defaults {{ node {{ {protocols} }} {defaults} }} node h {{ kind host; host A; }} node a {{ host A; }} "
       "node b {{ host B; }} node g {{ kind host; host B; }} node c {{ host C; }} "
       "link h a; link b g; link a b {{ tunnel {tunnel}; {shape} }} link b c {{ tunnel {tunnel}; }} link c a {{ tunnel {tunnel}; delay 20ms; }} }}")


class SliceHostsTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.machines = []

    def tearDown(self):
        for each in self.machines:
            each.end()
        subprocess.run(["ip", "link", "del", "underlay"], check=False, stderr=subprocess.DEVNULL)

    def joined(self, names, mtu=1500):
        self.machines = [Machine(name) for name in names]
        underlay(self.machines, mtu)
        return self.machines

    def assertNothingIsLeft(self, machine):
        try:
            wait_until(lambda: machine.traces() == machine.before, f"nothing is left on {machine.name}")
        except AssertionError:
            self.assertEqual(machine.traces(), machine.before, machine.logs())

    def span(self, tunnel, protocols, by_process=""):
        for each in self.joined("ABC"):
            each.write("/run/wan.slice", WAN.format(hosts=HOSTS, tunnel=tunnel, protocols=protocols, shape="", defaults=""))
            each.made("/run/wan.slice", refuse_bpf if each.name in by_process else None)
        return self.machines

    def check(self, a, b, to):
        """Frames come as they were sent, and as long as they may be."""
        link = next(each for each in a.state("wan")["links"] if each["name"] == "a b")
        capture = subprocess.Popen(b.inside(XYLEM, "slice", "capture", "wan", link["b"], "-f", "icmp[icmptype] = icmp-echo", "-c", "3", "-w", "/run/seen.pcapng"),
                                   stdin=subprocess.DEVNULL)
        b.run("/bin/sh", "-c", "until [ -s /run/seen.pcapng ]; do sleep 0.05; done")
        wait_until(lambda: a.pings("wan", "h", to, "-s", "1422", "-M", "do") and capture.poll() is not None, "packets of 1450 bytes pass", 60)
        seen = b.run("tcpdump", "-nner", "/run/seen.pcapng").out
        macs = set(re.findall(r"([0-9a-f:]{17}) > ([0-9a-f:]{17})", seen))
        mac = {machine.name: next(each["mac"] for each in machine.node("wan", end)["interfaces"] if each["name"] == link[end].split(":")[1])
               for machine, end in ((a, "a"), (b, "b"))}
        self.assertEqual(macs, {(mac["A"], mac["B"])}, seen)
        # The first that is too long is told so: by the sender's own kernel, and on the way.
        refused = a.slice("exec", "wan", "h", "ping", "-n", "-c", "1", "-W", "2", "-s", "1423", "-M", "do", to)
        self.assertIn("mtu=1450", refused.out + refused.err)

    def spans(self, tunnel, protocols, by_process=""):
        a, b, c = self.span(tunnel, protocols, by_process)
        to = b.address("wan", "g")
        wait_until(lambda: a.pings("wan", "h", to), "the hosts reach each other", 90)
        self.check(a, b, to)
        self.assertEqual({each["name"] for each in a.state("wan")["nodes"]}, {"h", "a"})
        self.assertIn(f"{tunnel} ", a.slice("show", "wan").out)
        for each in a, b:
            carriers = {link["name"]: link["carrier"] for link in each.state("wan")["links"]}
            self.assertEqual(carriers["a b"], "click" if each.name in by_process else "kernel")
        # By way of the third when the direct one breaks.
        for each in a, b:
            self.assertEqual(each.slice("cut", "wan", "a", "b").code, 0)
        wait_until(lambda: a.pings("wan", "h", to), "packets go by way of c", 90)
        times = re.findall(r"time=([0-9.]+)", a.slice("exec", "wan", "h", "ping", "-n", "-c", "3", "-i", "0.1", to).out)
        self.assertGreaterEqual(min(map(float, times)), 40)
        for each in a, b, c:
            self.assertEqual(each.slice("destroy", "wan").code, 0)
            self.assertNothingIsLeft(each)

    def test_vxlan_and_rip(self):
        self.spans("vxlan", RIP)

    def test_egre_and_ospf(self):
        self.spans("egre", OSPF)

    def test_egre_by_processes(self):
        """Of a kernel that takes no programs, and at the other end one that does."""
        self.spans("egre", RIP, by_process="BC")

    def test_egre_takes_what_its_link_may_carry(self):
        """Tagged frames, frames of other protocols and tiny ones come as they were sent, TCP whole."""
        a, b = self.joined("AB")
        for each in a, b:
            each.write("/run/s.slice", f"slice s {{ {HOSTS} node a {{ kind host; host A; memory 256M; }} node b {{ kind host; host B; memory 256M; }} "
                       "link a b { tunnel egre; prefix 10.1.1.0/30; } }")
            each.made("/run/s.slice")
        wait_until(lambda: a.pings("s", "a", "10.1.1.2"), "the link is there", 60)
        frames = [b"\xff" * 6 + b"\x02\0\0\0\0\1" + rest for rest in (b"\x88\xb5x", b"\x88\xb5" + b"y" * 1450, b"\x81\0\0\7\x88\xb5" + b"z" * 60)]
        with open(b.namespace("x.s.b")) as there, open(a.namespace("x.s.a")) as here, open("/proc/self/ns/net") as own:
            sandbox.system("setns", there.fileno(), sandbox.CLONE_NEWNET)
            taker = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            sandbox.system("setns", here.fileno(), sandbox.CLONE_NEWNET)
            sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            sandbox.system("setns", own.fileno(), sandbox.CLONE_NEWNET)
        with taker, sender:
            for each in taker, sender:
                each.bind(("ge0", 3 if each is taker else 0))
            taker.settimeout(20)
            for frame in frames:
                sender.send(frame)
                got = taker.recv(2000)
                while got[6:12] != frame[6:12]:
                    got = taker.recv(2000)
                self.assertEqual(got[:len(frame)].rstrip(b"\0"), frame[:12] + frame[-62:] if b"\x81\0" in frame else frame)
        # The machines' devices need not know GRE for what TCP leaves to be cut.
        for offload in "on", "off":
            for each in a, b:
                each.run("ethtool", "-K", "eth0", "tx-gre-segmentation", offload)
            self.assertEqual(self.carried(a, b, 20_000_000), 20_000_000)

    def carried(self, a, b, count):
        """So many bytes by TCP, as they come."""
        code = "import socket; s = socket.create_server(('10.1.1.2', 99)); c = s.accept()[0]; n = 0\nwhile d := c.recv(1 << 16): n += len(d)\nprint(n)"
        with subprocess.Popen(b.inside(XYLEM, "slice", "exec", "s", "b", PYTHON, "-c", code), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as taker:
            wait_until(lambda: ":99" in b.slice("exec", "s", "b", "ss", "-Hltn").out, "somebody listens")
            done = a.slice("exec", "s", "a", PYTHON, "-c", f"import socket; socket.create_connection(('10.1.1.2', 99)).sendall(bytes({count}))")
            self.assertEqual(done.code, 0, done.err)
            return int(taker.stdout.read())

    def test_a_part_is_changed_in_place(self):
        a, b, _ = self.span("egre", RIP)
        to = b.address("wan", "g")
        wait_until(lambda: a.pings("wan", "h", to), "the hosts reach each other", 90)
        pid = a.node("wan", "a")["pid"]
        for each in a, b:
            each.run("sed", "-i", "s/link a b { tunnel egre;/link a b { tunnel vxlan; delay 5ms;/", "/run/wan.slice")
            done = each.slice("plan", "/run/wan.slice", "--host", each.name)
            self.assertEqual(done.out, "remove link a b\nadd link a b: delay 5ms\n")
            each.made("/run/wan.slice")
        wait_until(lambda: a.pings("wan", "a", b.address("wan", "b", 2)), "the link is there again", 60)
        times = re.findall(r"time=([0-9.]+)", a.slice("exec", "wan", "a", "ping", "-n", "-c", "3", "-i", "0.1", b.address("wan", "b", 2)).out)
        self.assertGreaterEqual(min(map(float, times)), 10)
        self.assertEqual(a.node("wan", "a")["pid"], pid)

    def test_a_keeper_dies_that_has_tunnels(self):
        a, b, _ = self.span("egre", RIP)
        wait_until(lambda: a.pings("wan", "a", b.address("wan", "b", 2)), "the link is there", 60)
        network = lambda pid: os.readlink(f"/proc/{pid}/ns/net")
        keepers = subprocess.run(["pgrep", "-f", "^xylem-slice keep wan"], capture_output=True, text=True, check=True).stdout.split()
        os.kill(next(int(pid) for pid in keepers if network(pid) == network(a.sleeper.pid)), signal.SIGKILL)
        wait_until(lambda: "lost" in a.slice("show").out, "it is lost")
        self.assertEqual(a.slice("gc").code, 0)
        self.assertNothingIsLeft(a)

    def test_what_carries_a_tunnel_dies(self):
        a, b, _ = self.span("egre", RIP, by_process="ABC")
        wait_until(lambda: a.pings("wan", "a", b.address("wan", "b", 2)), "the link is there", 60)
        subprocess.run(["pkill", "-KILL", "-x", "xylem-click"], check=False)
        wait_until(lambda: a.pings("wan", "a", b.address("wan", "b", 2)), "the link is there again", 60)

    def test_refusals(self):
        a, b = self.joined("AB", mtu=1480)
        for each in a, b:
            each.write("/run/s.slice", "slice s { host A { address 192.0.2.1; } host B { address 192.0.2.2; } "
                       "node a { host A; } node b { host B; } link a b; }")

        def refused(words, *expected):
            done = a.slice("create", "/run/s.slice", *words)
            self.assertEqual(done.code, 1, done.out + done.err)
            for each in expected:
                self.assertIn(each, done.err)
            self.assertNothingIsLeft(a)

        refused(("--host", "A"), "link a b: packets of 1450 bytes do not fit", "1480", "mtu 1430 at most")
        refused((), "say which of them this is: --host NAME")
        refused(("--host", "D"), 'there is no host "D"')
        refused(("--host", "B"), "this machine does not have the address 192.0.2.2")
        for each in a, b:
            each.run("sed", "-i", "s/link a b/defaults { link { mtu 1430; } } link a b/", "/run/s.slice")
            each.made("/run/s.slice")
        # Two tunnels of one number cannot be between the same machines.
        key = a.state("s")["links"][0]["tunnel"].split()[1]
        a.run("sed", "-e", "s/slice s/slice t/", "-e", f"s/link a b;/link a b {{ key {key}; }}/", "-i.s", "/run/s.slice")
        done = a.slice("create", "/run/s.slice", "--host", "A")
        self.assertEqual((done.code, "must be the only one of that number" in done.err), (2, True), done.err)
        to = b.address("s", "b")
        wait_until(lambda: a.pings("s", "a", to, "-s", "1402", "-M", "do"), "packets of 1430 bytes pass")


if __name__ == "__main__":
    lab.main()
