#!/usr/bin/python3
"""OSPFv2 with databases of thousands of routers, beside BIRD and FRR.

    ospf.py [--routers N,...] [--only NAME,...] [--times N] [--loss]

A generator in a namespace of its own plays a square grid of routers, each with a stub network, and speaks OSPF to the router under
test over two links, as the routers in two opposite corners. Milliseconds are from what the generator does until the kernel of the
router under test has told of the last route that follows from it:

    adjacency   the first database description on the first link; the whole database follows
    last LSA    the last update of it
    stub        one router's LSA without its stub network
    cut         the LSA of one corner without its links into the grid: all that went there goes to the other one

With --loss alone, packets flow a millisecond apart through the router under test, over the shorter of two ways, whose link then loses
its carrier; those that do not arrive are counted.

Processor time is that of the first adjacency, memory the sum of the proportional set sizes (PSS) of all processes of the router.
All have the timers that they come with, but for hello and dead intervals; FRR's delay before a computation is 0 as its manual
suggests.
"""

import argparse
import json
import math
import os
import select
import socket
import statistics
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))
import sandbox
from lab import Lab, output, wait_until

DUT, HELLO, DEAD, MTU = "192.0.2.1", 5, 60, 1500
RTM_NEWROUTE, RTM_DELROUTE, RTMGRP_IPV4_ROUTE, SO_RCVBUFFORCE = 24, 25, 0x40, 33
QUIET = 1.5  # Seconds without a route: that was the last.
PATIENCE = 120
SETTLED = 12


def number(address):
    return struct.unpack("!I", socket.inet_aton(address))[0]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def fletcher(data, at):
    c0 = c1 = 0
    for byte in data:
        c0 = (c0 + byte) % 255
        c1 = (c1 + c0) % 255
    x = ((len(data) - at - 1) * c0 - c1) % 255 or 255
    y = 510 - c0 - x
    return x, y - 255 if y > 255 else y


class Grid:
    """The LSAs of a grid of side * side routers."""

    def __init__(self, side):
        self.side, self.count = side, side * side
        self.sequence = [0x80000001] * self.count
        self.attached = {}  # {router: number of its interface to the router under test}
        self.cut, self.bare = set(), set()  # Routers without their links, without their stub network.
        self.made = {}

    @staticmethod
    def router_id(router):
        return number("10.0.0.1") + router

    @staticmethod
    def stub(router):
        return number("11.0.0.0") + router * 256

    def links(self, router):
        row, column = divmod(router, self.side)
        for place, (dr, dc) in enumerate(((0, 1), (1, 0), (0, -1), (-1, 0))):
            if 0 <= row + dr < self.side and 0 <= column + dc < self.side:
                yield (row + dr) * self.side + column + dc, place + 1

    def body(self, router):
        links = []
        if router in self.attached:
            links.append((number(DUT), number(self.attached[router]), 1, 10))
        if router not in self.cut:
            links += [(self.router_id(other), place, 1, 10) for other, place in self.links(router)]
        if router not in self.bare:
            links.append((self.stub(router), 0xffffff00, 3, 1))
        return struct.pack("!BBH", 0, 0, len(links)) + b"".join(struct.pack("!IIBBH", *link[:3], 0, link[3]) for link in links)

    def lsa(self, router):
        if router not in self.made:
            body, identity = self.body(router), self.router_id(router)
            rest = struct.pack("!BBIIIHH", 2, 1, identity, identity, self.sequence[router], 0, 20 + len(body)) + body
            x, y = fletcher(rest, 14)
            self.made[router] = struct.pack("!H", 1) + rest[:14] + bytes((x, y)) + rest[16:]
        return self.made[router]

    def changed(self, *routers):
        for router in routers:
            self.sequence[router] += 1
            self.made.pop(router, None)


