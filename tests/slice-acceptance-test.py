#!/usr/bin/python3
"""What slices promise as a whole: the same file gives the same network, who leaks dies alone, and two slices never meet.

FUZZ_SECONDS says how long frames are made up (5).
"""

import json
import os
import re
import subprocess
import time
import unittest

import lab
from lab import wait_until
from slices import PYTHON, RIP, STREAM, XYLEM, Slices, made, node, slice_, state

FUZZ_SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))
OSPF = RIP.split("protocols")[0] + ('protocols { ospf { router-id "${loopback}"; area 0.0.0.0 { interface lo { passive; } '
                                    "interface ge* { type point-to-point; hello-interval 1; dead-interval 4; } } } }")

# Waits to be told, and leaks; but once.
LEAK = ("import os, time\nwhile not os.path.exists('/run/node/leak'): time.sleep(0.02)\nos.rename('/run/node/leak', '/run/node/leaked')\n"
        "hoard = []\nwhile True: hoard.append(bytearray(1 << 20))\n")

# Frames that are made up, by all interfaces, for SECONDS: with TOKEN in all of them, and with the addresses of both slices.
FUZZ = """
import os, random, socket, struct, sys, time
seconds, token, macs = float(sys.argv[1]), bytes.fromhex(sys.argv[2]), [bytes.fromhex(each) for each in sys.argv[3:]]
devices = [name for _, name in socket.if_nameindex() if name != "lo"]
sockets = []
for name in devices:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind((name, 0))
    sockets.append(s)
macs += [b"\\xff" * 6, b"\\x01\\x00\\x5e\\x00\\x00\\x05", b"\\x33\\x33\\x00\\x00\\x00\\x01", b"\\x01\\x80\\xc2\\x00\\x00\\x00"]
nets = [b"\\x0a\\x01", b"\\x64\\x40", b"\\x64\\x7f", b"\\x0a\\xff", b"\\xe0\\x00", b"\\x0a\\x09"]
choose, bits = random.choice, random.getrandbits
address = lambda: choose(nets) + bytes([choose((0, 1, 2, bits(8))), choose((0, 1, 2, 5, 255, bits(8)))])
def ip():
    body = token + os.urandom(choose((0, 4, 30, 1400)))
    kind = choose((1, 2, 4, 6, 17, 17, 41, 47, 89, 112, bits(8)))
    if kind == 17:
        body = struct.pack("!HHHH", choose((520, 4789, 9, bits(16))), choose((520, 521, 4789, 179, 8080, bits(16))), len(body) + 8, 0) + body
    if kind == 6:
        body = struct.pack("!HHIIBBHHH", bits(16), choose((179, 80, 22, bits(16))), bits(32), bits(32), 0x50, choose((2, 16, 24)), 1000, 0, 0) + body
    head = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), bits(16), choose((0, 0, 0x2000, bits(16))), choose((1, 64, 255)), kind, 0) + address() + address())
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    head[10:12] = struct.pack("!H", ~(total + (total >> 16)) & 0xffff)
    return b"\\x08\\x00" + bytes(head) + body
def arp():
    return b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, choose((1, 2))) + choose(macs) + address() + choose(macs) + address() + token
def ip6():
    return b"\\x86\\xdd" + struct.pack("!IHBB", 0x60000000, len(token), choose((17, 58, 59, 89)), 255) + b"\\xfe\\x80" + os.urandom(14) + b"\\xff\\x02" + bytes(13) + b"\\x05" + token
def vlan():
    return struct.pack("!HH", choose((0x8100, 0x88a8)), bits(16)) + choose((ip, arp, ip6))()
def noise():
    return os.urandom(2) + token + os.urandom(bits(10))
until, sent = time.monotonic() + seconds, 0
while time.monotonic() < until:
    for _ in range(50):
        try:
            choose(sockets).send(choose(macs) + choose(macs) + choose((ip, ip, ip, arp, ip6, vlan, noise))())
            sent += 1
        except OSError:
            pass
print(sent)
"""
# Until SECONDS are over, or with `first` one has come: how many frames have TOKEN in them, on any interface, also going out.
SNIFF = """
import socket, sys, time
token = bytes.fromhex(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.settimeout(0.2)
print("ready", flush=True)
until, seen = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < until and not (seen and len(sys.argv) > 3):
    try:
        seen += token in s.recv(65536)
    except TimeoutError:
        pass
print(seen)
"""


