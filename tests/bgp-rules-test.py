#!/usr/bin/python3
"""What may be told to whom: policies, well-known communities, roles, private and own AS numbers, route servers.

The speakers are around r1 as `speakers` says.
"""

import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import OPEN, address, best, bird_route, frr_paths, neighbor, paths, up

POLICY = """
policy-statement SHUT { term 10 { then { community { add graceful-shutdown; } accept; } } }
"""


def as_path(said):
    return next(line.split(":", 1)[1].strip() for line in said.splitlines() if "BGP.as_path:" in line)


class BgpRulesTest(unittest.TestCase):
    def exabgp(self, end, net, words, peer="10.0.1.1"):
        self.source.say(f"neighbor {peer} local-ip 10.0.1.{end} announce route {net} next-hop self {words}")

    def build(self, here, ours, sources, others, neighbors, policy="", length=24):
        """ExaBGP with a session from 10.0.1.<end> of each {end: AS}, and other speakers, whose links have this length."""
        self.source = here.exabgp("exabgp", "".join(speakers.exabgp(1, as_, versions=[4], local=[end]) for end,
                                                    as_ in sources.items()))
        text = "".join(f"neighbor 10.0.1.{end} {{ remote-as {as_}; passive; {ours.get(end, OPEN)} }}\n" for end,
                       as_ in sources.items())
        nodes = [self.source, *others]
        links = {f"eth{n - 1}": speakers.both(n, 1) for n in range(1, len(nodes) + 1)}
        self.r1 = here.router("r1", speakers.xylem_bgp(links, 65000, "10.255.0.100", text + neighbors, policy))
        for n, node in enumerate(nodes, 1):
            addresses = " ".join(f"10.0.1.{end}/24" for end in sources) if n == 1 else speakers.both(n).replace("/24",
                                                                                                                f"/{length}")
            here.link(self.r1, node, "", addresses)
        here.start()
        self.r1.ready()

    def test_without_policy_nothing_passes(self):
        """RFC 8212: not from or to an external neighbour; internal ones do without."""
        with Lab() as here:
            bird, inner = here.bird("bird", speakers.bird(2, 65002)), here.bird("inner", speakers.bird(3, 65000))
            bird.stub("10.2.0.1/24")
            inner.stub("10.3.0.1/24")
            self.build(here, {11: ""}, {11: 65001, 12: 65003}, [bird, inner],
                       neighbor(2, "remote-as 65002; import ACCEPT;", more="") +
                       neighbor(3, "remote-as 65000;", more=""))
            up(self.r1)
            self.exabgp(11, "10.11.0.0/24", "as-path [ 65001 ]")
            self.exabgp(12, "10.12.0.0/24", "as-path [ 65003 ]")
            wait_until(lambda: [path["verdict"] for path in paths(self.r1, "10.11.0.0/24")] ==
                       ["rejected: no import policy"], "no import")
            for net in "10.12.0.0/24", "10.2.0.0/24":
                wait_until(lambda: bird_route(inner, net), f"the internal one has {net}")
            wait_until(lambda: {"10.2.0.0/24", "10.3.0.0/24"} <= set(self.source.table("10.0.1.12")),
                       "ExaBGP is told by policy")
            self.assertEqual((self.source.table("10.0.1.11"), bird_route(bird, "10.12.0.0/24"),
                              bird_route(bird, "10.3.0.0/24")), ({}, "", ""))
            self.r1.cli("configure", f"set protocols bgp neighbor {address(2)} export ACCEPT",
                        "set protocols bgp neighbor 10.0.1.11 import ACCEPT", "commit")
            for net in "10.12.0.0/24", "10.3.0.0/24", "10.11.0.0/24":
                wait_until(lambda: bird_route(bird, net), f"BIRD is told {net} now")

    def test_well_known_communities(self):
        with Lab() as here:
            bird, inner = here.bird("bird", speakers.bird(2, 65002)), here.bird("inner", speakers.bird(3, 65000))
            self.build(here, {}, {11: 65001, 12: 65004}, [bird, inner], neighbor(2, "remote-as 65002;") +
                       neighbor(3, "remote-as 65000;"), policy=POLICY)
            up(self.r1)
            for i, community in enumerate(("no-export", "no-advertise", "no-export-subconfed", "65535:666", "65535:0",
                                           "65001:7")):
                self.exabgp(11, f"10.11.{i}.0/24", f"as-path [ 65001 ] community [ {community} ]")
            wait_until(lambda: bird_route(bird, "10.11.5.0/24"), "an ordinary one passes")
            wait_until(lambda: bird_route(inner, "10.11.5.0/24"), "to both")
            told = lambda node: [bool(bird_route(node, f"10.11.{i}.0/24")) for i in range(5)]
            wait_until(lambda: told(bird) == [False, False, False, True, True], "outside neither of the first three")
            wait_until(lambda: told(inner) == [True, False, True, True, True], "inside all but no-advertise")

            # RFC 8326: whatever else there is is better; and it is told inside with local preference 0.
            self.exabgp(12, "10.11.4.0/24", "as-path [ 65004 1 2 3 ]")
            wait_until(lambda: best(self.r1, "10.11.4.0/24")["neighbor"] == "10.0.1.12", "the longer path")
            self.assertEqual([path["verdict"] for path in paths(self.r1, "10.11.4.0/24")][1:],
                             ["lost by local preference"])
            self.exabgp(12, "10.11.5.0/24", "as-path [ 65004 1 2 3 ]")
            # A neighbour that is about to be shut down, for the others.
            self.r1.cli("configure", "set protocols bgp neighbor 10.0.1.11 import SHUT",
                        "delete protocols bgp neighbor 10.0.1.11 import ACCEPT",
                        "commit")
            wait_until(lambda: "graceful-shutdown" in paths(self.r1, "10.11.3.0/24")[0]["communities"],
                       "the policy marks it")

    def test_as_numbers(self):
        """remove-private-as, as-override, allow-own-as, the own AS, and the first AS."""
        with Lab() as here:
            plain, hiding, site = (here.bird(name, speakers.bird(n, as_, remote_as=r1)) for n, name, as_, r1 in
                                   ((2, "plain", 65002, 65000), (3, "hiding", 3, 300), (4, "site", 65100, 65000)))
            self.build(here, {13: OPEN + "any-first-as;"}, {11: 65100, 12: 65005, 13: 65006}, [plain, hiding, site],
                       neighbor(2, "remote-as 65002;") + neighbor(3, "remote-as 3; remove-private-as; local-as 300;") +
                       neighbor(4, "remote-as 65100; as-override;"))
            up(self.r1)
            self.exabgp(11, "10.11.0.0/24", "as-path [ 65100 7 64512 ]")
            self.exabgp(12, "10.12.0.0/24", "as-path [ 65005 65000 8 ]")
            self.exabgp(12, "10.12.1.0/24", "as-path [ 9 65005 ]")
            self.exabgp(13, "10.13.0.0/24", "as-path [ 9 65006 ]")
            # BIRD takes no path with its own AS: that the site has one tells of the override.
            for node, path in (plain, "65000 65100 7 64512"), (hiding, "300 7"), (site, "65000 65000 7 64512"):
                self.assertEqual(as_path(wait_until(lambda: bird_route(node, "10.11.0.0/24"), f"{node.name} has it")),
                                 path)
            self.assertEqual(as_path(wait_until(lambda: bird_route(plain, "10.13.0.0/24"), "any first AS")),
                             "65000 9 65006")
            self.assertEqual(paths(self.r1, "10.12.0.0/24")[0]["verdict"], "rejected: own AS in the path")
            self.assertEqual(paths(self.r1, "10.12.1.0/24"), [])
            self.assertIn("a path that does not begin with the peer",
                          speakers.neighbor_of(self.r1, "10.0.1.12")["lastFinding"])
            self.r1.cli("configure", "set protocols bgp neighbor 10.0.1.12 allow-own-as 1", "commit")
            self.assertEqual(as_path(wait_until(lambda: bird_route(plain, "10.12.0.0/24"), "own AS allowed")),
                             "65000 65005 65000 8")

    def test_route_server(self):
        """Clients see each other's routes as if they had told each other."""
        with Lab() as here:
            bird, frr = here.bird("bird", speakers.bird(2, 65002)), here.frr("frr", speakers.frr(3, 65003))
            client = "route-server-client;"
            self.build(here, {11: OPEN + client}, {11: 65001}, [bird, frr], neighbor(2, "remote-as 65002;" + client) +
                       neighbor(3, "remote-as 65003;" + client),
                       length=16)  # Next hops are on the link, as at an exchange.
            up(self.r1)
            self.exabgp(11, "10.11.0.0/24", "as-path [ 65001 7 ] med 30 community [ 65001:1 ]")
            said = wait_until(lambda: bird_route(bird, "10.11.0.0/24"), "BIRD has it")
            self.assertEqual(as_path(said), "65001 7")
            for line in "BGP.next_hop: 10.0.1.11", "BGP.med: 30", "BGP.community: (65001,1)":
                self.assertIn(line, said)
            path = wait_until(lambda: frr_paths(frr, "10.11.0.0/24"), "FRR has it")[0]
            self.assertEqual((path["aspath"]["string"], path["nexthops"][0]["ip"], path["metric"]),
                             ("65001 7", "10.0.1.11", 30))

    def test_roles(self):
        """RFC 9234: r1 is a customer of ExaBGP (which says no role), provider of FRR, peer of another FRR."""
        with Lab() as here:
            customer = here.frr("customer", speakers.frr(2, 65002, ["local-role customer"]))
            peer = here.frr("peer", speakers.frr(3, 65003, ["local-role peer strict-mode"]))
            odd = here.frr("odd", speakers.frr(4, 65004, ["local-role customer"]))
            customer.stub("10.2.0.1/24 2001:db8:102::1/64")
            peer.stub("10.3.0.1/24 2001:db8:103::1/64")
            self.build(here, {11: OPEN + "role customer;"}, {11: 65001}, [customer, peer, odd],
                       neighbor(2, "remote-as 65002; role provider;") +
                       neighbor(3, "remote-as 65003; role peer; strict-role;") +
                       neighbor(4, "remote-as 65004; role customer;"))
            up(self.r1, "10.0.1.11", *[address(n, version) for n in (2, 3) for version in (4, 6)])
            wait_until(lambda: speakers.neighbor_of(self.r1, address(4))["lastError"].endswith("open/role-mismatch"),
                       "two customers do not fit")
            self.exabgp(11, "10.11.0.0/24", "as-path [ 65001 ]")
            # From the provider to the customer, with its mark, and not to the peer.
            path = wait_until(lambda: frr_paths(customer, "10.11.0.0/24"), "the customer has the provider's")[0]
            self.assertIn("only-to-customer 65001", best(self.r1, "10.11.0.0/24")["other"])
            # The customer's go everywhere, the peer's to the customer alone.
            for net in "10.2.0.0/24", "2001:db8:102::/64":
                wait_until(lambda: frr_paths(peer, net), f"the peer has the customer's {net}")
            wait_until(lambda: "10.2.0.0/24" in self.source.table("10.0.1.11"), "the provider has the customer's")
            wait_until(lambda: frr_paths(customer, "10.3.0.0/24"), "the customer has the peer's")
            self.assertEqual(frr_paths(peer, "10.11.0.0/24"), [])
            self.assertNotIn("10.3.0.0/24", self.source.table("10.0.1.11"))


if __name__ == "__main__":
    main()
