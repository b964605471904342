#!/usr/bin/python3
"""MRT files of a BGP router, as bgpdump reads them.

    bird (BIRD, AS 65001) ---- r1 (Xylem, AS 65000) ---- frr (FRR, AS 65002)
"""

import glob
import os
import unittest

from lab import Lab, main, output, wait_until
from peers import BIRD_BGP, FRR_BGP, xylem_bgp

LINKS = {"eth0": "10.0.1.1/24 2001:db8:a::1/64", "eth1": "10.0.2.1/24 2001:db8:b::1/64"}
NEIGHBORS = """
        neighbor 10.0.1.2 { remote-as 65001; import ACCEPT; export ACCEPT; }
        neighbor 2001:db8:a::2 { remote-as 65001; import ACCEPT; export ACCEPT; }
        neighbor 10.0.2.2 { remote-as 65002; import ACCEPT; export ACCEPT; }
        neighbor 2001:db8:b::2 { remote-as 65002; import ACCEPT; export ACCEPT; }
        network 10.3.0.0/24;
        mrt {
            table { file rib.%H%M%S; interval 2; }
            updates { file updates.%H%M%S; rotate 4; }
        }
"""


class BgpMrtTest(unittest.TestCase):
    def files(self, kind):
        return sorted(glob.glob(f"/run/xylem/r1/bgp.d/{kind}.*"))

    def lines(self, kind):
        """What bgpdump prints of all files, each line as its fields: type, time, what, neighbour, AS, prefix, path ..."""
        return [line.split("|") for file in self.files(kind) if not file.endswith(".part")
                for line in output("bgpdump", "-m", file).splitlines()]

    def test_files_are_what_others_read(self):
        with Lab() as here:
            bird, frr = here.bird("bird", BIRD_BGP), here.frr("frr", FRR_BGP)
            r1 = here.router("r1", xylem_bgp(LINKS, 65000, "10.0.1.1", NEIGHBORS))
            here.link(r1, bird, "", "10.0.1.2/24 2001:db8:a::2/64")
            here.link(r1, frr, "", "10.0.2.2/24 2001:db8:b::2/64")
            bird.stub("10.1.0.1/24 2001:db8:1::1/64")
            frr.stub("10.2.0.1/24 2001:db8:2::1/64")
            here.start()
            wanted = {("10.0.1.2", "65001", "10.1.0.0/24", "65001"), ("10.0.2.2", "65002", "10.2.0.0/24", "65002"),
                      ("2001:db8:a::2", "65001", "2001:db8:1::/64", "65001"),
                      ("2001:db8:b::2", "65002", "2001:db8:2::/64", "65002"), ("0.0.0.0", "65000", "10.3.0.0/24", "")}
            wait_until(lambda: wanted <= {tuple(line[3:7]) for line in self.lines("rib")}, "all routes are in a dump", 40)
            self.assertEqual({line[2] for line in self.lines("rib")}, {"B"})

            heard = lambda kind: {tuple(line[3:6]) for line in self.lines("updates") if line[2] == kind}
            announced = {key[:3] for key in wanted if key[0] != "0.0.0.0"}
            wait_until(lambda: announced <= heard("A"), "all announcements are recorded")
            wait_until(lambda: ("10.0.2.2", "65002", "5") in heard("STATE"), "the session has come up")
            shown = {row["kind"]: row for row in r1.json("show bgp mrt")}
            self.assertEqual(set(shown), {"table", "updates"})
            for kind, pattern, interval in ("table", "rib", 2), ("updates", "updates", 4):
                row = shown[kind]
                self.assertRegex(row["file"], f"^{pattern}\\.[0-9]{{6}}$")
                self.assertIn(f"/run/xylem/r1/bgp.d/{row['file']}", self.files(pattern))
                self.assertEqual((row["pattern"], row["lastError"]), (f"{pattern}.%H%M%S", ""))
                self.assertTrue(1 <= row["nextIn"] <= interval and row["files"] >= 1, row)
                self.assertLessEqual(row["bytes"], os.path.getsize(f"/run/xylem/r1/bgp.d/{row['file']}"))
            self.assertEqual(shown["table"]["records"], 5)
            self.assertGreater(shown["table"]["bytes"], 100)
            frr.ip("address", "del", "10.2.0.1/24", "dev", "stub")
            wait_until(lambda: ("10.0.2.2", "65002", "10.2.0.0/24") in heard("W"), "the withdrawal is recorded")
            frr.stop()
            wait_until(lambda: ("10.0.2.2", "65002", "6") in heard("STATE"), "the session has gone down")
            wait_until(lambda: len(self.files("updates")) > 1, "the file is another after a while")


if __name__ == "__main__":
    main()