def routes(name):
    """{router: its routes}: where to, and by which ways, without what is a number of this kernel's."""
    out = {}
    for each in state(name)["nodes"]:
        hops = {hop["id"]: hop for hop in table(each, "nexthop")}
        out[each["name"]] = sorted(f"{route['dst']} {route.get('protocol')} {route.get('metric')} {sorted(ways(route, hops))}"
                                   for version in ("-4", "-6") for route in table(each, version, "route"))
    return out


def table(node, *words):
    return json.loads(subprocess.run(["ip", "-n", node["namespace"], "-j", *words], capture_output=True, text=True).stdout or "[]")


def ways(route, hops):
    for hop in route.get("nexthops") or [hops[each["id"]] for each in hops.get(route.get("nhid"), {}).get("group", ())] or [hops.get(route.get("nhid"), route)]:
        yield f"{hop.get('gateway')} {hop.get('dev')}"


def records(name):
    return [json.loads(line) for line in slice_("events", name, "--json").out.splitlines()]


def running(name, where, code, *arguments):
    return subprocess.Popen([XYLEM, "slice", "exec", name, where, PYTHON, "-c", code, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


class SliceAcceptanceTest(Slices):
    def settled(self, name):
        """Its routes, once each router has one to each loopback, and nothing has changed for three seconds."""
        routers = {each["name"]: each["loopbacks"][0] for each in state(name)["nodes"] if each["kind"] == "router"}
        last = [None, 0]

        def is_settled():
            now = routes(name)
            if now != last[0]:
                last[:] = now, time.monotonic()
            for router, own in routers.items():
                known = {route.split()[0] for route in now[router]}
                if not known.issuperset(set(routers.values()) - {own}):
                    return False
            return time.monotonic() - last[1] > 3

        wait_until(is_settled, f"the routes of {name} are settled", 120)
        return last[0]

    def the_same_twice(self, protocols, shape):
        file = "slice s { defaults { node { " + protocols + " } } generate r { " + shape + "; hosts 1; } node x; node y; link x r1 { delay 1ms; } lan l { members x y; } }"
        made(file)
        first, nodes = self.settled("s"), state("s")["nodes"]
        slice_("destroy", "s")
        made(file)
        self.assertEqual([each["interfaces"] for each in state("s")["nodes"]], [each["interfaces"] for each in nodes])
        try:
            wait_until(lambda: routes("s") == first, "the same routes", 120)
        except AssertionError:
            self.assertEqual(routes("s"), first)

    def test_the_same_file_gives_the_same_routes_by_rip(self):
        # Of two ways of the same length it takes the one that it hears of first: there are none.
        self.the_same_twice(RIP, "tree 2x3")

    def test_the_same_file_gives_the_same_routes_by_ospf(self):
        self.the_same_twice(OSPF, "random 7x11")

    def test_who_leaks_dies_alone_and_is_back(self):
        with open("/run/leak.py", "w") as file:
            file.write(LEAK)
        leaker = "node l { kind exec; memory 64M; config \"/run/leak.py\"; command " + PYTHON + " /run/node/config; }"
        made("slice m { " + leaker + " node a { kind host; } node b { kind host; } node r { " + RIP + " } link a b { prefix 10.1.1.0/30; } link l r; }")
        made("slice o { node a { kind host; } node b { kind host; } link a b { prefix 10.1.1.0/30; } }")
        before = {each["name"]: each["pid"] for each in state("m")["nodes"]}
        seconds = 4
        arrived = {name: self.datagrams(name) for name in "mo"}
        streams = [running(name, "a", STREAM, "10.1.1.2", str(seconds)) for name in "mo"]
        wait_until(lambda: all(self.datagrams(name) > arrived[name] for name in "mo"), "packets flow")
        self.assertEqual(slice_("exec", "m", "l", "touch", "/run/node/leak").code, 0)
        wait_until(lambda: node("m", "l")["restarts"] == 1 and node("m", "l")["actual"] == "up", "the leaking node is back", 60)
        died = next(each for each in records("m") if each["what"] == "died")
        back = next(each for each in records("m") if each["what"] == "up" and each["kind"] == "node" and each["name"] == "l" and each["time"] > died["time"])
        for name, stream in zip("mo", streams):
            with stream:
                sent, took = stream.stdout.read().split()
            print(f"{name}: {int(sent) / float(took):.0f} packets/s; {int(sent) - (self.datagrams(name) - arrived[name])} of {sent} lost")
            self.assertEqual(self.datagrams(name) - arrived[name], int(sent))
        print(f"back after {back['time'] - died['time']:.3f} s")
        self.assertEqual((died["name"], "Killed" in died["detail"]), ("l", True))
        self.assertLess(back["time"] - died["time"], 2 * lab.SLOWDOWN)
        after = {each["name"]: each["pid"] for each in state("m")["nodes"]}
        self.assertEqual({name for name in after if after[name] != before[name]}, {"l"})

    @staticmethod
    def datagrams(name):
        """UDP packets that have reached node b."""
        words = [line.split() for line in slice_("exec", name, "b", "cat", "/proc/net/snmp").out.splitlines() if line.startswith("Udp:")]
        counters = dict(zip(words[0][1:], map(int, words[1][1:])))
        return counters["InDatagrams"] + counters["NoPorts"] + counters["InErrors"]

    def test_nothing_of_one_slice_is_seen_in_another(self):
        for words in ("link", "add", "out0", "type", "veth", "peer", "out1"), ("link", "set", "out0", "up"), ("link", "set", "out1", "up"):
            subprocess.run(["ip", *words], check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "del", "out0"], check=False)
        bgp = ('protocols { rip { interface ge0; update-interval 2; redistribute connected; } bgp { local-as 64500; router-id "${loopback}"; '
               "neighbor %s { remote-as 64500; import ALL; export ALL; } } } policy { policy-statement ALL { default-action accept; } }")
        for name in "one", "two":
            made(f"slice {name} {{ node a {{ memory 256M; {bgp % '10.1.1.2'} }} node b {{ memory 256M; {bgp % '10.1.1.1'} }} node c {{ kind host; }} "
                 "link a b { prefix 10.1.1.0/30; } link a c { prefix 10.1.2.0/30; delay 1ms; } "
                 "lan l { members a b c; prefix 10.9.0.0/24; } egress nat { node c a; device out0; } }")
        wait_until(lambda: "established" in slice_("cli", "two", "a", "-c", "show bgp summary").out, "BGP is up", 90)
        settled = self.settled("two")
        macs = [each["mac"].replace(":", "") for name in ("one", "two") for which in state(name)["nodes"] for each in which["interfaces"]]
        token = os.urandom(8).hex()
        sniffers = [running("two", which, SNIFF, str(FUZZ_SECONDS + 3), token) for which in "abc"]
        proof = running("one", "b", SNIFF, str(FUZZ_SECONDS + 3), token, "first")
        for each in (*sniffers, proof):
            self.assertEqual(each.stdout.readline(), "ready\n")
        begin = time.monotonic()
        fuzzers = [running("one", which, FUZZ, str(FUZZ_SECONDS), token, *macs) for which in "abc"]
        sent = sum(int(each.communicate()[0]) for each in fuzzers)
        seen = [int(each.communicate()[0]) for each in sniffers]
        self.assertGreater(int(proof.communicate()[0]), 0)
        print(f"{sent} frames in {time.monotonic() - begin:.0f} s, {sum(seen)} of them seen in the other slice")
        self.assertGreater(sent, 1000)
        self.assertEqual(seen, [0, 0, 0])
        self.assertEqual([each["restarts"] for each in state("two")["nodes"]], [0, 0, 0])
        self.assertEqual(routes("two"), settled)
        slice_("destroy", "one")
        slice_("destroy", "two")


if __name__ == "__main__":
    lab.main()
