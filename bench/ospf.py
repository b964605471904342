#!/usr/bin/python3
"""OSPFv2 in areas of 1,000 and 5,041 routers, beside BIRD and FRR.

    ospf.py [--small] [--only NAME,...] [--sizes ROUTERS,...] [--timers default,shortest] [--cases CASE,...]
            [--rounds N] [--patience SECONDS]

The router under test has two neighbours, each on a link of its own: the two ends of a grid of routers, all played by one
process. Milliseconds are from

    load      the first end describing its database, which is the whole grid: until it has sent the last LSA, until the other
              end has been passed the last one, until the kernel has the last route
    stub      one stub network going or coming: until its route has gone or come
    bridge    the first end losing its link into the grid, or having it again: until the last of the many routes that lead
              over it has changed
    outage    carrier lost on the way of a flow of packets: how many of these are lost

`default` leaves each router's delays of route computation as they are, `shortest` are the shortest that it takes. Processor time
is that of all processes of the router, memory the sum of their proportional set sizes (PSS). --small is for a look
whether everything works.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))
import rivals
import sandbox
from lab import BUILD, Bird, Frr, Lab, Router, output, wait_until
from measuring import Peers, cell_text, on_processor, pss, ratio

PEERS = os.path.join(BUILD, "ospf-peers")
GRIDS = {"100": (10, 10), "1000": (25, 40), "5041": (71, 71)}  # By number of routers: rows, columns.
CHANGES = {"stub": 10, "bridge": 4}  # How many times there and back.
CASES = [*CHANGES, "outage"]
LINKS = ["10.0.0", "10.0.1"]  # The router is .1, the neighbour .2.
SOURCE = "10.0.9"  # The same, of the source of packets.
TARGET = "10.128.0.1"  # In the stub network of the first router of the grid.
INTERVAL = 0.0005


class BirdRival(Bird):
    NAME, VERSION = "BIRD", "bird2"
    DELAYS = {"default": "tick 1 s", "shortest": "tick 1 s"}  # It takes whole seconds.

    @classmethod
    def make(cls, lab, timers):
        links = " ".join(f'interface "eth{n}" {{ type ptp; cost 10; hello 1; dead 40; }};' for n in range(2))
        return cls(lab, "dut", "router id 10.0.0.1;\nprotocol device {}\n"
                   "protocol kernel { ipv4 { import none; export all; }; }\n"
                   f"protocol ospf v2 {{ ipv4 {{ import all; export none; }}; area 0 {{ {links} }}; }}\n")


class FrrRival(Frr):
    NAME, VERSION = "FRR", "frr"
    DELAYS = {"default": "spf 0 50 5000 ms, lsa 5000 ms, min-arrival 1000 ms", "shortest": "all 0"}
    SHORTEST = " timers throttle spf 0 0 0\n timers throttle lsa all 0\n timers lsa min-arrival 0\n"

    @classmethod
    def make(cls, lab, timers):
        links = "".join(f"interface eth{n}\n ip ospf area 0\n ip ospf network point-to-point\n ip ospf cost 10\n"
                        " ip ospf hello-interval 1\n ip ospf dead-interval 40\n" for n in range(2))
        return cls(lab, "dut", {"ospfd": links + "router ospf\n ospf router-id 10.0.0.1\n"
                                + (cls.SHORTEST if timers == "shortest" else "")})


class XylemRival(Router):
    NAME, VERSION = "Xylem", None
    DELAYS = {"default": "search 0 20 1000 ms, lsa 1000 to 5000 ms, arrival 1000 ms", "shortest": "all 0, but for the time that an event may take"}
    SHORTEST = ("timers { search-initial 0; search-short 0; search-long 0; search-hold-down 0; "
                "lsa-hold 0; lsa-max 0; lsa-arrival 0; }")

    @classmethod
    def make(cls, lab, timers):
        addresses = "".join(f"interface eth{n} {{ address {net}.1/24; }} " for n, net in enumerate(LINKS + [SOURCE]))
        links = "".join(f"interface eth{n} {{ type point-to-point; cost 10; hello-interval 1; dead-interval 40; }} "
                        for n in range(2))
        return cls(lab, "dut", f"interfaces {{ {addresses} }}\nprotocols {{ ospf {{ router-id 10.0.0.1; area 0.0.0.0 {{ {links} }} "
                   + (cls.SHORTEST if timers == "shortest" else "") + " } }\n")


RIVALS = [XylemRival, BirdRival, FrrRival]


class Area:
    """A router under test with its neighbours, and with a source of packets, in a lab."""

    def __init__(self, lab, rival, size, timers, patience):
        self.router, self.host, self.source = rival.make(lab, timers), lab.host("peers"), lab.host("source")
        # Besides giving the target an interface, this keeps the two ends of a link from having the same index, for which
        # Linux would tell of a lost carrier up to a second late.
        self.host.stub(TARGET + "/32")
        own = (lambda net: "") if rival is XylemRival else (lambda net: net + ".1/24")
        for net in LINKS:
            lab.link(self.router, self.host, own(net), net + ".2/24", capture=False)
        lab.link(self.router, self.source, own(SOURCE), SOURCE + ".2/24", capture=False)
        self.source.ip("route", "add", "default", "via", SOURCE + ".1")
        self.host.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0", "net.ipv4.conf.eth1.rp_filter=0")
        self.router.forward()
        self.router.start()
        self.peers = Peers(self.host, PEERS, *GRIDS[size], f"/run/netns/{self.router.name}", patience)
        try:
            self.peers.answer()
        except AssertionError:
            self.peers.log.flush()
            raise AssertionError(self.host.read("peers.log").strip())
        self.pids = [int(pid) for pid in output("ip", "netns", "pids", self.router.name).split()]

    def do(self, *words):
        """What the neighbours answer, and milliseconds of processor time that the router used meanwhile."""
        before = self.used()
        try:
            answer = self.peers.do(*words)
        except AssertionError:
            raise AssertionError(self.host.read("peers.log").strip())
        if answer["repeated"]:
            print(f"{self.router.NAME}: {answer['repeated']} packets had to be repeated", file=sys.stderr, flush=True)
        return answer, (self.used() - before) * 1e3

    def used(self):
        return sum(on_processor(pid) for pid in self.pids)

    def memory(self):
        return sum(pss(pid) for pid in self.pids)


def measure(rival, size, timers, options):
    """{what: [figures]} of one life of a router."""
    with Lab() as lab:
        area = Area(lab, rival, size, timers, options.patience)
        empty = area.memory()
        load, used = area.do("load")
        figures = {key: [load[key] * 1e3] for key in ("told", "passed", "installed")}
        figures["after"] = [figures["installed"][0] - figures["told"][0]]
        figures |= {"load cpu": [used], "empty": [empty], "memory": [area.memory()]}
        for what, count in CHANGES.items():
            if what not in options.cases:
                continue
            answer, used = area.do(what, 1 if options.small else count)
            figures |= {f"{what} {which}": [1e3 * each for each in answer[which]] for which in ("gone", "back")}
            figures[what + " cpu"] = [used / len(answer["gone"] + answer["back"])]
            figures[what + " routes"] = [answer["routes"]]
        if "outage" in options.cases:
            figures |= outage(area)
        area.peers.stop()
        return figures


def outage(area):
    """What a flow loses when the link that it takes loses its carrier."""
    with area.source.flow(area.host, TARGET, INTERVAL) as flow:
        wait_until(lambda: flow.arrived > 1000, "packets arrive")
        sent, begin = flow.sent, time.monotonic()
        area.host.ip("link", "set", "eth0", "down")
        cut = flow.arrived
        wait_until(lambda: flow.arrived > cut + 1000, "packets arrive again", 60)
        rate = (flow.sent - sent) / (time.monotonic() - begin)
    return {"lost": [flow.lost], "outage": [flow.lost / rate * 1e3]}


ROWS = [  # Key of a figure, what it says, digits.
    ("told", "load: last LSA sent, ms", 1),
    ("passed", "load: last LSA passed on, ms", 1),
    ("installed", "load: last route, ms", 1),
    ("after", "load: last route after the last LSA, ms", 1),
    ("load cpu", "load: processor time, ms", 1),
    ("empty", "memory before, MB", 1),
    ("memory", "memory with all routes, MB", 1),
    ("stub gone", "stub gone, ms", 2),
    ("stub back", "stub back, ms", 2),
    ("stub cpu", "stub: processor time, ms", 2),
    ("bridge gone", "bridge gone, ms", 1),
    ("bridge back", "bridge back, ms", 1),
    ("bridge cpu", "bridge: processor time, ms", 1),
    ("lost", "packets lost", 0),
    ("outage", "packets lost, in ms of the flow", 1),
]


def report(size, timers, results):
    """Print the medians: {name: figures, or None of a router that failed}."""
    routes = next(figures for figures in results.values() if figures).get("bridge routes")
    print(f"\n{size} routers, {timers} delays" + (f"; {routes[0]} routes lead over the bridge" if routes else ""))
    print(f"{'':42}" + "".join(f"{name:>10}" for name in results) + ("  Xylem / best" if "Xylem" in results else ""))
    for key, words, digits in ROWS:
        cells = {name: statistics.median(figures[key]) if figures and key in figures else None
                 for name, figures in results.items()}
        if not any(cell is not None for cell in cells.values()):
            continue
        print(f"{words:42}" + "".join(f"{cell_text(cell, digits):>10}" for cell in cells.values()) + ratio(cells))


def repeated(rival, size, timers, options):
    """The figures of all rounds, or None."""
    figures = {}
    for _ in range(options.rounds):
        try:
            for key, values in measure(rival, size, timers, options).items():
                figures.setdefault(key, []).extend(values)
        except (AssertionError, subprocess.SubprocessError, OSError) as error:
            print(f"{rival.NAME}, {size} routers, {timers}: {error}", file=sys.stderr, flush=True)
    return figures or None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="one round with a hundred routers")
    parser.add_argument("--only", help="these routers, by name, with commas between")
    parser.add_argument("--sizes", help="these of " + ",".join(GRIDS))
    parser.add_argument("--timers", help="these of default,shortest")
    parser.add_argument("--cases", default=",".join(CASES), help="these of " + ",".join(CASES) + ", after the load")
    parser.add_argument("--rounds", type=int, help="lives of each router")
    parser.add_argument("--patience", type=float, default=60, help="seconds before a change is given up")
    options = parser.parse_args()
    options.cases = options.cases.split(",")
    options.rounds = options.rounds or (1 if options.small else 2)
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    routers = RIVALS
    if options.only:
        routers = [rival for rival in RIVALS if rival.NAME.lower() in options.only.lower().split(",")]
    print(", ".join(f"{rival.NAME} {rivals.version_of(rival)}".strip() for rival in routers), flush=True)
    for timers in (options.timers or ("default" if options.small else "default,shortest")).split(","):
        print(f"\n{timers} delays: " + "; ".join(f"{rival.NAME}: {rival.DELAYS[timers]}" for rival in routers), flush=True)
        for size in (options.sizes or ("100" if options.small else "1000,5041")).split(","):
            results = {rival.NAME: repeated(rival, size, timers, options) for rival in routers}
            if any(results.values()):
                report(size, timers, results)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