class Corner(threading.Thread):
    """One router of the grid, neighbour of the router under test, to which it is the slave of the exchange."""

    def __init__(self, node, interface, address, grid, router):
        super().__init__(daemon=True)
        self.grid, self.router, self.address = grid, router, address
        self.socket = raw(node, interface, address)
        self.heard, self.summary, self.last, self.full = False, None, None, threading.Event()
        self.began = self.sent = None
        self.lock, self.ending = threading.Lock(), False

    def send(self, kind, body):
        header = struct.pack("!BBHIIHHQ", 2, kind, 24 + len(body), self.grid.router_id(self.router), 0, 0, 0, 0)
        packet = header + body + b"\0" * (len(body) % 2)
        packet = packet[:12] + struct.pack("!H", checksum(packet)) + packet[14:24 + len(body)]
        with self.lock:
            self.socket.sendto(packet, ("224.0.0.5", 0))

    def hello(self):
        body = struct.pack("!IHBBIII", 0xffffff00, HELLO, 2, 1, DEAD, 0, 0)
        self.send(1, body + (struct.pack("!I", number(DUT)) if self.heard else b""))

    def update(self, *routers):
        """Send these LSAs; the time when that began."""
        began = time.monotonic()
        for batch in batches([self.grid.lsa(router) for router in routers], MTU - 48):
            self.send(4, struct.pack("!I", len(batch)) + b"".join(batch))
        return began

    def run(self):
        due = 0
        while not self.ending:
            if time.monotonic() >= due:
                self.hello()
                due = time.monotonic() + HELLO
            if select.select([self.socket], [], [], 0.2)[0]:
                packet = self.socket.recv(65535)
                header = (packet[0] & 15) * 4
                self.take(packet[header + 1], packet[header + 24:header + struct.unpack_from("!H", packet, header + 2)[0]])

    def take(self, kind, body):
        if kind == 1 and not self.heard:
            self.heard = True
            self.hello()
        elif kind == 2:
            self.describe(body)
        elif kind == 3:
            wanted = [entry[1] - self.grid.router_id(0) for entry in struct.iter_unpack("!III", body)]
            self.sent = self.update(*wanted)
        elif kind == 4:
            count, at, headers = struct.unpack_from("!I", body)[0], 4, b""
            for _ in range(count):
                headers += body[at:at + 20]
                at += struct.unpack_from("!H", body, at + 18)[0]
            self.send(5, headers)

    def describe(self, body):
        flags, sequence = body[3], struct.unpack_from("!I", body, 4)[0]
        if flags == 7:
            self.began = self.began or time.monotonic()
            self.summary = batches([self.grid.lsa(router)[:20] for router in range(self.grid.count)], MTU - 56)
            self.last = None
            self.send(2, struct.pack("!HBBI", MTU, 2, 7, sequence - 1))  # As the one with the lower ID, wait to be led.
            self.send(2, struct.pack("!HBBI", MTU, 2, 2, sequence))
            return
        if sequence != self.last:
            self.part = self.summary.pop(0) if self.summary else []
            self.last = sequence
        more = 2 if self.summary else 0
        self.send(2, struct.pack("!HBBI", MTU, 2, more, sequence) + b"".join(self.part))
        if not more and not flags & 2:
            self.full.set()


def batches(pieces, room):
    """Lists of them that fit into so many bytes."""
    all_, used = [[]], 0
    for piece in pieces:
        if used + len(piece) > room and all_[-1]:
            all_.append([])
            used = 0
        all_[-1].append(piece)
        used += len(piece)
    return all_


def raw(node, interface, address):
    made = []

    def make():
        with open(f"/run/netns/{node.name}") as namespace:
            sandbox.system("setns", namespace.fileno(), sandbox.CLONE_NEWNET)
        one = socket.socket(socket.AF_INET, socket.SOCK_RAW, 89)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        own = socket.inet_aton(address)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.5") + own)
        made.append(one)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


