#!/usr/bin/python3
"""1 to 128 slices that forward at once: their total relative to what one does alone, and how even they share the processors.

    slice-sharing.py [SLICES...]

Each slice is a host, a router and a host; on the first host runs a sender of UDP packets of 64 bytes (sendmmsg, 32 at a time), as fast
as it may, and what arrives is counted at the other host's interface. `share` is the total relative to one slice, `fair` the
least of the slices relative to the greatest: the experiment of the Xen paper, figure 6. With the kernel's plane a packet is
forwarded on its sender's time; with the Click plane, two processes take turns.
"""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import flooding  # noqa: E402
import sandbox  # noqa: E402
from lab import output, wait_until  # noqa: E402
from slices import PYTHON, XYLEM, slice_, written  # noqa: E402

SECONDS = 12
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
    for plane in "kernel", "click":
        print(f"plane {plane}\n{'slices':>8} {'kpps':>8} {'share':>7} {'fair':>6}")
        one = None
        for count in counts:
            create(count, plane)
            rates = measure(count)
            destroy(count)
            one = one or sum(rates)
            print(f"{count:8} {sum(rates) / 1000:8.0f} {sum(rates) / one * 100:6.0f}% {min(rates) / max(rates):6.2f}", flush=True)


def create(count, plane):
    file = written("".join(FILE.format(number=number, plane=f"plane {plane};") for number in range(count)))
    done = slice_("create", file, "--quiet", timeout=300)
    if done.code != 0:
        sys.exit(done.err)
    for number in range(count):
        wait_until(lambda: " 0% packet loss" in output("ip", "netns", "exec", f"x.f{number}.a", "ping", "-q", "-c", "1", "-W", "1", "10.1.2.2"),
                   f"slice {number} is up", 60)


def destroy(count):
    for number in range(count):
        slice_("destroy", f"f{number}")


def measure(count):
    """Packets per second that arrive in each of so many slices."""
    start = time.monotonic() + 2 + 0.1 * count
    senders = [subprocess.Popen([XYLEM, "slice", "exec", f"f{number}", "a", PYTHON, "-c", flooding.program("10.1.2.2", start)], stdin=subprocess.DEVNULL)
               for number in range(count)]
    time.sleep(max(0, start + 1 - time.monotonic()))
    receivers = [f"/run/netns/x.f{number}.b" for number in range(count)]
    before = [flooding.arrived(each, "ge0") for each in receivers]
    time.sleep(SECONDS)
    after = [flooding.arrived(each, "ge0") for each in receivers]
    for sender in senders:
        sender.terminate()
        sender.wait()
    return [(packets - first) / (end - begin) for (first, begin), (packets, end) in zip(before, after)]


if __name__ == "__main__":
    main()
