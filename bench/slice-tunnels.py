#!/usr/bin/python3
"""Links of a slice between two machines, beside VXLAN made by hand on the same machines.

    slice-tunnels.py [--seconds N]

Two network namespaces stand for machines, with an underlay of 1500 bytes between them. By hand, a VXLAN device lies in a namespace
of its own on each, as in a slice. TCP is that of iperf3; small packets are UDP of 64 bytes, counted where they arrive. The best of
three runs, taken in turns, since others may be at work here. `egre by process` is what carries such a link where the kernel takes no
program for it.
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import flooding  # noqa: E402
import sandbox  # noqa: E402
from lab import wait_until  # noqa: E402
from slices import Machine, refuse_bpf, underlay  # noqa: E402

FILE = """
slice {name} {{
    host A {{ address 192.0.2.1; }} host B {{ address 192.0.2.2; }}
    node a {{ kind host; host A; memory 256M; }} node b {{ kind host; host B; memory 256M; }}
    link a b {{ prefix 10.1.1.0/30; tunnel {tunnel}; }}
}}
"""
NAMES = {"hand": "VXLAN by hand", "vxlan": "tunnel vxlan", "egre": "tunnel egre", "process": "egre by process"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=3)
    given = arguments.parse_args()
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    machines = [Machine("A"), Machine("B")]
    underlay(machines)
    for number, machine in enumerate(machines, 1):
        by_hand(machine, number)
        for name, tunnel, prepare in ("vxlan", "vxlan", None), ("egre", "egre", None), ("process", "egre", refuse_bpf):
            machine.write("/run/file", FILE.format(name=name, tunnel=tunnel))
            machine.made("/run/file", prepare)
    ends = {name: ("hand", "hand") if name == "hand" else (f"x.{name}.a", f"x.{name}.b") for name in NAMES}
    best = {}
    for name, (a, b) in ends.items():
        wait_until(lambda: machines[0].run("ip", "netns", "exec", a, "ping", "-q", "-c", "1", "-W", "1", "10.1.1.2").code == 0, f"{name} is up", 60)
    for _ in range(3):
        for name, (a, b) in ends.items():
            figures = tcp(machines, a, b, given.seconds), small(machines, a, b, given.seconds)
            best[name] = [max(pair) for pair in zip(figures, best.get(name, (0, 0)))]
    for name, (bits, packets) in best.items():
        print(f"{NAMES[name]:16} {bits / 1e9:6.2f} Gbit/s ({bits / best['hand'][0] * 100:3.0f} %) {packets / 1e3:6.0f} kpps ({packets / best['hand'][1] * 100:3.0f} %)", flush=True)
    for machine in machines:
        machine.end()


def by_hand(machine, number):
    for words in (("netns", "add", "hand"), ("link", "add", "ge0", "mtu", "1450", "netns", "hand", "type", "vxlan", "id", "1", "local", f"192.0.2.{number}", "remote", f"192.0.2.{3 - number}",
                                             "dstport", "4789", "nolearning"),
                  ("-n", "hand", "address", "add", f"10.1.1.{number}/30", "dev", "ge0"), ("-n", "hand", "link", "set", "ge0", "up")):
        done = machine.run("ip", *words)
        if done.code != 0:
            sys.exit(done.err)


def tcp(machines, a, b, seconds):
    """Bits per second."""
    with subprocess.Popen(machines[1].inside("ip", "netns", "exec", b, "iperf3", "-s", "-1"), stdout=subprocess.PIPE) as server:
        wait_until(lambda: "5201" in machines[1].run("ip", "netns", "exec", b, "ss", "-Hltn").out, "iperf3 listens")
        done = machines[0].run("ip", "netns", "exec", a, "iperf3", "-c", "10.1.1.2", "-J", "-t", str(seconds))
        server.stdout.read()
    return json.loads(done.out)["end"]["sum_received"]["bits_per_second"]


def small(machines, a, b, seconds):
    """Packets per second."""
    return flooding.measure([(machines[0].namespace(a), "10.1.1.2")], [(machines[1].namespace(b), "ge0")], seconds)[0]


if __name__ == "__main__":
    main()