class Kernel(threading.Thread):
    """What the kernel of a node tells of its routes, and when."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.socket = node.socket(socket.AF_NETLINK, socket.SOCK_RAW)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 27)
        self.socket.bind((0, RTMGRP_IPV4_ROUTE))
        self.told = []
        self.start()

    def run(self):
        while True:
            data = self.socket.recv(1 << 20)
            self.told.append((time.monotonic(), data))

    def begin(self):
        self.told = []

    def last(self, least):
        """When the last of at least so many changes was told."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            told = list(self.told)
            if told and time.monotonic() - told[-1][0] > QUIET and sum(map(len, (messages(data) for _, data in told))) >= least:
                return told[-1][0]
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {least} routes")


def messages(data):
    kinds, at = [], 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        kinds.append(kind)
        at += (length + 3) & ~3
    return kinds


def xylem(lab):
    interface = f"{{ type point-to-point; cost 10; hello-interval {HELLO}; dead-interval {DEAD}; }}"
    return lab.router("dut", f"""
interfaces {{ interface eth0 {{ address 10.200.0.1/24; }} interface eth1 {{ address 10.201.0.1/24; }} }}
protocols {{ ospf {{ router-id {DUT}; area 0.0.0.0 {{ interface eth0 {interface} interface eth1 {interface} }} }} }}
""")


def other(lab, name, router_id, costs):
    """A router that is not under test: BIRD, with these costs of its interfaces, and the stub network that it may have."""
    blocks = " ".join(f'interface "eth{number}" {{ type ptp; cost {cost}; hello {HELLO}; dead {DEAD}; }};'
                      for number, cost in enumerate(costs))
    node = lab.bird(name, f"""
router id {router_id};
protocol device {{}}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
protocol ospf v2 {{ ipv4 {{ import all; export none; }}; area 0 {{ {blocks} interface "stub" {{ stub; }}; }}; }}
""")
    node.forward()
    return node


def gateway(node):
    return json.loads(node.run("ip", "-j", "route", "get", "10.9.0.1"))[0]["gateway"]


def lose(name):
    """How many packets are lost when the link of the shorter way goes."""
    with Lab() as lab:
        dut = RIVALS[name](lab)
        dut.forward()
        short, far = other(lab, "short", "10.0.0.1", (10, 10)), other(lab, "long", "10.0.0.2", (10, 25))
        end, source = other(lab, "end", "10.0.0.3", (10, 25)), lab.host("source")
        own = [""] * 2 if name == "Xylem" else ["10.200.0.1/24", "10.201.0.1/24"]
        lab.link(dut, short, own[0], "10.200.0.2/24", capture=False)
        lab.link(dut, far, own[1], "10.201.0.2/24", capture=False)
        lab.link(short, end, "10.202.0.2/24", "10.202.0.3/24", capture=False)
        lab.link(far, end, "10.203.0.2/24", "10.203.0.3/24", capture=False)
        lab.link(source, dut, "10.204.0.9/24", "10.204.0.1/24", capture=False)
        source.ip("route", "add", "default", "via", "10.204.0.1")
        end.stub("10.9.0.1/24")
        lab.start()
        wait_until(lambda: gateway(dut) == "10.200.0.2", "the shorter way", 120)
        time.sleep(SETTLED)  # A first change after a long calm, as it comes in life.
        flow = source.flow(end, "10.9.0.1", 0.001)
        with flow:
            wait_until(lambda: flow.arrived > 500, "packets flow")
            short.ip("link", "set", "eth0", "down")
            wait_until(lambda: gateway(dut) == "10.201.0.2", "the longer way", 60)
            begin = flow.arrived
            wait_until(lambda: flow.arrived > begin + 500, "packets flow again", 60)
        return flow.lost


def bird(lab):
    interface = f"{{ type ptp; cost 10; hello {HELLO}; dead {DEAD}; }}"
    return lab.bird("dut", f"""
router id {DUT};
protocol device {{}}
protocol kernel {{ merge paths on; ipv4 {{ import none; export all; }}; }}
protocol ospf v2 {{ ecmp yes; ipv4 {{ import all; export none; }}; area 0 {{ interface "eth*" {interface}; }}; }}
""")


