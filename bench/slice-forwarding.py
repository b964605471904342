#!/usr/bin/python3
"""What slices forward: one router beside the same one made by hand, and 1 to 128 slices at once.

    slice-forwarding.py [SLICES...]

Each slice is a host, a router and a host; the sender sends UDP packets of 64 bytes (sendmmsg, 32 at a time), and what arrives is
counted at the receiving host's interface. In one run the same network is made by `ip` in plain namespaces. `share` is the total
relative to one slice; `fair` the least of the slices relative to the greatest (the experiment of the Xen paper, figure 6).
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import flooding  # noqa: E402
import sandbox  # noqa: E402
from lab import output, wait_until  # noqa: E402
from slices import slice_, written  # noqa: E402

SECONDS = 3
FILE = """
slice f{number} {{
    node a {{ kind host; }} node r {{ {plane} memory 256M; }} node b {{ kind host; }}
    link a r {{ prefix 10.1.1.0/30; }} link r b {{ prefix 10.1.2.0/30; }}
}}
"""


def main():
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    counts = [int(word) for word in sys.argv[1:]] or [1, 2, 4, 8, 16, 32, 64, 128]
    by_hand()
    hand, own = [], []
    create(1, "")
    for _ in range(3):  # In turns, since others may be at work here.
        hand += measure(["hand-a"], ["hand-b"])
        own += measure(["x.f0.a"], ["x.f0.b"])
    destroy(1)
    print(f"kernel plane: {max(own) / 1000:.0f} kpps, by hand {max(hand) / 1000:.0f} kpps: {max(own) / max(hand) * 100:.0f} %", flush=True)
    for plane in "", "plane click;":
        print(f"{plane or 'plane kernel;'}\n{'slices':>8} {'kpps':>8} {'share':>7} {'fair':>6}")
        one = None
        for count in counts:
            create(count, plane)
            rates = max((measure([f"x.f{i}.a" for i in range(count)], [f"x.f{i}.b" for i in range(count)]) for _ in range(2)), key=sum)
            destroy(count)
            one = one or sum(rates)
            print(f"{count:8} {sum(rates) / 1000:8.0f} {sum(rates) / one * 100:6.0f}% {min(rates) / max(rates):6.2f}", flush=True)


def create(count, plane):
    file = written("".join(FILE.format(number=number, plane=plane) for number in range(count)))
    done = slice_("create", file, "--quiet", timeout=300)
    if done.code != 0:
        sys.exit(done.err)
    for number in range(count):
        reach(f"x.f{number}.a")


def reach(namespace):
    wait_until(lambda: " 0% packet loss" in output("ip", "netns", "exec", namespace, "ping", "-q", "-c", "1", "-W", "1", "10.1.2.2"),
               f"{namespace} reaches the other host", 60)


def destroy(count):
    for number in range(count):
        slice_("destroy", f"f{number}")


def by_hand():
    for each in "hand-a", "hand-r", "hand-b":
        output("ip", "netns", "add", each)
        output("ip", "-n", each, "link", "set", "lo", "up")
    for left, right, net in ("a", "r", "10.1.1"), ("r", "b", "10.1.2"):
        names = f"to-{right}", f"to-{left}"
        output("ip", "link", "add", names[0], "netns", "hand-" + left, "type", "veth", "peer", names[1], "netns", "hand-" + right)
        for where, name, host in (left, names[0], 1), (right, names[1], 2):
            output("ip", "-n", "hand-" + where, "address", "add", f"{net}.{host}/30", "dev", name)
            output("ip", "-n", "hand-" + where, "link", "set", name, "up")
    output("ip", "-n", "hand-a", "route", "add", "default", "via", "10.1.1.2")
    output("ip", "-n", "hand-b", "route", "add", "default", "via", "10.1.2.1")
    output("ip", "netns", "exec", "hand-r", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    reach("hand-a")


def measure(senders, receivers):
    """Packets per second that arrive, of each."""
    return flooding.measure([("/run/netns/" + each, "10.1.2.2") for each in senders], [("/run/netns/" + each, interface_of(each)) for each in receivers], SECONDS)


def interface_of(namespace):
    return "to-r" if namespace.startswith("hand") else "ge0"


if __name__ == "__main__":
    main()
