#!/usr/bin/python3
"""Start and rest: from `xylem run` to configured and forwarding with five modules, and what the idle router weighs.

Five runs, the median; modules are finder, fea, rib, static and rip, beside the router manager and its supervisor. The router
forwards when a packet has crossed it by its static route. Memory is the proportional set size (PSS): what processes share is
split between them.
"""

import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))
import sandbox
from lab import Lab, output, wait_until

RUNS = 5
IDLE = 2.0  # Seconds.
CONFIG = """
interfaces {
    interface eth0 { address 10.0.1.1/24; }
    interface eth1 { address 10.0.2.1/24; }
}
protocols {
    static { route 10.9.0.0/16 { next-hop 10.0.2.2; } }
    rip { interface eth0; }
}
"""
GOAL_START, GOAL_MEMORY = 300, 30  # Milliseconds; MB.


def main():
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    runs = [run() for _ in range(RUNS)]
    print(f"{'':12} {'milliseconds':>12}   median of {RUNS} runs")
    for what in ("configured", "forwarding"):
        times = sorted(times[what] for times, _ in runs)
        print(f"{what:12} {statistics.median(times):12.0f}   {times[0]:.0f} to {times[-1]:.0f}; goal {GOAL_START}")
    sizes = sorted((memory for _, memory in runs), key=lambda memory: sum(pss for _, pss, _ in memory))[RUNS // 2]
    print(f"\n{'process':12} {'PSS MB':>7} {'own MB':>7}")
    for name, pss, own in sizes:
        print(f"{name:12} {pss:7.2f} {own:7.2f}")
    total, own = (sum(size[i] for size in sizes) for i in (1, 2))
    print(f"{'all':12} {total:7.2f} {own:7.2f}   goal {GOAL_MEMORY}")


def run():
    """({what: milliseconds}, [(process, PSS, private memory)]) of one router's life."""
    with Lab() as lab:
        near, router, far = lab.host("near"), lab.router("r", CONFIG), lab.host("far")
        lab.link(near, router, "10.0.1.2/24", "", capture=False)
        lab.link(router, far, "", "10.0.2.2/24", capture=False)
        far.stub("10.9.0.1/16")
        near.ip("route", "add", "default", "via", "10.0.1.1")
        # Else the first request for an address that is not there yet would be repeated after a second.
        mac = router.run("cat", "/sys/class/net/eth0/address").strip()
        near.ip("neighbour", "add", "10.0.1.1", "lladdr", mac, "dev", "eth0", "nud", "permanent")
        far.ip("route", "add", "10.0.1.0/24", "via", "10.0.2.1")
        with near.flow(far, "10.9.0.1", 0.002) as flow:
            begin = time.monotonic()
            router.start()
            seen = {}
            while len(seen) < 2:
                now = (time.monotonic() - begin) * 1000
                if now > 30000:
                    raise AssertionError(f"the router has not come up: {seen}")
                if "forwarding" not in seen and flow.arrived:
                    seen["forwarding"] = now
                if "configured" not in seen and configured(router):
                    seen["configured"] = now
                time.sleep(0.001)
        wait_until(lambda: {"finder", "fea", "rib", "static", "rip", "rtrmgr"} <= set(router.pids()), "all are there")
        time.sleep(IDLE)
        return seen, memory(router)


def configured(router):
    """Whether the manager has said so in its log."""
    return any("router runs" in log for _, log in router.logs())


def memory(router):
    """Of all processes in the router's namespace."""
    sizes = []
    for pid in sorted(map(int, output("ip", "netns", "pids", router.name).split())):
        with open(f"/proc/{pid}/smaps_rollup") as text:
            fields = {line.split()[0]: int(line.split()[1]) / 1024 for line in text if line.endswith("kB\n")}
        with open(f"/proc/{pid}/comm") as text:
            name = text.read().strip()
        sizes.append((name.removeprefix("xylem-"), fields["Pss:"], fields["Private_Dirty:"] + fields["Private_Clean:"]))
    return sizes


if __name__ == "__main__":
    main()
