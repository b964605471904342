#!/usr/bin/python3
"""Roles and the only-to-customer attribute (RFC 9234) as BIRD sees them.

The speakers are around r1 as `speakers` says: BIRD as provider, customer and peer of r1, and as one that does not fit.
"""

import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import address, bird_route, neighbor, neighbor_of, paths, star, up


def mark(node, net):
    """The value of OTC on BIRD's route, or nothing."""
    lines = [line for line in bird_route(node, net).splitlines() if "BGP.otc:" in line]
    return int(lines[0].split(":")[1]) if lines else None


def says(node, text):
    wait_until(lambda: text in node.birdc("show protocols all x4"), f"{node.name} says: {text}")


class BgpRolesTest(unittest.TestCase):
    def test_marks_at_bird(self):
        with Lab() as here:
            roles = {1: ("provider", "provider"), 2: ("customer", "customer"), 3: ("lateral", "peer")}
            nodes = [here.bird(name, speakers.bird(n, 65000 + n, f"local role {role}; require roles on;"))
                     for n, (name, role) in roles.items()]
            provider, customer, lateral = nodes
            # One that says no role, and marks its route as if it had come from a provider.
            leaking = "import all; export filter { bgp_otc = 65009; accept; };"
            nodes.append(here.bird("leaking", speakers.bird(4, 65004, ip4=leaking, ip6=leaking)))
            for n, node in enumerate(nodes, 1):
                node.stub(f"10.{n}.0.1/24 2001:db8:10{n}::1/64")
            ours = {1: "customer", 2: "provider", 3: "peer", 4: "provider"}
            r1 = star(here, nodes, "".join(neighbor(n, f"remote-as {65000 + n}; role {role};") for n, role in ours.items()) +
                      "network 10.9.0.0/24; network 2001:db8:109::/64;")
            up(r1)
            says(provider, "Role: customer")
            says(customer, "Role: provider")
            says(lateral, "Role: peer")

            def both(n):
                return f"10.{n}.0.0/24", f"2001:db8:10{n}::/64"

            for own, of_provider, of_customer, of_lateral, leaked in zip(*(both(n) for n in (9, 1, 2, 3, 4))):
                # Down and sideways with a mark, up without one; what has a mark goes down only, with the mark it has.
                for node, net, value in ((customer, own, 65000), (lateral, own, 65000), (provider, own, None),
                                         (customer, of_provider, 65001), (customer, of_lateral, 65003),
                                         (lateral, of_customer, 65000), (provider, of_customer, None)):
                    wait_until(lambda: bird_route(node, net), f"{node.name} has {net}")
                    self.assertEqual(mark(node, net), value, f"{net} at {node.name}")
                self.assertEqual([bird_route(lateral, of_provider), bird_route(provider, of_lateral)], ["", ""])
                self.assertEqual([path["verdict"] for path in paths(r1, leaked)],
                                 ["rejected: route leak: only to customers"])
                self.assertEqual(bird_route(customer, leaked), "")

    def test_mismatch_at_bird(self):
        with Lab() as here:
            # Two providers; r1 demands a role; BIRD demands one.
            two, silent, demanding = nodes = [
                here.bird("two", speakers.bird(1, 65001, "local role provider;")),
                here.bird("silent", speakers.bird(2, 65002)),
                here.bird("demanding", speakers.bird(3, 65003, "local role customer; require roles on;"))]
            r1 = star(here, nodes, neighbor(1, "remote-as 65001; role provider;") +
                      neighbor(2, "remote-as 65002; role provider; strict-role;") + neighbor(3, "remote-as 65003;"))
            for node in nodes:
                says(node, "Role mismatch")
            says(silent, "Received: Role mismatch")
            wait_until(lambda: neighbor_of(r1, address(2))["lastError"] == "sent open/role-mismatch", "r1 refuses")
            wait_until(lambda: neighbor_of(r1, address(3))["lastError"] == "received open/role-mismatch",
                       "BIRD refuses")
            for n in 1, 2, 3:
                self.assertEqual(neighbor_of(r1, address(n))["established"], 0)


if __name__ == "__main__":
    main()
