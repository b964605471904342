#!/usr/bin/python3
"""BGP with full tables, beside BIRD, FRR, OpenBGPD and GoBGP, and beside a floor that copies instead of doing BGP.

    bgp.py [--small] [--table FILE] [--only NAME,...] [--cases CASE,...] [--patience SECONDS]

The router has a network namespace, its peers have another: announcers, which write what was encoded beforehand as fast as
TCP takes it, and a receiver, which counts. Seconds are from the first byte until

    table      the router has taken all routes, by its own counters, asked some times a second
    peer       the receiver can reach all prefixes (when the announcers say the same: has been told the last of it)
    kernel     the router's kernel has all routes
    gone       all have been withdrawn again, from receiver or kernel

and a single prefix is timed on its way through the full table. Memory is the peak of the proportional set sizes (PSS) of all
processes of the router, processor time what they used until the table was through.

A real table of lines `prefix origin-as` is taken by --table; --small is for a look whether everything works.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))
import rivals
import sandbox
from lab import BUILD, Lab, output
from measuring import Peers, cell_text, cpu, pss, ratio, resident

PEERS = os.path.join(BUILD, "bgp-peers")
RECEIVER_AS, FIRST_AS = 64900, 64512
PATIENCE = 180  # Seconds for one load to pass; a small one has a tenth.
LOOK = 0.25  # Seconds between two looks at a router.
SMALL = 50  # Times.
SINGLES = 1000
CASES = {  # Announcers, IPv4 and IPv6 prefixes, and whether the announcers share them or say all the same.
    "full": (1, 1000000, 200000, "distinct"),
    "distinct": (10, 1000000, 0, "distinct"),
    "same": (10, 100000, 0, "same"),
    "many": (30, 300000, 0, "distinct"),
}


class Usage(threading.Thread):
    """Looks at the processes and the counters of a router until stopped."""

    def __init__(self, router, wanted):
        super().__init__(daemon=True)
        self.router, self.wanted = router, wanted
        self.pids = [int(pid) for pid in output("ip", "netns", "pids", router.name).split()]
        self.before = self.cpu()
        self.peak, self.complete, self.used = 0, None, None
        self.ending = threading.Event()

    def run(self):
        while not self.ending.wait(LOOK):
            self.look()

    def look(self):
        try:
            self.peak = max(self.peak, sum(pss(pid) for pid in self.pids))
            if self.complete is None and self.router.accepted() == self.wanted:
                self.complete = time.monotonic()  # A busy router may answer late, and then of that moment.
        except (OSError, ValueError, subprocess.SubprocessError):
            pass  # A router that does not answer now may do so later; if it has died, its peers tell.

    def stop(self):
        self.ending.set()
        self.join()
        self.look()
        self.used = self.cpu() - self.before

    def cpu(self):
        return sum(cpu(pid) for pid in self.pids)


def case_of(case, options):
    announcers, ip4, ip6, sharing = CASES[case]
    return (announcers, ip4 // SMALL, ip6 // SMALL, sharing) if options.small else CASES[case]


def neighbors(peers, ip6):
    """(address, AS) of all sessions that the router has."""
    for prefix, first in [("10.0.0.", 10)] + ([("2001:db8::", 0x10)] if ip6 else []):
        yield prefix + "2", RECEIVER_AS
        for peer in range(peers):
            yield prefix + (f"{first + peer:x}" if ":" in prefix else f"{first + peer}"), FIRST_AS + peer


def measure(rival, case, options):
    """{what: figure} of one router and one case; infinite is what has not come to pass."""
    announcers, ip4, ip6, sharing = case_of(case, options)
    with Lab() as lab:
        sessions = list(neighbors(announcers, ip6))
        router, host = rival.make(lab, sessions), lab.host("peers")
        router.run("sysctl", "-qw", "net.ipv6.route.max_size=4194304")
        addresses = [address + ("/64" if ":" in address else "/16") for address, _ in sessions]
        lab.link(router, host, "" if rival is rivals.Xylem else rivals.ADDRESSES, " ".join(addresses), capture=False)
        router.start()
        kernel = f"/run/netns/{router.name}" if rival.KERNEL else "-"
        table = [options.table] if options.table else []
        peers = Peers(host, PEERS, announcers, ip4, ip6, sharing, kernel, options.patience, *table)
        figures = peers.answer()
        figures |= announced(peers, router, figures, announcers if sharing == "same" else 1)
        if math.inf not in figures.values():
            if case == "full":
                figures |= single(peers, rival, SINGLES // 10 if options.small else SINGLES)
            figures |= withdrawn(peers, rival)
        peers.stop()
        return figures


def announced(peers, router, load, times):
    """Figures of a load whose prefixes are announced so many times each."""
    usage = Usage(router, (load["ip4"] + load["ip6"]) * times)
    usage.start()
    passage = peers.do("announce")
    usage.stop()
    begin = passage["begin"]
    figures = {
        "table": usage.complete - begin if usage.complete else None,
        "peer": until(passage, "received") if times == 1 or not passage["received"] else passage["last"] - begin,
        "cpu": usage.used,
        "memory": usage.peak,
        "resident": sum(resident(pid) for pid in usage.pids),
    }
    return figures | ({"kernel": until(passage, "installed")} if router.KERNEL else {})


def single(peers, rival, count):
    """Figures of single prefixes, in milliseconds."""
    times = peers.do("single", count)
    figures = {}
    for what, key in [("received", "peer")] + ([("installed", "kernel")] if rival.KERNEL else []):
        # Quantiles of a run that was given up would be those of the lucky ones.
        cuts = statistics.quantiles(times[what], n=100) if len(times[what]) == count else [math.inf] * 99
        figures[key + " p50"], figures[key + " p99"] = cuts[49] * 1000, cuts[98] * 1000
    return figures


def withdrawn(peers, rival):
    passage = peers.do("withdraw")
    if passage["strangers"]:
        raise AssertionError(f"{rival.NAME} has told {passage['strangers']} changes of prefixes that nobody announced")
    gone = {"gone peer": until(passage, "received")}
    return gone | ({"gone kernel": until(passage, "installed")} if rival.KERNEL else {})


def until(passage, what):
    """Seconds from the beginning."""
    return passage[what] - passage["begin"] if passage[what] else math.inf


ROWS = [  # Key of a figure, what it says, digits.
    ("table", "in the router's table, s", 2),
    ("peer", "at a second peer, s", 2),
    ("kernel", "in the kernel, s", 2),
    ("gone peer", "gone from the peer, s", 2),
    ("gone kernel", "gone from the kernel, s", 2),
    ("cpu", "processor time to announce, s", 1),
    ("memory", "memory, peak PSS, MB", 0),
    ("resident", "memory, sum of VmHWM, MB", 0),
    ("peer p50", "one prefix to the peer, p50, ms", 3),
    ("peer p99", "one prefix to the peer, p99, ms", 3),
    ("kernel p50", "one prefix to the kernel, p50, ms", 3),
    ("kernel p99", "one prefix to the kernel, p99, ms", 3),
]


def report(case, results):
    """Print the figures of a case: {name: figures, or None of a router that failed}."""
    load = next(figures for figures in results.values() if figures)
    announcers, _, _, sharing = CASES[case]
    say = {"distinct": "together", "same": "each, the same"}[sharing] if announcers > 1 else ""
    print(f"\n{case}: {announcers} peer{'s' * (announcers > 1)}, "
          + f"{load['ip4']} IPv4 and {load['ip6']} IPv6 prefixes {say}".rstrip()
          + f", {load['attributes']} sets of attributes, {load['bytes'] / 1e6:.1f} MB")
    print(f"{'':34}" + "".join(f"{name:>10}" for name in results) + ("  Xylem / best" if "Xylem" in results else ""))
    for key, words, digits in ROWS:
        cells = {name: figures and figures.get(key) for name, figures in results.items()}
        if not any(cell is not None for cell in cells.values()):
            continue
        line = f"{words:34}" + "".join(f"{cell_text(cell, digits):>10}" for cell in cells.values())
        print(line + ratio(cells))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help=f"a {SMALL}th of one case")
    parser.add_argument("--table", type=os.path.abspath, help="lines `prefix origin-as` in place of a generated table")
    parser.add_argument("--only", help="these routers, by name, with commas between")
    parser.add_argument("--cases", help="these of " + ",".join(CASES))
    parser.add_argument("--patience", type=float, help="seconds before a load is given up")
    options = parser.parse_args()
    options.patience = options.patience or (PATIENCE / 10 if options.small else PATIENCE)
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    routers = rivals.installed()
    if options.only:
        routers = [rival for rival in routers if rival.NAME.lower() in options.only.lower().split(",")]
    elif rivals.Xylem not in routers:
        print("Xylem is left out: this build has no xylem-bgp")
    print(", ".join(f"{rival.NAME} {rivals.version_of(rival)}".strip() for rival in routers), flush=True)
    for case in (options.cases or ("full" if options.small else ",".join(CASES))).split(","):
        results = {}
        for rival in routers:
            if rival is rivals.Floor and case == "same":
                continue  # It would install and withdraw everything ten times.
            try:
                results[rival.NAME] = measure(rival, case, options)
            except (AssertionError, subprocess.SubprocessError, OSError) as error:
                print(f"{rival.NAME}, {case}: {error}", file=sys.stderr, flush=True)
                results[rival.NAME] = None
        if any(results.values()):
            report(case, results)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
