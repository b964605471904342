#!/usr/bin/python3
"""One AS and what is within it: route reflection (RFC 4456), confederations (RFC 5065), next hops.

r1 is the reflector, or a member of the confederation; the speakers are around it as `speakers` says.
"""

import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import address, bird_route, frr_paths, neighbor, paths, up

NETS = "10.1.0.1/24 2001:db8:101::1/64"


def fields(said):
    """{name: value} of what BIRD says of a route."""
    return dict(line[5:].split(": ", 1) for line in said.splitlines() if line.startswith("\tBGP.") and ": " in line)


class BgpInsideTest(unittest.TestCase):
    def test_reflection(self):
        """BIRD and FRR are clients, another BIRD is not; ExaBGP is an external neighbour, and a client."""
        with Lab() as here:
            inner = "next hop self;"
            bird, frr = here.bird("bird", speakers.bird(1, 65000, ip4="import all; export all; " + inner,
                                                        ip6="import all; export all; " + inner)), \
                here.frr("frr", speakers.frr(2, 65000))
            plain = here.bird("plain", speakers.bird(3, 65000))
            exabgp = here.exabgp("exabgp", speakers.exabgp(4, 65001) + speakers.exabgp(4, 65000, versions=[4],
                                                                                       local=[3]))
            bird.stub(NETS)
            plain.stub("10.3.0.1/24 2001:db8:103::1/64")
            client = "remote-as 65000; route-reflector-client;"
            neighbors = neighbor(1, client, more="") + neighbor(2, client, more="") + neighbor(3, "remote-as 65000;",
                                                                                               more="")
            neighbors += neighbor(4, "remote-as 65001; passive;") + f"neighbor 10.0.4.3 {{ {client} passive; }}\n cluster-id 9.9.9.9;"
            links = {f"eth{n - 1}": speakers.both(n, 1) for n in range(1, 5)}
            r1 = here.router("r1", speakers.xylem_bgp(links, 65000, "10.255.0.100", neighbors))
            for n, node in enumerate([bird, frr, plain, exabgp], 1):
                here.link(r1, node, "", speakers.both(n) + (" 10.0.4.3/24" if n == 4 else ""))
            here.start()
            r1.ready()
            up(r1)

            # From a client to a client and to others.
            path = wait_until(lambda: frr_paths(frr, "10.1.0.0/24"), "FRR has BIRD's network")[0]
            self.assertEqual((path["originatorId"], path["clusterList"]["list"]), ("10.255.0.1", ["9.9.9.9"]))
            self.assertEqual((path["nexthops"][0]["ip"], path["locPrf"], path["aspath"]["string"]),
                             ("10.0.1.2", 100, "Local"))
            wait_until(lambda: frr_paths(frr, "2001:db8:101::/64"), "and over IPv6")
            told = fields(wait_until(lambda: bird_route(plain, "10.1.0.0/24"), "so has the one that is no client"))
            self.assertEqual((told["originator_id"], told["cluster_list"], told["next_hop"]),
                             ("10.255.0.1", "9.9.9.9", "10.0.1.2"))
            # From one that is none to clients.
            told = fields(wait_until(lambda: bird_route(bird, "10.3.0.0/24"),
                                     "BIRD has the network of the one that is no client"))
            self.assertEqual((told["originator_id"], told["cluster_list"]), ("10.255.0.3", "9.9.9.9"))
            # From outside to all, and to the outside without what is of the inside.
            exabgp.say("neighbor 10.0.4.1 local-ip 10.0.4.2 announce route 10.4.0.0/24 next-hop self as-path [ 65001 ]")
            for node in bird, plain:
                told = fields(wait_until(lambda: bird_route(node, "10.4.0.0/24"),
                                         "the external network is known inside"))
                self.assertNotIn("originator_id", told)
                self.assertEqual(told["next_hop"], "10.0.4.2")
            outside = wait_until(lambda: exabgp.table("10.0.4.2").get("10.1.0.0/24"), "BIRD's network is known outside")
            self.assertEqual((outside["as-path"], outside["next-hop"]), ([65000], "10.0.4.1"))
            self.assertNotIn("originator-id", outside)
            self.assertNotIn("cluster-list", outside)
            self.assertNotIn("local-preference", outside)

            # A reflected path goes on with a longer cluster list; what has been here already does not come in again.
            announce = "neighbor 10.0.4.1 local-ip 10.0.4.3 announce route {} next-hop self local-preference 100 originator-id {} cluster-list [ {} ]"
            exabgp.say(announce.format("10.5.0.0/24", "1.2.3.4", "8.8.8.8"), announce.format("10.6.0.0/24", "1.2.3.4",
                                                                                             "8.8.8.8 9.9.9.9"),
                       announce.format("10.7.0.0/24", "10.255.0.100", "8.8.8.8"))
            told = fields(wait_until(lambda: bird_route(bird, "10.5.0.0/24"), "a path that was reflected before"))
            self.assertEqual((told["originator_id"], told["cluster_list"]), ("1.2.3.4", "9.9.9.9 8.8.8.8"))
            self.assertEqual([paths(r1, net)[0]["verdict"] for net in ("10.6.0.0/24", "10.7.0.0/24")],
                             ["rejected: own cluster id", "rejected: own originator id"])
            self.assertEqual([bird_route(bird, net) for net in ("10.6.0.0/24", "10.7.0.0/24")], ["", ""])

            # Without clients nothing is reflected.
            r1.cli("configure", *[f"delete protocols bgp neighbor {address(n, version)} route-reflector-client"
                                  for n in (1, 2) for version in (4, 6)],
                   "delete protocols bgp neighbor 10.0.4.3 route-reflector-client", "commit")
            wait_until(lambda: not frr_paths(frr, "10.1.0.0/24"), "FRR has lost BIRD's network")
            up(r1, address(2), address(3))
            wait_until(lambda: frr_paths(frr, "10.4.0.0/24"), "but not what is from outside")
            self.assertEqual(frr_paths(frr, "10.3.0.0/24"), [])

    def test_next_hop_self_is_for_what_comes_from_outside(self):
        with Lab() as here:
            nodes = [here.bird("inner", speakers.bird(1, 65000)), here.bird("client", speakers.bird(2, 65000)),
                     here.bird("outer", speakers.bird(3, 65003))]
            nodes[1].stub("10.2.0.1/24 2001:db8:102::1/64")
            nodes[2].stub("10.3.0.1/24 2001:db8:103::1/64")
            more = "next-hop-self; route-reflector-client;"
            r1 = speakers.star(here, nodes, neighbor(1, "remote-as 65000;" + more, more="") +
                               neighbor(2, "remote-as 65000;" + more, more="") +
                               neighbor(3, "remote-as 65003;"))
            up(r1)
            for version, outside, inside in (4, "10.3.0.0/24", "10.2.0.0/24"), (6, "2001:db8:103::/64",
                                                                                "2001:db8:102::/64"):
                said = wait_until(lambda: bird_route(nodes[0], outside), f"{outside} inside")
                self.assertEqual(fields(said)["next_hop"].split()[0], address(1, version, 1))
                wait_until(lambda: outside in nodes[0].routes(version), f"{outside} is usable")
                said = wait_until(lambda: bird_route(nodes[0], inside), f"{inside} inside")
                self.assertEqual(fields(said)["next_hop"].split()[0], address(2, version))

    def test_confederation(self):
        """r1 and BIRD are of the member AS 64512 of the confederation 65000, FRR is of 64513, another BIRD of 64514."""
        with Lab() as here:
            bird = here.bird("bird", speakers.bird(1, 64512, "confederation 65000;", remote_as=64512))
            frr = here.frr("frr", speakers.frr(2, 64513, remote_as=64512, top=["bgp confederation identifier 65000",
                                                                               "bgp confederation peers 64512"]))
            member = here.bird("member", speakers.bird(3, 64514, "confederation 65000; confederation member yes;",
                                                       remote_as=64512))
            outer = here.bird("outer", speakers.bird(4, 65001, remote_as=65000))
            for n, node in enumerate([bird, frr, member, outer], 1):
                node.stub(f"10.{n}.0.1/24 2001:db8:10{n}::1/64")
            r1 = speakers.star(here, [bird, frr, member, outer], neighbor(1, "remote-as 64512; next-hop-self;",
                                                                          more="") +
                               neighbor(2, "remote-as 64513; next-hop-self;") +
                               neighbor(3, "remote-as 64514; next-hop-self;") +
                               neighbor(4, "remote-as 65001;") +
                               "confederation { identifier 65000; member 64513; member 64514; }", local_as=64512)
            up(r1)
            path = wait_until(lambda: frr_paths(frr, "10.4.0.0/24"), "FRR has the outer network")[0]
            self.assertEqual((path["aspath"]["string"], path["locPrf"]), ("(64512) 65001", 100))
            path = wait_until(lambda: frr_paths(frr, "10.3.0.0/24"), "FRR has the network of another member")[0]
            self.assertEqual(path["aspath"]["string"], "(64512 64514)")
            wait_until(lambda: frr_paths(frr, "2001:db8:101::/64"), "FRR has BIRD's IPv6 network")
            for net, path in ("10.2.0.0/24", "(64512 64513)"), ("10.4.0.0/24", "(64512) 65001"), ("10.1.0.0/24",
                                                                                                  "(64512)"):
                said = fields(wait_until(lambda: bird_route(member, net), f"the member has {net}"))
                self.assertEqual(" ".join(said["as_path"].split()), path)
                self.assertEqual(said["local_pref"], "100")
            for net, path in ("10.2.0.0/24", "(64513)"), ("10.4.0.0/24", "65001"):
                self.assertEqual(fields(wait_until(lambda: bird_route(bird, net),
                                                   f"BIRD has {net}"))["as_path"].strip(), path)
            for net in "10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24", "2001:db8:102::/64":
                said = fields(wait_until(lambda: bird_route(outer, net), f"the outer one has {net}"))
                self.assertEqual(said["as_path"].strip(), "65000")


if __name__ == "__main__":
    main()