def frr(lab):
    interface = f" ip ospf area 0\n ip ospf network point-to-point\n ip ospf cost 10\n ip ospf hello-interval {HELLO}\n ip ospf dead-interval {DEAD}\n"
    return lab.frr("dut", {"ospfd": f"interface eth0\n{interface}interface eth1\n{interface}router ospf\n ospf router-id {DUT}\n"
                                    " timers throttle spf 0 50 5000\n"})


RIVALS = {"Xylem": xylem, "BIRD": bird, "FRR": frr}


def usage(node):
    """(seconds of processor time, kilobytes of PSS) of all processes of a node."""
    seconds = memory = 0
    for pid in output("ip", "netns", "pids", node.name).split():
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            with open(f"/proc/{pid}/smaps_rollup") as file:
                memory += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass  # It has ended.
    return seconds, memory


def measure(name, side, times):
    with Lab() as lab:
        dut, world = RIVALS[name](lab), lab.host("world")
        configured = name == "Xylem"
        lab.link(dut, world, "" if configured else "10.200.0.1/24", "10.200.0.2/24", capture=False)
        lab.link(dut, world, "" if configured else "10.201.0.1/24", "10.201.0.2/24", capture=False)
        grid = Grid(side)
        first = Corner(world, "eth0", "10.200.0.2", grid, 0)
        second = Corner(world, "eth1", "10.201.0.2", grid, grid.count - 1)
        grid.attached = {0: first.address, grid.count - 1: second.address}
        for router in range(grid.count):
            grid.lsa(router)
        lab.start()
        kernel = Kernel(dut)
        if configured:
            dut.ready()
        wait_until(lambda: dut.routes().get("10.201.0.0/24"), "the router has its addresses")
        time.sleep(3)
        before = usage(dut)[0]
        kernel.begin()
        first.start()
        last = kernel.last(grid.count)
        used, memory = usage(dut)
        result = {"adjacency": last - first.began, "last LSA": last - first.sent, "cpu": used - before, "memory": memory / 1024}
        second.start()
        kernel.begin()
        kernel.last(grid.count // 3)
        stub, cut = [], []
        middle = grid.count // 2 + side // 2
        for _ in range(times):
            for bare in ({middle}, set()):
                time.sleep(3)
                grid.bare = bare
                grid.changed(middle)
                kernel.begin()
                began = first.update(middle)
                took = kernel.last(1) - began
                stub += [took] if bare else []
            for gone in ({0}, set()):
                time.sleep(3)
                grid.cut = gone
                grid.changed(0)
                kernel.begin()
                began = second.update(0)
                took = kernel.last(grid.count // 3) - began
                cut += [took] if gone else []
        first.ending = second.ending = True
        return {**result, "stub": statistics.median(stub), "cut": statistics.median(cut)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", default="1000,5000", help="sizes of the database, each rounded up to a square")
    parser.add_argument("--only", default=",".join(RIVALS), help="names of routers")
    parser.add_argument("--times", type=int, default=5, help="how often a change is made; the median counts")
    parser.add_argument("--loss", action="store_true", help="only count packets lost when a link goes")
    options = parser.parse_args()
    sandbox.enter()
    if options.loss:
        for name in options.only.split(","):
            print(f"{name:8}{statistics.median(lose(name) for _ in range(options.times)):7.0f} packets lost, one a millisecond", flush=True)
        return
    for routers in map(int, options.routers.split(",")):
        side = math.isqrt(routers - 1) + 1
        print(f"{side * side} routers: milliseconds to the last kernel route, MB")
        columns = ["adjacency", "last LSA", "stub", "cut", "cpu", "memory"]
        print(f"{'':8}" + "".join(f"{column:>11}" for column in columns))
        for name in options.only.split(","):
            found = measure(name, side, options.times)
            print(f"{name:8}" + "".join(f"{found[column] * (1 if column == 'memory' else 1000):11.1f}" for column in columns), flush=True)


if __name__ == "__main__":
    main()
