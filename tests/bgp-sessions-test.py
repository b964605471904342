#!/usr/bin/python3
"""BGP sessions with five implementations: protected, across hops, passive, and how they end.

The speakers are around r1 as `speakers` says.
"""

import re
import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import address, neighbor, neighbor_of, up

WRONG = "oak"


def protected(here, password="wood"):
    """All speakers with this TCP MD5 key; BIRD has a second one for IPv6."""
    return [here.bird("bird", speakers.bird(1, 65001, f'password "{password}";')),
            here.frr("frr", speakers.frr(2, 65002, [f"password {password}"])),
            here.openbgpd("openbgpd", speakers.openbgpd(3, 65003, f"tcp md5sig password {password}")),
            here.gobgp("gobgp", speakers.gobgp(4, 65004, f'auth-password = "{password}"')),
            here.exabgp("exabgp", speakers.exabgp(5, 65005, f"md5-password {password};"))]


def counter(node, name):
    """Of the kernel's TCP."""
    return int(node.run("nstat", "-asz", name).split()[-2])


def state(r1, name):
    return neighbor_of(r1, name)["state"]


def last_error(r1, name):
    return neighbor_of(r1, name)["lastError"]


class BgpSessionsTest(unittest.TestCase):
    def test_md5(self):
        with Lab() as here:
            nodes = protected(here)
            nodes.append(here.bird("bare", speakers.bird(6, 65006)))
            words = [f"remote-as {65000 + n}; password wood; connect-retry 1;" for n in range(1, 7)]
            r1 = speakers.star(here, nodes, "".join(neighbor(n, words[n - 1]) for n in range(1, 7)))
            up(r1, *[address(n, version) for n in range(1, 6) for version in (4, 6)])
            wait_until(lambda: counter(r1, "TcpExtTCPMD5NotFound") > 1, "segments without signature have come")
            for version in 4, 6:
                self.assertNotEqual(state(r1, address(6, version)), "established")
            self.assertNotIn("Established", nodes[5].birdc("show protocols"))

            # Another key ends the session, and nothing is heard until it is right again.
            names = [address(n, 4) for n in range(1, 6)]
            r1.cli("configure", *[f"set protocols bgp neighbor {name} password {WRONG}" for name in names], "commit")
            wait_until(lambda: all(state(r1, name) != "established" for name in names), "the sessions have ended")
            wait_until(lambda: counter(r1, "TcpExtTCPMD5Failure") > 5, "segments with a wrong signature have come")
            self.assertEqual([state(r1, name) == "established" for name in names], [False] * 5)
            self.assertEqual([state(r1, address(n, 6)) for n in range(1, 6)], ["established"] * 5)
            r1.cli("configure", *[f"set protocols bgp neighbor {name} password wood" for name in names], "commit")
            # OpenBGPD waits longer after each failure, for minutes in the end.
            nodes[2].run("bgpctl", "-s", nodes[2].directory + "/control", "neighbor", "10.0.3.1", "clear")
            up(r1, *names, timeout=90)

    def test_ttl_security(self):
        with Lab() as here:
            gobgp = "[neighbors.ttl-security.config]\nenabled = true\nttl-min = 255\n"
            nodes = [here.bird("bird", speakers.bird(1, 65001, "ttl security on;")),
                     here.frr("frr", speakers.frr(2, 65002, ["ttl-security hops 1"])),
                     here.openbgpd("openbgpd", speakers.openbgpd(3, 65003, "ttl-security yes")),
                     here.gobgp("gobgp", speakers.gobgp(4, 65004, tables=gobgp)),
                     here.exabgp("exabgp", speakers.exabgp(5, 65005, "outgoing-ttl 255; incoming-ttl 255;")),
                     here.bird("bare", speakers.bird(6, 65006))]
            words = [f"remote-as {65000 + n}; ttl-security 1; connect-retry 1;" for n in range(1, 7)]
            r1 = speakers.star(here, nodes, "".join(neighbor(n, words[n - 1]) for n in range(1, 7)))
            up(r1, *[address(n, version) for n in range(1, 6) for version in (4, 6)])
            wait_until(lambda: counter(r1, "TcpExtTCPMinTTLDrop") > 1, "segments from afar have come")
            for version in 4, 6:
                self.assertNotEqual(state(r1, address(6, version)), "established")

    def test_passive(self):
        with Lab() as here:
            nodes = [here.bird("bird", speakers.bird(1, 65001, "passive;")), here.frr("frr", speakers.frr(2, 65002)),
                     here.exabgp("exabgp", speakers.exabgp(3, 65003))]
            words = "connect-retry 1;"
            r1 = speakers.star(here, nodes, neighbor(1, "remote-as 65001;" + words) +
                               neighbor(2, "remote-as 65002; passive;" + words) +
                               neighbor(3, "remote-as 65003; passive;" + words))
            up(r1)
            callers = r1.run("ss", "-Htn", "state", "established", "sport", "=", "179")
            callees = r1.run("ss", "-Htn", "state", "established", "dport", "=", "179")
            for n, served, other in (1, callees, callers), (2, callers, callees), (3, callers, callees):
                for version in 4, 6:
                    self.assertIn(address(n, version), served)
                    self.assertNotIn(address(n, version), other)

    def test_multihop(self):
        """Between loopback addresses with a router between them, which decrements the TTL."""
        with Lab() as here:
            bird = speakers.bird(1, 65001, "multihop 2; source address 10.255.1.1;")
            bird = bird[:bird.index("protocol bgp x6")].replace("10.0.1.1 as", "10.255.0.100 as")
            far, mid = here.bird("far", bird), here.host("mid")
            mid.forward()
            words = "remote-as 65001; local-address 10.255.0.100; connect-retry 1;" + speakers.OPEN
            config = speakers.xylem_bgp({"eth0": "10.0.1.1/24"}, 65000, "10.255.0.100",
                                        f"neighbor 10.255.1.1 {{ {words} }}")
            r1 = here.router("r1", config.replace("protocols {",
                                                  "protocols { static { route 10.255.1.1/32 { next-hop 10.0.1.2; } }"))
            here.link(r1, mid, "", "10.0.1.2/24")
            here.link(far, mid, "10.0.2.1/24", "10.0.2.2/24")
            far.stub("10.1.0.1/24 10.255.1.1/32")
            r1.stub("10.255.0.100/32")
            far.ip("route", "add", "10.255.0.100/32", "via", "10.0.2.2")
            mid.ip("route", "add", "10.255.0.100/32", "via", "10.0.1.1")
            mid.ip("route", "add", "10.255.1.1/32", "via", "10.0.2.1")
            here.start()
            r1.ready()
            wait_until(lambda: "icmp" in r1.run("nstat", "-asz", "IcmpInTimeExcds").lower() and
                       counter(r1, "IcmpInTimeExcds") > 0, "TTL 1 does not get there")
            self.assertNotEqual(state(r1, "10.255.1.1"), "established")
            r1.cli("configure", "set protocols bgp neighbor 10.255.1.1 multihop 2", "commit")
            up(r1)
            wait_until(lambda: "10.1.0.0/24" in r1.routes(), "the route is in the kernel")
            self.assertEqual(speakers.ways(r1, "10.1.0.0/24"), ["10.0.1.2"])

    def test_local_as(self):
        with Lab() as here:
            nodes = [here.bird("bird", speakers.bird(1, 65001, remote_as=64999)),
                     here.frr("frr", speakers.frr(2, 65002))]
            nodes[1].stub("10.2.0.1/24 2001:db8:102::1/64")
            r1 = speakers.star(here, nodes, neighbor(1, "remote-as 65001; local-as 64999;") +
                               neighbor(2, "remote-as 65002;"))
            up(r1)
            for net in "10.2.0.0/24", "2001:db8:102::/64":
                wait_until(lambda: "BGP.as_path: 64999 65002\n" in speakers.bird_route(nodes[0], net),
                           f"BIRD has {net}")

    def test_shutdown_is_told_both_ways(self):
        with Lab() as here:
            nodes = [here.bird("bird", speakers.bird(1, 65001)), here.frr("frr", speakers.frr(2, 65002)),
                     here.openbgpd("openbgpd", speakers.openbgpd(3, 65003)),
                     here.gobgp("gobgp", speakers.gobgp(4, 65004)),
                     here.exabgp("exabgp", speakers.exabgp(5, 65005))]
            bird, frr, openbgpd, gobgp, exabgp = nodes
            r1 = speakers.star(here, nodes, "".join(neighbor(n, f"remote-as {65000 + n}; connect-retry 1;")
                                                    for n in range(1, 6)))
            up(r1)
            names = [address(n) for n in range(1, 6)]
            r1.cli("configure", *[f'set protocols bgp neighbor {name} shutdown-message "planting trees"'
                                  for name in names],
                   *[f"set protocols bgp neighbor {name} shutdown" for name in names], "commit")
            self.assertEqual([state(r1, name) for name in names], ["shutdown"] * 5)
            wait_until(lambda: re.search("Message: +planting trees", bird.birdc("show protocols all x4")), "BIRD")
            # As a hard reset (RFC 8538), since FRR would keep its routes else; of those it does not show the message.
            wait_until(lambda: "(Cease/Administrative Shutdown/Hard Reset)" in frr.vtysh("show bgp neighbors 10.0.2.1"),
                       "FRR")
            wait_until(lambda: openbgpd.bgpctl("show", "neighbor",
                                               "10.0.3.1")["neighbors"][0]["last_shutdown_reason"] ==
                       "planting trees", "OpenBGPD")
            wait_until(lambda: "planting trees" in gobgp.read("gobgpd.log"), "GoBGP")
            wait_until(lambda: exabgp.heard(address(5))[-1].get("state") == "down", "ExaBGP")
            r1.cli("configure", *[f"delete protocols bgp neighbor {name} shutdown" for name in names], "commit")
            up(r1)

            frr.vtysh_config("router bgp 65002", "neighbor 10.0.2.1 shutdown message cutting grass")
            wait_until(lambda: "administrative-shutdown" in last_error(r1, "10.0.2.2"), "FRR's shutdown")
            self.assertIn("cutting grass", last_error(r1, "10.0.2.2"))
            openbgpd.run("bgpctl", "-s", openbgpd.directory + "/control", "neighbor", "10.0.3.1", "down",
                         "drinking water")
            wait_until(lambda: "drinking water" in last_error(r1, "10.0.3.2"), "OpenBGPD's shutdown")
            gobgp.gobgp("neighbor", "10.0.4.1", "disable")
            wait_until(lambda: last_error(r1, "10.0.4.2").startswith("received cease/administrative-shutdown"),
                       "GoBGP's shutdown")

    def test_an_open_that_does_not_fit(self):
        with Lab() as here:
            nodes = [here.bird("bird", speakers.bird(1, 65001)), here.frr("frr", speakers.frr(2, 65002)),
                     here.frr("same", speakers.frr(3, 65000))]
            nodes[2].configs["bgpd"] = nodes[2].configs["bgpd"].replace("10.255.0.3", "10.255.0.100")
            r1 = speakers.star(here, nodes, neighbor(1, "remote-as 65011;") +
                               neighbor(2, "remote-as 65002; ip6 { disable; }") +
                               neighbor(3, "remote-as 65000;"))
            up(r1, "10.0.2.2")
            wait_until(lambda: last_error(r1, "10.0.1.2") == "sent open/bad-peer-as", "the wrong AS")
            wait_until(lambda: "Bad peer AS" in nodes[0].birdc("show protocols all"), "BIRD says so")
            wait_until(lambda: last_error(r1, "10.0.3.2").split()[1:] == ["open/bad-identifier"], "the same router id")


if __name__ == "__main__":
    main()
