#!/usr/bin/python3
"""Large tables: nobody waits for them. Keepalives come in time whatever is done to a table, packets are not lost when
processes die, and when the way to a next hop moves, so do all its routes at once.

XYLEM_ROUTES says how many routes; 50,000 by default.
"""

import os
import re
import signal
import time
import unittest

import lab
from lab import Lab, main, wait_until
from peers import xylem_bgp

ROUTES = int(os.environ.get("XYLEM_ROUTES", "50000"))
PATIENCE = 60 + ROUTES // 5000  # Seconds for a table to pass.
KEEPALIVE = 2  # Seconds.
PACKETS = 200
INTERVAL = 0.002  # Seconds between two packets of a flow.

BIRD = """
router id %(id)s;
protocol device { scan time 10; }
protocol static full { ipv4; %(routes)s }
protocol bgp r1 {
    local as %(asn)d; neighbor %(r1)s as 65000; hold time 90; connect retry time 1; connect delay time 1; error wait time 1, 2;
    graceful restart on; graceful restart time 60;
    ipv4 { import %(imports)s; export %(exports)s; };
}
"""


def nets(count):
    """Prefixes of length 24, from 20.0.0.0 on."""
    return [f"{20 + (n >> 16)}.{n >> 8 & 255}.{n & 255}.0/24" for n in range(count)]


def routes(count):
    return "\n".join(f"route {net} blackhole;" for net in nets(count))


def total(node):
    """How many IPv4 routes the kernel of a node has."""
    return int(re.search(r"Prefixes:\s+(\d+)", node.run("cat", "/proc/net/fib_triestat"))[1])


