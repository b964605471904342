#!/usr/bin/python3
"""The demo: three Xylem routers in a line between a BIRD and an FRR host, all of them speaking RIP and RIPng.

With a terminal it ends in the command line of the middle router. With `--check`, or without a terminal, it just ends. The exit
status says whether the two hosts reach each other.
"""

import os
import subprocess
import sys
import time

import sandbox
from lab import Lab, Router, wait_until
from peers import BIRD_RIP, FRR_RIP, xylem_rip

PICTURE = """
   10.1.0.1                                                                     10.2.0.1
   2001:db8:1::1                                                           2001:db8:2::1
     |                                                                             |
   [ h1 ] ------------- [ r1 ] ------------- [ r2 ] ------------- [ r3 ] ------------ [ h2 ]
    BIRD   10.0.1.0/24   Xylem  10.0.2.0/24   Xylem  10.0.3.0/24   Xylem  10.0.4.0/24  FRR
         2001:db8:a1::/64     2001:db8:a2::/64     2001:db8:a3::/64     2001:db8:a4::/64
"""
ENDS = [("4", "10.2.0.1", "10.1.0.1"), ("6", "2001:db8:2::1", "2001:db8:1::1")]


def main():
    interactive = sys.stdin.isatty() and "--check" not in sys.argv
    sandbox.enter(interactive)
    with Lab() as lab:
        h1, routers, h2 = build(lab)
        begin = time.monotonic()
        lab.start()
        for _, far, near in ENDS:
            wait_until(lambda: h1.ping(far) and h2.ping(near), f"h1 and h2 reach each other by {far}", 60)
        title(f"Topology: all speak RIP and RIPng; from start to end-to-end in {time.monotonic() - begin:.1f} s")
        print(PICTURE)
        for router in routers:
            title(f"Routes of {router.name}")
            print(router.cli("show route"))
        title("Routes of h1, as BIRD has them")
        print(h1.birdc("show route"))
        title("Routes of h2, as FRR has them")
        print(h2.vtysh("show ip rip"), h2.vtysh("show ipv6 ripng"))
        for version, far, near in ENDS:
            title(f"From h1 to h2, IPv{version}")
            print(h1.run("ping", "-n", "-c", "3", "-i", "0.2", "-I", near, far))
            print(h1.run("traceroute", "-n", f"-{version}", "-q", "1", "-w", "1", "-s", near, far))
        if interactive:
            command_line(routers[1])


def build(lab):
    h1 = lab.bird("h1", BIRD_RIP)
    routers = [lab.router(f"r{n}", xylem_rip({"eth0": f"10.0.{n}.2/24 2001:db8:a{n}::2/64",
                                              "eth1": f"10.0.{n + 1}.1/24 2001:db8:a{n + 1}::1/64"}))
               for n in (1, 2, 3)]
    h2 = lab.frr("h2", FRR_RIP)
    lab.link(h1, routers[0], "10.0.1.1/24 2001:db8:a1::1/64")
    lab.link(routers[0], routers[1])
    lab.link(routers[1], routers[2])
    lab.link(routers[2], h2, "", "10.0.4.2/24 2001:db8:a4::2/64")
    h1.stub("10.1.0.1/24 2001:db8:1::1/64")
    h2.stub("10.2.0.1/24 2001:db8:2::1/64")
    return h1, routers, h2


def command_line(router):
    title(f"The command line of {router.name}: `?` helps, `exit` ends the demo")
    print(f"(from elsewhere: nsenter -a -t {inner_pid()} ip netns exec {router.name} {Router.XYLEM} cli --name {router.name})\n")
    subprocess.run(router.inside(Router.XYLEM, "cli", "--name", router.name))


def inner_pid():
    """The pid, as those outside the sandbox know it, of a process inside."""
    return "$(pgrep -P " + os.environ["XYLEM_SANDBOX"] + ")"


def title(text):
    print(f"\n=== {text}", flush=True)


if __name__ == "__main__":
    main()
