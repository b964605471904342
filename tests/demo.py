#!/usr/bin/python3
"""The demo: a slice of six Xylem routers, two of them on the Click plane, with a host at either end.

Traffic runs from end to end while a timed event of the slice's file cuts a link; it goes the other way round. The picture of the
slice is written to demo.svg in the build folder. With a terminal it ends in the command line of whichever router one names. With
`--check`, or without a terminal, it just ends. The exit status says whether the hosts reached each other before and after.
"""

import os
import re
import subprocess
import sys
import time

import sandbox
from lab import BUILD, output, wait_until

XYLEM = os.path.join(BUILD, "xylem")
CUT_AT = 12  # Seconds after the slice is up.
FILE = f"""
slice demo {{
    defaults {{
        node {{ protocols {{ rip {{ interface ge*; update-interval 2; timeout 12; garbage-collect 8; redistribute connected; }} }} }}
    }}
    node r1; node r2 {{ plane click; }} node r3; node r4; node r5 {{ plane click; }} node r6;
    node west {{ kind host; }}
    node east {{ kind host; }}
    link west r1;
    link r1 r2; link r2 r3; link r3 r4;
    link r1 r6 {{ delay 5ms; }} link r6 r5; link r5 r4 {{ rate 100M; }}
    link r4 east;
    link r2 r6;
    at {CUT_AT}s {{ link r2 r3 down; }}
}}
"""
PICTURE = f"""
                 r2 (click) ------- r3        The link r2-r3 breaks {CUT_AT} s after the slice is up.
                /   |                \\
    west ---- r1    |                 r4 ---- east
                \\   |                /
          5 ms   r6 ------- r5 (click)
"""


def main():
    interactive = sys.stdin.isatty() and "--check" not in sys.argv
    sandbox.enter(interactive)
    with open("/run/demo.slice", "w") as file:
        file.write(FILE)
    title("Six routers and two hosts")
    print(PICTURE)
    begin = time.monotonic()
    subprocess.run([XYLEM, "slice", "create", "/run/demo.slice", "--quiet"], check=True)
    print(f"All processes are up after {time.monotonic() - begin:.1f} s.")
    try:
        show(interactive)
    finally:
        subprocess.run([XYLEM, "slice", "destroy", "demo", "--quiet"], check=True)


def show(interactive):
    east = re.search(r"10\.[0-9.]+", slice_("show", "demo", "east"))[0]
    wait_until(lambda: " 0% packet loss" in ping(east), "west reaches east", 60)
    title("The way from west to east")
    print(inside("west", "traceroute", "-n", "-q", "1", "-w", "1", east))
    title("Routes of r1")
    print(slice_("cli", "demo", "r1", "-c", "show route"))
    title(f"The link r2-r3 breaks {CUT_AT} s after the slice was up; packets go on")
    traffic = subprocess.Popen([XYLEM, "slice", "exec", "demo", "west", "ping", "-n", "-q", "-i", "0.05", east], stdout=subprocess.PIPE, text=True)
    wait_until(lambda: "link r2 r3 down" in slice_("events", "demo"), "the link breaks", CUT_AT + 20)
    wait_until(lambda: " 0% packet loss" in ping(east), "west reaches east again", 60)
    output("pkill", "-INT", "-x", "ping")
    print(traffic.communicate()[0])
    print(inside("west", "traceroute", "-n", "-q", "1", "-w", "1", east))
    title("What has happened")
    print("\n".join(line for line in slice_("events", "demo").splitlines() if " link " in line or " slice " in line))
    picture = os.path.join(BUILD, "demo.svg")
    with open(picture, "w") as file:
        file.write(slice_("graph", "demo", "--svg"))
    print(f"\nIts picture is in {os.path.relpath(picture)}.")
    while interactive and (name := input("\nA node, for its command line, or nothing: ").strip()):
        subprocess.run([XYLEM, "slice", "shell" if name in ("west", "east") else "cli", "demo", name])


def slice_(*words):
    return output(XYLEM, "slice", *words)


def inside(node, *command):
    return slice_("exec", "demo", node, *command)


def ping(to):
    return inside("west", "ping", "-n", "-q", "-c", "2", "-i", "0.05", "-W", "1", to)


def title(text):
    print(f"\n=== {text}", flush=True)


if __name__ == "__main__":
    main()
