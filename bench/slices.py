#!/usr/bin/python3
"""Slices of 10 to 200 Xylem routers: how long they take to be up, to converge and to be gone, and what they cost.

    slices.py [ROUTERS...]

At the end a slice of ten routers comes and goes fifty times, and the kernel's memory is compared.

The network is a grid of routers, a host at each, that all speak OSPF on links from point to point. It has converged when every router has a
route to every loopback; then every host pings every other. Memory is the proportional set size of all processes but the keeper's; processor
time is that of ten idle seconds after convergence. Beside it, without any routing: the same grid of nodes that only
have addresses, as a slice and by Mininet. 200 routers need more than the usual 1,024 neighbours (net.ipv4.neigh.default.gc_thresh3).
"""

import glob
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import lab  # noqa: E402
import sandbox  # noqa: E402
from slices import slice_, written  # noqa: E402

ROUTER = """node { memory 256M; protocols { ospf { router-id "${loopback}";
    area 0.0.0.0 { interface lo { passive; } interface ge* { type point-to-point; hello-interval 2; dead-interval 20; } } } } }"""
IDLE = 10  # Seconds.
PATIENCE = 300
ECHO = struct.pack("!BBHHH", 8, 0, 0xF7FF, 0, 0)  # An echo request without data, its checksum in the third field.


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [10, 50, 100, 200]
    print(f"{'routers':>8} {'bare up':>9} {'bare down':>9} {'mininet up':>11} {'down':>9} {'up':>9} {'converged':>10} {'down':>8} {'MB each':>8} "
          f"{'cpu each':>9} {'reach':>14}")
    for size in sizes:
        print(f"{size:8} {'%8.2fs %8.2fs' % bare(size)} {'%10.2fs %8.2fs' % mininet(size)}", end=" ", flush=True)
        up, converged, memory, processor, reached, down = routers(size)
        print(f"{up:8.2f}s {converged:9.2f}s {down:7.2f}s {memory / size:8.1f} {processor / size:8.3f}% {reached:>14}", flush=True)
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


def mininet(size):
    """The same by Mininet."""
    import mininet.net
    import mininet.log

    mininet.log.setLogLevel("error")
    # It would raise limits of the whole machine.
    mininet.net.fixLimits = lambda: None
    rows, columns = map(int, grid(size).split("x"))
    begin = time.monotonic()
    net = mininet.net.Mininet(controller=None)
    nodes = {}
    for row in range(rows):
        for column in range(columns):
            nodes[row, column] = net.addHost(f"r{row}-{column}", ip=None)
    count = 0
    for row, column in nodes:
        for other in ((row, column + 1), (row + 1, column)):
            if other in nodes:
                one, two = (f"10.{count >> 7}.{(count & 127) << 1}.{end}/31" for end in (0, 1))
                net.addLink(nodes[row, column], nodes[other], params1={"ip": one}, params2={"ip": two})
                count += 1
    net.start()
    up = time.monotonic() - begin
    begin = time.monotonic()
    net.stop()
    return up, time.monotonic() - begin


def routers(size):
    file = written(f"slice many {{ defaults {{ {ROUTER} }} generate r {{ grid {grid(size)}; hosts 1; }} }}")
    begin = time.monotonic()
    create(file)
    up = time.monotonic() - begin
    state = json.loads(slice_("show", "many", "--json").out)
    routers = [node for node in state["nodes"] if node["kind"] == "router"]
    loopbacks = {node["loopbacks"][0] for node in routers}
    waiting = [node["namespace"] for node in routers]
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
    hosts = {node["namespace"]: node["interfaces"][0]["addresses"][0].split("/")[0] for node in state["nodes"] if node["kind"] == "host"}
    reached = reach(hosts)
    return up, converged, memory, processor, reached, destroyed("many")


def reach(hosts):
    """How many of all pairs of hosts hear each other: "REACHED/PAIRS". `hosts`: addresses by namespace."""
    return f"{sum(answers(namespace, hosts.values()) for namespace in hosts)}/{len(hosts) ** 2}"


def answers(namespace, addresses):
    """How many of these answer to an echo request from there, each asked up to five times."""
    missing = set(addresses)
    with pinger(namespace) as sock:
        for _ in range(5):
            for address in missing:
                sock.sendto(ECHO, (address, 0))
            deadline = time.monotonic() + 1
            while missing and select.select([sock], [], [], max(0, deadline - time.monotonic()))[0]:
                packet, (address, _) = sock.recvfrom(2048)
                if packet[20] == 0:  # An echo reply.
                    missing.discard(address)
            if not missing:
                break
    return len(addresses) - len(missing)


def pinger(namespace):
    """A socket of that network namespace."""
    with open("/proc/self/ns/net") as own, open(f"/run/netns/{namespace}") as other:
        sandbox.system("setns", other.fileno(), sandbox.CLONE_NEWNET)
        try:
            return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        finally:
            sandbox.system("setns", own.fileno(), sandbox.CLONE_NEWNET)


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
