#!/usr/bin/python3
"""What one router of a slice forwards over each plane, by routes of OSPF, beside the kernel of one that is made by hand.

    slice-planes.py [--seconds N]

        a (sends) ---- r (forwards) ---- b (drops, and has told r by OSPF of the network that the frames are for)

Frames leave a in bursts, as a device would deliver them, and b drops them in its driver, so it is the router that is measured. By hand it is the same in
plain namespaces, with one route. `hog` is a slice whose only node computes without end; with two processors, sender and plane have one each without it.
The best of three runs, taken in turns, since others may be at work here.
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
import flooding  # noqa: E402
import lab  # noqa: E402
import sandbox  # noqa: E402
from lab import output, wait_until  # noqa: E402
from slices import PYTHON, slice_, written  # noqa: E402

FRAMES = os.path.join(lab.BUILD, "bench-frames")
SIZES = 64, 1442
SIOCETHTOOL, ETHTOOL_SGRO = 0x8946, 0x2C
OSPF = 'protocols { ospf { router-id "${loopback}"; area 0.0.0.0 { interface ge* { type point-to-point; hello-interval 1; dead-interval 15; } } } }'
FILE = ("slice NAME { node a { kind host; } node r { memory 256M; PLANE " + OSPF + " } node b { memory 256M; " + OSPF + " } node d { kind host; } "
        "link r a { prefix 10.0.1.0/30; } link r b { prefix 10.0.2.0/30; } link b d { prefix 20.0.0.0/24; } }")
HOG = "slice hog { node h { kind exec; MORE command " + PYTHON + " -c \"while True: pass\"; } }"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=2)
    given = arguments.parse_args()
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    by_hand()
    for name, plane in ("kernel", ""), ("click", "plane click;"):
        make(FILE.replace("NAME", name).replace("PLANE", plane))
    places = {"by hand": ("hand-a", "hand-r", "hand-b"), **{name: tuple(f"x.{name}.{node}" for node in "arb") for name in ("kernel", "click")}}
    for a, r, b in places.values():
        settle(a, r, b)
    # Until OSPF says that all it can find is found, the kernel forwards.
    wait_until(lambda: "FromDevice" in slice_("cli", "click", "r", "-c", "show click graph").out, "the Click plane takes frames", 120)
    best = {}
    for _ in range(3):
        for size in SIZES:
            for name, namespaces in places.items():
                note(best, (name, size), measure(*namespaces, size, given.seconds))
    for size in SIZES:
        hand = best["by hand", size]
        for name in places:
            rate = best[name, size]
            print(f"{size:5} bytes  {name:8} {rate / 1e3:6.0f} kpps {rate * size * 8 / 1e9:6.2f} Gbit/s {rate / hand * 100:4.0f} % of by hand", flush=True)
    for more in "", "cpu 10%;":
        for _ in range(3):
            note(best, "alone" + more, measure(*places["click"], SIZES[0], given.seconds))
            make(HOG.replace("MORE", more))
            note(best, "hog" + more, measure(*places["click"], SIZES[0], given.seconds))
            slice_("destroy", "hog")
        print(f"click plane beside a hog {more or 'without a limit;':16} {best['hog' + more] / best['alone' + more] * 100:4.0f} % of without", flush=True)
    for name in "kernel", "click":
        slice_("destroy", name)


def note(best, key, rate):
    best[key] = max(best.get(key, 0), rate)


def make(text):
    done = slice_("create", written(text), "--quiet")
    if done.code != 0:
        sys.exit(done.err)


def by_hand():
    for each in "hand-a", "hand-r", "hand-b":
        output("ip", "netns", "add", each)
        output("ip", "-n", each, "link", "set", "lo", "up")
    for left, right, net, devices in ("r", "a", "10.0.1", ("ge0", "ge0")), ("r", "b", "10.0.2", ("ge1", "ge0")):
        output("ip", "link", "add", devices[0], "netns", "hand-" + left, "type", "veth", "peer", devices[1], "netns", "hand-" + right)
        for where, name, host in (left, devices[0], 1), (right, devices[1], 2):
            output("ip", "-n", "hand-" + where, "address", "add", f"{net}.{host}/30", "dev", name)
            output("ip", "-n", "hand-" + where, "link", "set", name, "up")
    output("ip", "netns", "exec", "hand-r", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    output("ip", "-n", "hand-r", "route", "add", "20.0.0.0/24", "via", "10.0.2.2")


def mac(namespace, device):
    return json.loads(output("ip", "-n", namespace, "-j", "link", "show", device))[0]["address"]


def settle(a, r, b):
    """The way is known, and stays so although b does not answer while it is measured."""
    wait_until(lambda: "20.0.0.0/24" in output("ip", "-n", r, "route"), "the router knows the way", 60)
    device = next(each["ifname"] for each in json.loads(output("ip", "-n", r, "-j", "-4", "address")) if each["addr_info"][0]["local"].startswith("10.0.2."))
    output("ip", "-n", r, "neighbor", "replace", "10.0.2.2", "lladdr", mac(b, "ge0"), "dev", device, "nud", "permanent")
    setting = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_SGRO, 1))
    with open("/proc/self/ns/net") as own:
        flooding.enter("/run/netns/" + r)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            for each in "ge0", device:  # Without a program of its own a virtual device takes a driver's frames only with GRO.
                fcntl.ioctl(asker, SIOCETHTOOL, struct.pack("16sP", each.encode(), ctypes.addressof(setting)))
        sandbox.system("setns", own.fileno(), sandbox.CLONE_NEWNET)


def measure(a, r, b, size, seconds):
    """Packets per second."""
    count = lambda: flooding.arrived("/run/netns/" + b, "ge0")
    dropping = subprocess.Popen(["ip", "netns", "exec", b, FRAMES, "drop", "ge0"], stdout=subprocess.PIPE, text=True)
    dropping.stdout.readline()
    sender = subprocess.Popen(["ip", "netns", "exec", a, FRAMES, "send", "ge0", mac(r, "ge0"), str(size), "1"])
    first = count()[0]
    wait_until(lambda: count()[0] > first + 1000, "packets arrive")
    time.sleep(0.5)
    before, begin = count()
    time.sleep(seconds)
    after, end = count()
    for each in sender, dropping:
        each.terminate()
        each.wait()
    dropping.stdout.close()
    return (after - before) / (end - begin)


if __name__ == "__main__":
    main()