class BgpFullTest(unittest.TestCase):
    def learned(self, router, *neighbors):
        def counts():
            return {each["name"]: each["received"] for each in router.json("show bgp summary")}

        for neighbor in neighbors:
            wait_until(lambda: counts()[neighbor] == ROUTES, f"{router.name} has the table of {neighbor}", PATIENCE)

    def more_packets(self, flow):
        begin = flow.arrived
        wait_until(lambda: flow.arrived >= begin + PACKETS, "packets flow", PATIENCE)

    def test_all_routes_follow_a_next_hop_at_once(self):
        """
            rr (BIRD, the same AS)    source
                          \\           /
                           r1 (Xylem)
                          /           \\
                        one          other
                          \\           /
                             target
        """
        links = {f"eth{n}": f"10.0.{n + 1}.1/24" for n in range(4)}
        config = xylem_bgp(links, 65000, "10.0.1.1", "neighbor 10.0.1.2 { remote-as 65000; }")
        static = """static {
            route 10.9.9.9/32 { next-hop 10.0.3.2; distance 5; }
            route 10.9.9.8/29 { next-hop 10.0.4.2; distance 5; }
        }"""
        config = config.replace("protocols {", "protocols { " + static, 1)
        bird = BIRD % {"id": "10.0.1.2", "asn": 65000, "r1": "10.0.1.1", "routes": routes(ROUTES), "imports": "none",
                       "exports": "filter { bgp_next_hop = 10.9.9.9; accept; }"}
        last = nets(ROUTES)[-1].replace(".0/24", ".1")
        with Lab() as here:
            reflector, source, r1 = here.bird("rr", bird), here.host("source"), here.router("r1", config)
            one, other, target = here.host("one"), here.host("other"), here.host("target")
            here.link(r1, reflector, "", "10.0.1.2/24", capture=False)
            here.link(r1, source, "", "10.0.2.2/24", capture=False)
            here.link(r1, one, "", "10.0.3.2/24", capture=False)
            here.link(r1, other, "", "10.0.4.2/24", capture=False)
            here.link(one, target, "10.0.5.1/24", "10.0.5.2/24", capture=False)
            here.link(other, target, "10.0.6.1/24", "10.0.6.2/24", capture=False)
            for node, gateway in (one, "10.0.5.2"), (other, "10.0.6.2"):
                node.forward()
                node.ip("route", "add", "0.0.0.0/1", "via", gateway)
            target.stub("20.0.0.1/32 " + last + "/32")
            target.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0")
            here.start()
            source.ip("route", "add", "0.0.0.0/1", "via", "10.0.2.1")
            self.learned(r1, "10.0.1.2")
            wait_until(lambda: total(r1) >= ROUTES, "all routes are in the kernel", PATIENCE)
            route = "protocols static route 10.9.9.9/32"
            for gateway, commands in ("10.0.4.2", [f"delete {route}"]), \
                                     ("10.0.3.2", [f"set {route} next-hop 10.0.3.2", f"set {route} distance 5"]):
                with source.flow(target, "20.0.0.1", INTERVAL) as first, source.flow(target, last, INTERVAL) as second:
                    self.more_packets(first)
                    r1.cli("configure", *commands, "commit")
                    wait_until(lambda: gateway in r1.run("ip", "route", "get", last), f"packets go to {gateway}")
                    self.more_packets(first)
                    self.more_packets(second)
                for flow in first, second:
                    self.assertLess(flow.lost * INTERVAL, 0.05, f"{flow.lost} packets are lost")


    def test_work_on_a_full_table_disturbs_nobody(self):
        """
            one (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- watcher (BIRD, AS 65003)
            other (BIRD, AS 65002) ------|

        The same table comes from two sides; the watcher, which is told nothing of it, counts keepalives, and packets from it
        flow to what is behind one.
        """
        links = {f"eth{n}": f"10.0.{n + 1}.1/24" for n in range(3)}
        policies = """
            policy-statement NONE { default-action reject; }
            policy-statement WORSE { term 10 { then { local-preference 50; accept; } } }
        """
        neighbors = """
            neighbor 10.0.1.2 { remote-as 65001; import ACCEPT; export NONE; }
            neighbor 10.0.2.2 { remote-as 65002; import ACCEPT; export NONE; }
            neighbor 10.0.3.2 { remote-as 65003; import ACCEPT; export NONE; }
        """
        static = "static { route 10.200.0.0/24 { next-hop 10.0.1.2; } }"
        config = xylem_bgp(links, 65000, "10.0.1.1", neighbors, policies).replace("protocols {", "protocols { " + static, 1)

        def bird(number, table, exports="all"):
            text = BIRD % {"id": f"10.0.{number}.2", "asn": 65000 + number, "r1": f"10.0.{number}.1", "routes": table,
                           "imports": "none", "exports": exports}
            return text.replace("hold time 90", f"hold time {3 * KEEPALIVE}") if number == 3 else text

        with Lab() as here:
            r1, one = here.router("r1", config), here.bird("one", bird(1, routes(ROUTES)))
            other = here.bird("other", bird(2, routes(ROUTES), "filter { bgp_path.prepend(65002); accept; }"))
            watcher = here.bird("watcher", bird(3, "route 100.64.0.0/24 blackhole;"))
            here.link(r1, one, "", "10.0.1.2/24", capture=False)
            here.link(r1, other, "", "10.0.2.2/24", capture=False)
            here.link(r1, watcher, "", "10.0.3.2/24")
            one.stub("10.200.0.1/24")
            here.start()
            watcher.ip("route", "add", "10.200.0.0/24", "via", "10.0.3.1")
            self.learned(r1, "10.0.1.2", "10.0.2.2")
            self.is_whole(r1, "10.0.1.2")
            began = time.time()
            with watcher.flow(one, "10.200.0.1", 0.005) as flow:
                self.more_packets(flow)
                r1.cli("configure", "delete protocols bgp neighbor 10.0.1.2 import", "set protocols bgp neighbor 10.0.1.2 import WORSE",
                       "commit")
                self.is_whole(r1, "10.0.2.2")
                r1.cli(f"show bgp routes | save {r1.directory}/table")
                self.assertGreater(r1.read("table").count("\n"), 2 * ROUTES)
                for name in "rib", "fea":
                    self.kill(r1, name)
                    self.is_whole(r1, "10.0.2.2")
                ended = time.time()
                self.assertEqual({each["name"]: each["uptime"] > ended - began - 2 for each in r1.json("show bgp summary")},
                                 {f"10.0.{n}.2": True for n in (1, 2, 3)}, "a session has ended")
                self.kill(r1, "bgp")
                self.learned(r1, "10.0.1.2", "10.0.2.2")
                self.is_whole(r1, "10.0.2.2")
                self.more_packets(flow)
            self.assertEqual(flow.lost, 0)
            self.came_in_time(r1, began, ended)

    def kill(self, router, name):
        before = router.pids()
        os.kill(before[name], signal.SIGKILL)
        wait_until(lambda: router.pids()[name] != before[name], f"{name} runs again")
        self.assertEqual({**router.pids(), name: 0}, {**before, name: 0}, "other processes were restarted")

    def is_whole(self, router, neighbor):
        """All routes are in the kernel and lead there: looked at through a sample, and their number."""
        wait_until(lambda: router.json("show bgp summary") and total(router) >= ROUTES, "the kernel has all", PATIENCE)
        for net in nets(ROUTES)[:: ROUTES // 50]:
            wait_until(lambda: neighbor in router.run("ip", "route", "get", net.replace(".0/24", ".1")),
                       f"{net} leads to {neighbor}", PATIENCE)

    def came_in_time(self, router, began, ended):
        """Between two messages from the router on the watcher's link there was never much more than the time agreed."""
        text = lab.output("tcpdump", "-n", "-tt", "-r", f"{router.directory}/eth2.pcap", "src host 10.0.3.1 and tcp port 179 and "
                          "greater 80")
        times = [began] + [float(line.split()[0]) for line in text.splitlines() if "BGP" in line] + [ended]
        times = [moment for moment in times if began <= moment <= ended]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertGreater(len(gaps), (ended - began) / KEEPALIVE / 2)
        self.assertLess(max(gaps), KEEPALIVE + 1, "a keepalive was late")

if __name__ == "__main__":
    main()
