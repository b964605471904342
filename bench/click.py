#!/usr/bin/python3
"""Forwarding between namespaces: packets per second through the click plane, by AF_XDP and by packet ring, beside the kernel.

    click.py [--seconds N]

        h1 (sends) ---- r (forwards) ---- h2 (counts)

The sender and the counter are the same for all three: frames leave in bursts by AF_XDP, as a device would deliver them.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import lab  # noqa: E402
from lab import Lab  # noqa: E402

CLICK = os.path.join(lab.BUILD, "xylem-click")
FORWARD = """
FromDevice(eth0, SNIFFER false, HOST true, METHOD {method}) -> Strip(14) -> CheckIPHeader -> rt :: RadixIPLookup({routes}0.0.0.0/0 1);
rt [0] -> DropBroadcasts -> t :: DecIPTTL -> f :: IPFragmenter(1500)
    -> EtherEncap(0x0800, {own}, {to}) -> Queue(4096) -> ToDevice(eth1, METHOD {method});
rt [1] -> Discard; t [1] -> Discard; f [1] -> Discard;
"""


def mac(node, interface):
    return json.loads(lab.output("ip", "-n", node.name, "-j", "link", "show", interface))[0]["address"]


def count(node):
    """Packets that have come in over eth0."""
    statistics = json.loads(lab.output("ip", "-n", node.name, "-j", "-s", "link", "show", "eth0"))[0]
    return statistics["stats64"]["rx"]["packets"]


def measure(h1, h2, size, seconds):
    source = f"""InfiniteSource(LENGTH {size - 42}, BURST 64) -> UDPIPEncap(10.0.1.2, 1000, 10.0.2.2, 2000)
        -> EtherEncap(0x0800, {mac(h1, "eth0")}, {h1.peer}) -> Queue(1024) -> ToDevice(eth0, METHOD XDP);"""
    sender = subprocess.Popen(h1.inside(CLICK, "--batch", "64", "-e", source), stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    before, begin = count(h2), time.monotonic()
    time.sleep(seconds)
    rate = (count(h2) - before) / (time.monotonic() - begin)
    sender.terminate()
    sender.wait()
    return rate


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=3)
    seconds = arguments.parse_args().seconds
    with Lab() as here:
        h1, r, h2 = here.host("h1"), here.host("r"), here.host("h2")
        here.link(r, h1, "10.0.1.1/24", "10.0.1.2/24", capture=False)
        here.link(r, h2, "10.0.2.1/24", "10.0.2.2/24", capture=False)
        here.start()
        h1.peer = mac(r, "eth0")
        r.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        r.run("ping", "-c", "1", "10.0.2.2")
        # What h2 gets it drops at once.
        drop = subprocess.Popen(h2.inside(CLICK, "-e", "FromDevice(eth0, SNIFFER false, HOST false, METHOD XDP) -> Discard"))
        for routes in 10, 10000:
            table = "".join(f"{20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24 0, " for i in range(routes - 1)) + "10.0.2.0/24 0, "
            lines = "".join(f"route replace {20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24 via 10.0.2.2\n" for i in range(routes - 1))
            subprocess.run(r.inside("ip", "-batch", "-"), input=lines, text=True, check=True)
            for size in 64, 1500:
                rates = {"kernel": measure(h1, h2, size, seconds)}
                for method in "XDP", "MMAP":
                    r.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
                    text = FORWARD.format(method=method, routes=table, own=mac(r, "eth1"), to=mac(h2, "eth0"))
                    graph = r.write("forward.click", text)
                    plane = subprocess.Popen(r.inside(CLICK, "--batch", "64", graph))
                    time.sleep(0.5)
                    rates[method] = measure(h1, h2, size, seconds)
                    plane.terminate()
                    plane.wait()
                    r.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
                line = f"{routes:6} routes, {size:4} bytes:  kernel {rates['kernel'] / 1e3:6.0f} k/s"
                for name, method in ("AF_XDP", "XDP"), ("packet ring", "MMAP"):
                    line += f"   {name} {rates[method] / 1e3:6.0f} k/s ({rates[method] / rates['kernel']:.2f})"
                print(line, flush=True)
        drop.terminate()
        drop.wait()


if __name__ == "__main__":
    main()
