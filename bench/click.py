#!/usr/bin/python3
"""Forwarding between namespaces: a router over each plane, packets per second beside the kernel.

    click.py [--seconds N] [--routes 10,10000,100000]

        h1 (sends) ---- r (forwards) ---- h2 (drops)

Frames leave h1 in bursts, as a device would deliver them, to addresses all over the routes, and h2 drops them in its driver: so it is
the router that is measured. Sender and kernel share a core; a plane in user space has the other one.
"""

import argparse
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import lab  # noqa: E402
from lab import Lab, wait_until  # noqa: E402

FRAMES = os.path.join(lab.BUILD, "bench-frames")
PLANES = {
    "kernel": "",
    "fast path": "forwarding { plane click; }",
    "AF_XDP": "forwarding { plane click; } click { fast-path false; }",
    "packet ring": "forwarding { plane click; } click { method ring; }",
}
CONFIG = "interfaces {{ interface eth0 {{ address 10.0.1.1/24; }} interface eth1 {{ address 10.0.2.1/24; }} }} protocols {{ static {{ {routes} }} }} {plane}"
SIOCETHTOOL, ETHTOOL_SGRO = 0x8946, 0x2C


def mac(node, interface):
    return json.loads(lab.output("ip", "-n", node.name, "-j", "link", "show", interface))[0]["address"]


def receive_in_bursts(node, interface):
    """Without a program of its own a virtual device takes a driver's frames only with GRO."""
    setting = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_SGRO, 1))
    with node.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        fcntl.ioctl(asker, SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(setting)))


def count(node):
    """Packets that have come in over eth0."""
    statistics = json.loads(lab.output("ip", "-n", node.name, "-j", "-s", "link", "show", "eth0"))[0]
    return statistics["stats64"]["rx"]["packets"]


def measure(h1, r, h2, size, networks, seconds):
    sender = subprocess.Popen(h1.inside(FRAMES, "send", "eth0", mac(r, "eth0"), str(size), str(networks)))
    begin = count(h2)
    wait_until(lambda: count(h2) > begin, "packets arrive")
    time.sleep(0.5)
    before, begin = count(h2), time.monotonic()
    time.sleep(seconds)
    rate = (count(h2) - before) / (time.monotonic() - begin)
    sender.terminate()
    sender.wait()
    return rate


def rates(plane, networks, sizes, seconds):
    routes = "".join(f"route {20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24 {{ next-hop 10.0.2.2; }}\n" for i in range(networks))
    with Lab() as here:
        h1, h2 = here.host("h1"), here.host("h2")
        r = here.router("r", CONFIG.format(routes=routes, plane=PLANES[plane]))
        here.link(r, h1, "", "10.0.1.2/24", capture=False)
        here.link(r, h2, "", "10.0.2.2/24", capture=False)
        here.start()
        for interface in "eth0", "eth1":
            receive_in_bursts(r, interface)
        h2.spawn("drop", FRAMES, "drop", "eth0")
        wait_until(lambda: "ready" in h2.read("drop.log"), "h2 drops")
        r.ip("neigh", "replace", "10.0.2.2", "lladdr", mac(h2, "eth0"), "dev", "eth1", "nud", "permanent")
        wait_until(lambda: len(r.routes()) >= networks, "the routes are there", 120)
        if plane != "kernel":
            wait_until(lambda: int(r.json("show click table")["routes4"]) >= networks, "the plane has them", 120)
        out = {size: measure(h1, r, h2, size, networks, seconds) for size in sizes}
        if plane == "fast path" and not all(int(each["fastReceived"]) for each in r.json("show click port") if each["name"] == "eth0"):
            print("there is no fast path:", r.json("show click fast-path"), file=sys.stderr)
        return out


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--routes", default="10,10000,100000")
    given = arguments.parse_args()
    sizes = (64, 1500)
    for networks in map(int, given.routes.split(",")):
        all_rates = {plane: rates(plane, networks, sizes, given.seconds) for plane in PLANES}
        for size in sizes:
            floor = all_rates["kernel"][size]
            line = f"{networks:6} routes, {size:4} bytes:  kernel {floor / 1e3:5.0f} k/s"
            for plane in list(PLANES)[1:]:
                line += f"   {plane} {all_rates[plane][size] / 1e3:5.0f} k/s ({all_rates[plane][size] / floor:.2f})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
