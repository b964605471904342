#!/usr/bin/python3
"""Several paths to one prefix: told to neighbours (add-path, RFC 7911), and used together in the kernel.

The speakers are around r1 as `speakers` says.
"""

import unittest

import speakers
from lab import Lab, main, wait_until
from speakers import OPEN, address, bird_route, frr_paths, gobgp_paths, neighbor, paths, up, ways, weights

NET, NET6 = "10.11.0.0/24", "2001:db8:11::/64"


class BgpMultipathTest(unittest.TestCase):
    def test_add_path_out(self):
        """ExaBGP announces three paths from three addresses; who asked for it is told two of them, or all."""
        with Lab() as here:
            exabgp = here.exabgp("exabgp", "".join(speakers.exabgp(1, 65000 + end, local=[end])
                                                   for end in (11, 12, 13)))
            bird = here.bird("bird", speakers.bird(2, 65002, ip4="add paths rx; import all; export all;",
                                                   ip6="add paths rx; import all; export all;"))
            frr = here.frr("frr", speakers.frr(3, 65003))
            gobgp = here.gobgp("gobgp", speakers.gobgp(4, 65004,
                                                       family_tables="[neighbors.afi-safis.add-paths.config]\nreceive = true\n"))
            plain = here.bird("plain", speakers.bird(5, 65005))
            words = "ip{v} {{ add-path-send {most}; }}"
            text = "".join(f"neighbor {address(1, version, end)} {{ remote-as {65000 + end}; passive; {OPEN} }}\n"
                           for end in (11, 12, 13) for version in (4, 6))
            for n, most in (2, 2), (3, 9), (4, 9):
                for version in 4, 6:
                    text += neighbor(n, f"remote-as {65000 + n}; " + words.format(v=version, most=most), [version])
            text += neighbor(5, "remote-as 65005;")
            nodes = [exabgp, bird, frr, gobgp, plain]
            r1 = here.router("r1", speakers.xylem_bgp({f"eth{n - 1}": speakers.both(n, 1) for n in range(1, 6)}, 65000,
                                                      "10.255.0.100", text))
            for n, node in enumerate(nodes, 1):
                here.link(r1, node, "", " ".join(speakers.both(1, end) for end in (11, 12, 13)) if n == 1
                          else speakers.both(n))
            here.start()
            r1.ready()
            up(r1)

            def say(end, words, verb="announce"):
                for net, version in (NET, 4), (NET6, 6):
                    exabgp.say(f"neighbor {address(1, version, 1)} local-ip {address(1, version, end)} {verb} route {net} next-hop self {words}")

            def of_bird(node, net):
                said = bird_route(node, net)
                return sorted(line.split(":")[1].strip() for line in said.splitlines() if "as_path" in line)

            say(11, "as-path [ 65011 1 2 3 ]")
            say(12, "as-path [ 65012 1 2 ]")
            say(13, "as-path [ 65013 1 ]")
            best, second, third = "65000 65013 1", "65000 65012 1 2", "65000 65011 1 2 3"
            for net in NET, NET6:
                wait_until(lambda: of_bird(bird, net) == [second, best], f"BIRD has the best two to {net}")
                wait_until(lambda: of_bird(plain, net) == [best], f"who did not ask has the best to {net}")
                wait_until(lambda: sorted(path["aspath"]["string"] for path in frr_paths(frr, net)) ==
                           [third, second, best], f"FRR has three to {net}")
                wait_until(lambda: len(gobgp_paths(gobgp, net)) == 3, f"GoBGP has three to {net}")
            say(13, "", "withdraw")
            for net in NET, NET6:
                wait_until(lambda: of_bird(bird, net) == [third, second], f"BIRD has the two that are left to {net}")
                wait_until(lambda: of_bird(plain, net) == [second], f"the second best is the best to {net}")
                wait_until(lambda: len(frr_paths(frr, net)) == 2 and len(gobgp_paths(gobgp, net)) == 2,
                           f"and nobody has the third to {net}")
            self.assertEqual({row["capabilities"].count("add-path-send") for row in r1.json("show bgp neighbor")
                              if row["name"] in (address(2), address(3, 6), address(4))}, {1})

    def test_add_path_in(self):
        """BIRD hands on the three paths that it has from ExaBGP; FRR and plain BIRD are told the best."""
        with Lab() as here:
            exabgp = here.exabgp("exabgp", speakers.exabgp(1, 65001, versions=[4], capability="add-path send;"))
            words = "add paths tx; import all; export all;"
            bird = here.bird("bird", speakers.bird(2, 65002, ip4=words, ip6=words,
                                                   more="protocol static a { ipv4; route 10.7.0.0/24 blackhole { bgp_med = 1; }; }\n"))
            plain = here.bird("plain", speakers.bird(3, 65003))
            r1 = speakers.star(here, [exabgp, bird, plain],
                               neighbor(1, "remote-as 65001; passive; ip4 { add-path-receive; }", [4]) +
                               "".join(neighbor(2, f"remote-as 65002; ip{version} {{ add-path-receive; }}", [version])
                                       for version in (4, 6)) +
                               neighbor(3, "remote-as 65003;"))
            up(r1)
            for i in 1, 2, 3:
                exabgp.say(f"neighbor 10.0.1.1 announce route {NET} path-information 0.0.0.{i} next-hop self as-path [ 65001 {' '.join('7' * i)} ]")
            wait_until(lambda: [path["pathId"] for path in paths(r1, NET)] == [1, 2, 3], "three paths")
            wait_until(lambda: "BGP.as_path: 65000 65001 7\n" in bird_route(plain, NET), "the best is told")
            exabgp.say(f"neighbor 10.0.1.1 withdraw route {NET} path-information 0.0.0.1 next-hop self")
            wait_until(lambda: "BGP.as_path: 65000 65001 7 7\n" in bird_route(plain, NET), "then the next")
            self.assertEqual([path["pathId"] for path in paths(r1, NET)], [2, 3])
            wait_until(lambda: paths(r1, "10.7.0.0/24") and paths(r1, "10.7.0.0/24")[0]["pathId"] > 0,
                       "BIRD's path has an identifier")

    def test_multipath_in_the_kernel(self):
        with Lab() as here:
            birds = [here.bird(f"bird{n}", speakers.bird(n, 65001 if n < 3 else 65002)) for n in (1, 2, 3)]
            inner = [here.bird(f"inner{n}", speakers.bird(n, 65000)) for n in (4, 5)]
            for node in birds:
                node.stub("10.7.0.1/24 2001:db8:7::1/64")
            for node in inner:
                node.stub("10.8.0.1/24 2001:db8:8::1/64")
            r1 = speakers.star(here, birds + inner, "".join(neighbor(n, f"remote-as {65001 if n < 3 else 65002};")
                                                            for n in (1, 2, 3)) +
                               "".join(neighbor(n, "remote-as 65000;", more="") for n in (4, 5)) +
                               "multipath { external 4; internal 2; }")
            up(r1)

            def used(net, *ns):
                wanted = sorted(address(n, 6 if ":" in net else 4) for n in ns)
                wait_until(lambda: ways(r1, net) == wanted, f"{net} goes by {wanted}")

            def verdicts(net):
                return sorted(path["verdict"] for path in paths(r1, net))

            # Those of one AS path; then, relaxed, of any.
            for net in "10.7.0.0/24", "2001:db8:7::/64":
                used(net, 1, 2)
            self.assertEqual(verdicts("10.7.0.0/24"), ["best", "lost by router ID", "multipath"])
            for net in "10.8.0.0/24", "2001:db8:8::/64":
                used(net, 4, 5)
            r1.cli("configure", "set protocols bgp multipath relax any-path", "commit")
            for net in "10.7.0.0/24", "2001:db8:7::/64":
                used(net, 1, 2, 3)
            r1.cli("configure", "set protocols bgp multipath external 2", "set protocols bgp multipath internal 1",
                   "commit")
            used("10.7.0.0/24", 1, 2)
            used("10.8.0.0/24", 4)
            birds[0].ip("address", "delete", "10.7.0.1/24", "dev", "stub")
            used("10.7.0.0/24", 2, 3)
            with birds[1].flow(r1, "10.0.2.1", 0.01) as flow:
                wait_until(lambda: flow.arrived > 5, "packets flow")

    def test_weights_in_the_kernel(self):
        """Bandwidths of 1, 2 and 4 Gbit/s, as bytes a second in IEEE 754: shares of 1, 2 and 4, while all say one."""
        with Lab() as here:
            bandwidths = {1: 0x4cee6b28, 2: 0x4d6e6b28, 3: 0x4dee6b28}

            def config(n, bandwidth):
                words = "import all; export filter { if source = RTS_DEVICE then " + \
                        f"bgp_ext_community.add((generic, 0x0004fde9, {bandwidth})); accept; }};"
                return speakers.bird(n, 65001, ip4=words, ip6=words)

            birds = [here.bird(f"bird{n}", config(n, bandwidth)) for n, bandwidth in bandwidths.items()]
            plain = here.bird("plain", speakers.bird(4, 65001))
            for node in birds:
                node.stub("10.7.0.1/24 2001:db8:7::1/64")
            plain.stub("10.9.0.1/24")
            r1 = speakers.star(here, birds + [plain], "".join(neighbor(n, "remote-as 65001;") for n in (1, 2, 3, 4)) +
                               "multipath { external 4; }")
            up(r1)

            def shared(net, shares):
                wanted = {address(n, 6 if ":" in net else 4): share for n, share in shares.items()}
                wait_until(lambda: net in r1.routes(6 if ":" in net else 4) and weights(r1, net) == wanted,
                           f"{net} is shared {wanted}")

            nets = "10.7.0.0/24", "2001:db8:7::/64"
            for net in nets:
                shared(net, {1: 1, 2: 1, 3: 1})
            r1.cli("configure", "set protocols bgp multipath link-bandwidth", "commit")
            for net in nets:
                shared(net, {1: 1, 2: 2, 3: 4})
            birds[2].ip("address", "delete", "10.7.0.1/24", "dev", "stub")
            shared("10.7.0.0/24", {1: 1, 2: 2})
            plain.ip("address", "add", "10.7.0.1/24", "dev", "stub")
            shared("10.7.0.0/24", {1: 1, 2: 1, 4: 1})
            r1.cli("configure", "delete protocols bgp multipath link-bandwidth", "commit")
            shared("2001:db8:7::/64", {1: 1, 2: 1, 3: 1})


if __name__ == "__main__":
    main()
