#!/usr/bin/python3
"""The steps of the decision process (RFC 4271 section 9.1.2.2, RFC 4456 section 9), one by one.

ExaBGP is five neighbours of r1: A and B are external, of one AS, C and D internal, E external of another AS. In each
case two of them announce a prefix with attributes that differ in one thing. `show bgp routes` names it, and BIRD gets
the better path.

        exabgp ---- r1 ---- bird (AS 65009)

A is 10.0.1.11 and B is 10.0.1.12, of AS 65001; C is .13 and D .14, of AS 65000; E is .15, of AS 65002.
"""

import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import OPEN, address, paths, up

A, B, C, D, E = (address(1, 4, end) for end in (11, 12, 13, 14, 15))
AS = {A: 65001, B: 65001, C: 65000, D: 65000, E: 65002}
SAME = {A: "as-path [ 65001 7 ]", B: "as-path [ 65001 7 ]", C: "as-path [ 65001 7 ]", D: "as-path [ 65001 7 ]",
        E: "as-path [ 65002 7 ]"}

# Reason why the second loses, {neighbour: what it says}, the better one first.
STEPS = [
    ("unreachable next hop", {C: "", D: "next-hop 10.99.0.1"}),
    ("LLGR staleness", {B: "", A: "community [ 65535:6 ]"}),
    ("local preference", {D: "local-preference 101", C: "local-preference 100"}),
    ("local preference", {D: "local-preference 101", A: ""}),
    ("AS path length", {B: "as-path [ 65001 7 ]", A: "as-path [ 65001 7 8 ]"}),
    ("AS path length", {B: "as-path [ 65001 ( 7 8 9 ) ]", A: "as-path [ 65001 7 8 ]"}),
    ("origin", {B: "origin igp", A: "origin egp"}),
    ("origin", {B: "origin egp", A: "origin incomplete"}),
    ("MED", {B: "med 4", A: "med 5"}),
    ("MED", {B: "", A: "med 1"}),
    ("external over internal", {A: "", C: ""}),
    ("external over internal", {E: "med 9", C: "med 1"}),
    ("IGP metric", {D: "", C: "next-hop 10.98.0.1"}),
    ("router ID", {A: "", B: ""}),
    ("router ID", {A: "med 9", E: "med 1"}),
    ("router ID", {D: "originator-id 1.1.1.1", C: "originator-id 1.1.1.2"}),
    ("cluster list length", {D: "originator-id 1.1.1.1 cluster-list [ 2.2.2.2 ]",
                             C: "originator-id 1.1.1.1 cluster-list [ 2.2.2.2 3.3.3.3 ]"}),
    ("peer address", {C: "originator-id 1.1.1.1 cluster-list [ 2.2.2.2 ]",
                      D: "originator-id 1.1.1.1 cluster-list [ 4.4.4.4 ]"}),
]


def announcement(whose, net, words):
    """The command by which ExaBGP's neighbour announces this; the community 65001:<last number> tells whose it is."""
    rest = "" if "next-hop" in words else "next-hop self "
    rest += "" if "as-path" in words else SAME[whose] + " "
    rest += "" if "local-preference" in words or AS[whose] != 65000 else "local-preference 100 "
    mark = f"65001:{whose.split('.')[-1]}"
    communities = words.replace("community [",
                                f"community [ {mark}") if "community" in words else f"{words} community [ {mark} ]"
    return f"neighbor 10.0.1.1 local-ip {whose} announce route {net} {rest}{communities}"


