#!/usr/bin/python3
"""Slices of 10 to 200 Xylem routers: how long they take to be up, to converge and to be gone, and what they cost.

    slices.py [ROUTERS...]

At the end a slice of ten routers comes and goes fifty times, and the kernel's memory is compared.

The network is a grid of routers that all speak OSPF on links from point to point, and announce their loopbacks. It has converged when every router has a route to
every loopback. Memory is the proportional set size of all processes but the keeper's; processor time is that of ten idle
seconds after convergence. Beside it: what a kernel namespace with its links costs without any process.
"""

import glob
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import lab  # noqa: E402
from slices import slice_, written  # noqa: E402

ROUTER = """node { memory 256M; protocols { ospf { router-id "${loopback}";
    area 0.0.0.0 { interface lo { passive; } interface ge* { type point-to-point; hello-interval 2; dead-interval 20; } } } } }"""
IDLE = 10  # Seconds.
PATIENCE = 300


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [10, 50, 100, 200]
    print(f"{'routers':>8} {'bare up':>9} {'bare down':>9} {'up':>9} {'converged':>10} {'down':>8} {'MB each':>8} {'cpu each':>9}")
    for size in sizes:
        bare_up, bare_down = bare(size)
        up, converged, memory, processor, down = routers(size)
        print(f"{size:8} {bare_up:8.2f}s {bare_down:8.2f}s {up:8.2f}s {converged:9.2f}s {down:7.2f}s {memory / size:8.1f} {processor / size:8.3f}%",
              flush=True)
    rounds()


def rounds(count=50):
    """A slice of ten routers and fifteen links comes and goes so often; how much the kernel's slab has grown."""
    file = written(f"slice turn {{ defaults {{ {ROUTER} }} generate r {{ random 10x15; }} }}")
    create(file)
    destroyed("turn")
    before, times = slab(), []
    for _ in range(count):
        begin = time.monotonic()
        create(file)
        times.append(time.monotonic() - begin)
        destroyed("turn")
    print(f"{count} rounds of 10 routers and 15 links: up in {sorted(times)[count // 2]:.2f} s (median), slab {(slab() / before - 1) * 100:+.1f} %")


def slab():
    with open("/proc/meminfo") as file:
        return int(re.search(r"^Slab: *(\d+)", file.read(), re.M)[1])


def grid(size):
    """As square as it goes."""
    rows = max(each for each in range(1, size + 1) if size % each == 0 and each * each <= size)
    return f"{rows}x{size // rows}"


def bare(size):
    """The topology alone."""
    file = written(f"slice bare {{ defaults {{ node {{ kind host; }} }} generate r {{ grid {grid(size)}; }} }}")
    begin = time.monotonic()
    create(file)
    up = time.monotonic() - begin
    return up, destroyed("bare")


def routers(size):
    file = written(f"slice many {{ defaults {{ {ROUTER} }} generate r {{ grid {grid(size)}; }} }}")
    begin = time.monotonic()
    create(file)
    up = time.monotonic() - begin
    state = json.loads(slice_("show", "many", "--json").out)
    loopbacks = {node["loopbacks"][0] for node in state["nodes"]}
    waiting = [node["namespace"] for node in state["nodes"]]
    while waiting:
        if time.monotonic() - begin > PATIENCE:
            sys.exit(f"{len(waiting)} routers have not converged")
        waiting = [each for each in waiting if not loopbacks <= known(each)]
        time.sleep(0.1)
    converged = time.monotonic() - begin
    pids = processes()
    memory = sum(map(pss, pids)) / 1024
    before = sum(map(ticks, pids))
    time.sleep(IDLE)
    processor = (sum(map(ticks, pids)) - before) / os.sysconf("SC_CLK_TCK") / IDLE * 100
    return up, converged, memory, processor, destroyed("many")


def create(file):
    done = slice_("create", file, "--quiet", timeout=PATIENCE)
    if done.code != 0:
        sys.exit(done.err)


def destroyed(name):
    begin = time.monotonic()
    slice_("destroy", name)
    return time.monotonic() - begin


def known(namespace):
    table = subprocess.run(["ip", "-n", namespace, "-4", "route", "show", "table", "all"], capture_output=True, text=True).stdout
    return set(re.findall(r"^(?:local )?(10\.255\.\d+\.\d+)", table, re.M))


def processes():
    out = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path) as file:
                if file.read().startswith("xylem-"):
                    out.append(path.split("/")[2])
        except OSError:
            pass
    return out


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Pss: *(\d+)", file.read(), re.M)[1])


def ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    assert lab.BUILD
    main()
