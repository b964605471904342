#!/usr/bin/python3
"""How busy nodes share the processors, and how fast a limit changes (the domains of the Xen paper).

    slice-busy.py [--nodes N] [--seconds N]

`work` is what all nodes count together in that time, relative to what one does alone, times the processors; `fair` the least of them relative to the
greatest. By hand, the same programs are plain processes, one in a folder: what the kernel's scheduler gives them. A limit has taken effect when a node that computes has got, within a fifth of a second, more than its former limit allows by far.
The best of three runs, since others may be at work here.
"""

import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import sandbox  # noqa: E402
from lab import wait_until  # noqa: E402
from slices import PYTHON, slice_, state, written  # noqa: E402

SLICE, HAND = "/run/xylem-slices/busy/nodes/{}/run/node/", "/run/hand/{}/"
# Waits for a file that says when to begin and for how long; then counts, and writes down how far it came.
COUNT = """
import os, time
while True:
    while not os.path.exists("/run/node/start"):
        time.sleep(0.05)
    begin, seconds = map(float, open("/run/node/start").read().split())
    os.unlink("/run/node/start")
    while time.monotonic() < begin:
        time.sleep(0.01)
    count = 0
    while time.monotonic() < begin + seconds:
        for _ in range(200):
            pass
        count += 1
    with open("/run/node/result.new", "w") as file:
        file.write(str(count))
    os.rename("/run/node/result.new", "/run/node/result")
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--nodes", type=int, default=128)
    arguments.add_argument("--seconds", type=float, default=20)
    given = arguments.parse_args()
    if "XYLEM_SANDBOX" not in os.environ:
        sandbox.enter()
    with open("/run/count.py", "w") as file:
        file.write(COUNT)
    nodes = [f"n{number}" for number in range(given.nodes)]
    make("busy", "".join("node " + each + " { kind exec; config \"/run/count.py\"; command " + PYTHON + " /run/node/config; } " for each in nodes))
    plain = [by_hand(each) for each in nodes]
    works, fairs = {HAND: [], SLICE: []}, {HAND: [], SLICE: []}
    for _ in range(3):
        for folder in HAND, SLICE:
            one = sum(counted(folder, nodes[:1], given.seconds / 2)) * 2
            all_of_them = counted(folder, nodes, given.seconds)
            works[folder].append(sum(all_of_them) / one / os.cpu_count())
            fairs[folder].append(min(all_of_them) / max(all_of_them))
    slice_("destroy", "busy")
    for each in plain:
        each.kill()
        each.wait()
    for folder, what in (SLICE, "busy nodes"), (HAND, "by hand"):
        print(f"{given.nodes} {what}: work {max(works[folder]) * 100:.0f} % of one, times {os.cpu_count()} processors; fair {max(fairs[folder]):.2f}", flush=True)
    print(f"a limit has taken effect after {min(limit_changes() for _ in range(3)):.2f} s", flush=True)


def make(name, text):
    done = slice_("create", written(f"slice {name} {{ {text} }}"), "--quiet", timeout=300)
    if done.code != 0:
        sys.exit(done.err)


def by_hand(name):
    folder = HAND.format(name)
    os.makedirs(folder)
    return subprocess.Popen([PYTHON, "-c", COUNT.replace("/run/node/", folder)])


def counted(folder, nodes, seconds):
    begin = time.monotonic() + 1 + 0.02 * len(nodes)
    for each in nodes:
        with open(folder.format(each) + "start.new", "w") as file:
            file.write(f"{begin} {seconds}")
        os.rename(folder.format(each) + "start.new", folder.format(each) + "start")
    results = [folder.format(each) + "result" for each in nodes]
    wait_until(lambda: all(os.path.exists(each) for each in results), "all have counted", 60 + 3 * seconds)
    out = []
    for each in results:
        with open(each) as file:
            out.append(int(file.read()))
        os.unlink(each)
    return out


def limit_changes():
    """Seconds from the moment that the command is begun."""
    text = "node n {{ kind exec; cpu {}; command " + PYTHON + " -c \"while True: pass\"; }}"
    make("limit", text.format("2%"))
    first = state("limit")["nodes"][0]["pid"]
    child = int(subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True, check=True).stdout)
    begin = time.monotonic()
    make("limit", text.format("50%"))
    while True:
        before, at = used(child), time.monotonic()
        time.sleep(0.2)
        now = time.monotonic()
        if (used(child) - before) / (now - at) > 0.1:
            break
    slice_("destroy", "limit")
    return now - begin


def used(pid):
    """Seconds of processor time."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