class BgpBestPathTest(unittest.TestCase):
    def build(self, here, options=""):
        sessions = "".join(speakers.exabgp(1, AS[whose], versions=[4], local=[int(whose.split(".")[-1])],
                                           capability="add-path send;" if whose == B else "") for whose in AS)
        self.exabgp, self.bird = here.exabgp("exabgp", sessions), here.bird("bird", speakers.bird(2, 65009))
        neighbors = "".join(f"neighbor {whose} {{ remote-as {AS[whose]}; passive; {OPEN} }}\n" for whose in AS)
        neighbors = neighbors.replace(f"{B} {{", f"{B} {{ ip4 {{ add-path-receive; }}")
        neighbors += speakers.neighbor(2, "remote-as 65009;") + options
        links = "static { route 10.98.0.0/16 { next-hop 10.0.2.2; metric 20; } }"
        addresses = " ".join(f"{address(1, 4, end)}/24" for end in (2, *range(11, 16)))
        self.r1 = here.router("r1", speakers.xylem_bgp({"eth0": speakers.both(1, 1), "eth1": speakers.both(2, 1)},
                                                       65000,
                                                       "10.255.0.100", neighbors).replace("protocols {", "protocols {" +
                                                                                          links))
        here.link(self.r1, self.exabgp, "", addresses)
        here.link(self.r1, self.bird, "", speakers.both(2))
        here.start()
        self.r1.ready()
        up(self.r1)

    def wins(self, net, better, worse, reason):
        def verdicts():
            return {path["neighbor"]: path["verdict"] for path in paths(self.r1, net)}

        wanted = {better: "best", worse: f"lost by {reason}"}
        wait_until(lambda: verdicts() == wanted, f"{wanted} of {net}, not {verdicts()}", 8)
        mark = f"(65001,{better.split('.')[-1]})"
        wait_until(lambda: mark in speakers.bird_route(self.bird, net), f"BIRD gets the path of {better} to {net}", 8)

    def test_each_step(self):
        with Lab() as here:
            self.build(here, "network 10.40.0.0/24;")
            for i, (_, says) in enumerate(STEPS):
                # In both orders of arrival.
                (better, good), (worse, bad) = says.items()
                commands = [announcement(better, f"10.20.{i}.0/24", good), announcement(worse, f"10.20.{i}.0/24", bad)]
                late = [announcement(worse, f"10.30.{i}.0/24", bad), announcement(better, f"10.30.{i}.0/24", good)]
                self.exabgp.say(*commands, *late)
            self.exabgp.say(announcement(A, "10.40.0.0/24", ""))
            for i, (reason, says) in enumerate(STEPS):
                with self.subTest(reason=reason, says=says):
                    self.wins(f"10.20.{i}.0/24", *says, reason)
                    self.wins(f"10.30.{i}.0/24", *says, reason)
            self.assertEqual({path["neighbor"]: path["verdict"] for path in paths(self.r1, "10.40.0.0/24")},
                             {"-": "best", A: "lost by local origin"})

            # One neighbour, two paths that differ in nothing but their identifiers.
            net = "10.50.0.0/24"
            for i in 2, 1:
                self.exabgp.say(announcement(B, f"{net} path-information 0.0.0.{i}", ""))
            wait_until(lambda: [(path["pathId"], path["verdict"]) for path in paths(self.r1, net)] ==
                       [(1, "best"), (2, "lost by path identifier")], "two paths of one neighbour")

    def test_what_options_change(self):
        with Lab() as here:
            self.build(here)
            cases = {"10.20.0.0/24": {A: "as-path [ 65001 7 8 9 ] med 2", B: "as-path [ 65001 7 ] med 4"},
                     "10.20.1.0/24": {A: "", B: "med 5"}, "10.20.2.0/24": {A: "med 9", E: "med 1"}}
            for net, says in cases.items():
                self.exabgp.say(*[announcement(whose, net, words) for whose, words in says.items()])
            self.wins("10.20.0.0/24", B, A, "AS path length")
            self.wins("10.20.1.0/24", A, B, "MED")
            self.wins("10.20.2.0/24", A, E, "router ID")
            self.r1.cli("configure", *[f"set protocols bgp best-path {option}" for option in
                                       ("ignore-path-length", "missing-med-worst", "always-compare-med")], "commit")
            self.wins("10.20.0.0/24", A, B, "MED")
            self.wins("10.20.1.0/24", B, A, "MED")
            self.wins("10.20.2.0/24", E, A, "MED")
            self.r1.cli("configure", "delete protocols bgp best-path", "commit")
            self.wins("10.20.0.0/24", B, A, "AS path length")
            self.exabgp.say(f"neighbor 10.0.1.1 local-ip {B} withdraw route 10.20.0.0/24 next-hop self")
            wait_until(lambda: "(65001,11)" in speakers.bird_route(self.bird, "10.20.0.0/24"), "the other path is left")


if __name__ == "__main__":
    main()
