#!/usr/bin/python3
"""Configuration is changed wholly or not at all.

The router runs a daemon of the tests (daemons/moody.*), which takes its configuration as badly as that one says. It commits
last: when it fails, all the others have already become something else.
"""

import json
import os
import signal
import subprocess
import unittest
import urllib.parse

import lab
from lab import Lab, Router, wait_until

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
ONE = """
system { host-name one; }
interfaces { interface eth0 { address 10.0.1.1/24 2001:db8:1::1/64; } interface eth1 { address 10.0.2.1/24; mtu 1400; } }
rib { graceful-restart-time 50; }
protocols {
    static { route 10.8.0.0/16 { next-hop 10.0.1.2; } route 10.9.0.0/24 { next-hop 10.0.1.2; next-hop 10.0.2.2; }
             route 2001:db8:9::/64 { next-hop 2001:db8:1::2; } }
    rip { interface eth0 { metric 2; } redistribute static; update-interval 3; garbage-collect 2; }
    moody { MOODY }
}
"""
OTHER = """
system { host-name other; }
interfaces { interface eth0 { address 10.0.1.5/24 10.0.7.1/24; } interface eth1 { address 10.0.2.1/24; mtu 1300; } }
rib { graceful-restart-time 60; }
protocols {
    static { route 10.9.0.0/24 { blackhole; } route 10.7.0.0/24 { next-hop 10.0.2.2; } }
    rip { interface eth1; update-interval 3; garbage-collect 2; }
    moody { MOODY }
}
"""
COUNTERS = {"xdp", "commits", "count", "settled", "installs", "withdrawals", "packetsSent", "packetsReceived", "triggered", "origin", "nhid", "id",
            "group", "index", "restarts", "since", "lastHeard", "pending", "valid_life_time", "preferred_life_time"}


def one(moody="value 1;"):
    return lab.with_plane(ONE.replace("MOODY", moody))


def other(moody):
    return lab.with_plane(OTHER.replace("MOODY", moody))


def lasting(value):
    """What is left of a state without counters, and without the order of lists."""
    if isinstance(value, dict):
        return {key: lasting(each) for key, each in value.items() if key not in COUNTERS}
    if isinstance(value, list):
        return sorted((lasting(each) for each in value), key=json.dumps)
    return value


def problems(answer):
    return answer if isinstance(answer, list) else answer.get("problems", [])


class MoodyRouter(Router):
    def start(self):
        path = self.write("router.conf", self.config)
        environment = dict(os.environ, XYLEM_PROGRAMS=lab.BUILD + "/tests/daemons")
        self.spawn("xylem", self.XYLEM, "run", path, "--name", self.name, env=environment)

    def call(self, locator, *before, **arguments):
        query = "&".join(f"{name}={urllib.parse.quote(str(value), safe='')}" for name, value in arguments.items())
        answer = self.run(*before, self.XYLEM, "call", f"{locator}?{query}" if query else locator, "--name", self.name, "--json",
                          timeout=90)
        return json.loads(answer) if answer.strip() else {}

    def commit(self, text, **arguments):
        """The problems, as texts."""
        return [problem["text"] for problem in problems(self.call("rtrmgr/Editor/commit", text=text, **arguments))]

    def value(self):
        return self.call("moody/Status/state").get("value", 0)

    def state(self, target):
        return self.call(target + "/Status/state")

    def generation(self):
        return int(self.call("rtrmgr/Configuration/running")["generation"])

    def running(self):
        return self.call("rtrmgr/Configuration/running")["text"]

    def everything(self):
        """All that a commit may change: daemons, kernel, and what is kept of the configuration."""
        kernel = [json.loads(lab.output("ip", "-n", self.name, "-j", *words) or "[]")
                  for words in (["-4", "route"], ["-6", "route"], ["address"], ["nexthop"])]
        daemons = {name: self.state(name) for name in ("fea", "rib", "static", "rip", "moody", "finder")}
        return lasting({"kernel": kernel, "daemons": daemons, "running": self.call("rtrmgr/Configuration/running"),
                        "history": self.call("rtrmgr/Configuration/history"), "file": self.read("router.conf")})


class TransactionTest(unittest.TestCase):
    maxDiff = None

    def router(self, here, config):
        self.r1 = MoodyRouter(here, "r1", config)
        self.h1 = here.host("h1")
        here.link(self.r1, self.h1, "", "10.0.1.2/24", capture=False)
        here.link(self.r1, self.h1, "", "10.0.2.2/24", capture=False)
        here.start()
        wait_until(lambda: self.r1.generation() >= 1 and not self.r1.state("rib").get("holding"), "the router is configured")
        return self.r1

    def refused(self, mood, *words, restarted=False, patience=20):
        """A commit that the daemon takes like this leaves all as it was; the answer has these words."""
        with Lab() as here:
            r1 = self.router(here, one())
            wait_until(lambda: "10.9.0.0/24" in r1.routes() and "2001:db8:9::/64" in r1.routes(6), "static routes are there")
            wait_until(lambda: r1.state("rip")["interface"][0]["up"], "RIP runs")
            before, pids = r1.everything(), r1.pids()
            self.assertEqual(before, r1.everything())
            monitor = self.monitor(r1)
            said = r1.commit(other(f"value 2; mood {mood};"))
            self.assertTrue(said)
            for word in words:
                self.assertIn(word, " ".join(said))
            self.same(r1, before)
            after = r1.pids()
            self.assertEqual({**after, "moody": 0}, {**pids, "moody": 0}, "other processes were restarted")
            self.assertEqual(after["moody"] != pids["moody"], restarted)
            monitor.terminate()
            self.changed_meanwhile = "10.0.7.1/24" in r1.read("monitor.log")
            self.assertEqual(r1.commit(other("value 3;")), [], "the router takes a good configuration afterwards")
            self.assertEqual(r1.value(), 3)
            wait_until(lambda: "10.7.0.0/24" in r1.routes() and "10.8.0.0/16" not in r1.routes(), "and carries it out")

    def monitor(self, router):
        def works():
            router.ip("address", "add", "10.77.0.1/32", "dev", "lo")
            router.ip("address", "delete", "10.77.0.1/32", "dev", "lo")
            return "10.77.0.1" in router.read("monitor.log")

        monitor = router.spawn("monitor", "stdbuf", "-oL", "ip", "-o", "monitor", "address", "route")
        wait_until(works, "the kernel's changes are heard of")
        return monitor

    def same(self, router, before):
        try:
            wait_until(lambda: router.everything() == before, "all is as before", 10)
        except AssertionError:
            self.assertEqual(router.everything(), before)

    def test_refused_at_commit(self):
        self.refused("stubborn", "moody failed to commit", "I would rather not")
        self.assertTrue(self.changed_meanwhile, "the others had not changed, so nothing was proven")

    def test_refused_half_way(self):
        self.refused("halfhearted", "moody failed to commit", "enough")
        self.assertTrue(self.changed_meanwhile)

    def test_crashes_at_commit(self):
        self.refused("crashing", "moody failed to commit", "crashed", "42", restarted=True)
        self.assertTrue(self.changed_meanwhile)

    def test_crashes_after_commit(self):
        self.refused("fragile", "moody crashes on this configuration", "43", restarted=True)
        self.assertTrue(self.changed_meanwhile)

    def test_hangs_in_commit(self):
        self.refused("hanging", "moody failed to commit", restarted=True)
        self.assertTrue(self.changed_meanwhile)

    def test_refused_at_check(self):
        self.refused("picky", "not to my taste")
        self.assertFalse(self.changed_meanwhile, "something changed before all were asked")

    def test_lies_at_length(self):
        self.refused("lying", "xxx...")
        self.assertFalse(self.changed_meanwhile)

    def test_wants_a_fresh_start(self):
        with Lab() as here:
            r1 = self.router(here, one())
            pids = r1.pids()
            self.assertEqual(r1.commit(one("value 5; mood fresh;")), [])
            wait_until(lambda: r1.value() == 5, "the new process has the configuration")
            self.assertEqual({name for name, pid in r1.pids().items() if pids[name] != pid}, {"moody"})

    def test_no_daemon_fails_for_a_mistake(self):
        with Lab() as here:
            r1 = self.router(here, one())
            before = r1.everything()
            answer = r1.call("rtrmgr/Editor/commit", text=one("value 2;\n  mood happy;") + "foo;\n")
            self.assertEqual(len(problems(answer)), 2, answer)
            self.assertTrue(all(problem["line"] > 0 for problem in problems(answer)))
            self.same(r1, before)

    def test_confirmed(self):
        with Lab() as here:
            r1 = self.router(here, one())
            before = r1.everything()
            self.assertEqual(r1.commit(other("value 2;"), confirm=60), [])
            self.assertEqual(r1.value(), 2)
            self.assertEqual(r1.read("router.conf"), one(), "an unconfirmed configuration was saved")
            # Another one while the first waits: what returns is what was there before both.
            self.assertEqual(r1.commit(other("value 3;"), confirm=1), [])
            self.assertEqual(r1.value(), 3)
            wait_until(lambda: r1.value() == 1, "the old configuration returns")
            del before["running"]["generation"]
            wait_until(lambda: self.without_generation(r1.everything()) == before, "all is as before")
            self.assertEqual(r1.commit(other("value 4;"), confirm=2), [])
            r1.call("rtrmgr/Editor/confirm")
            self.assertEqual(r1.read("router.conf"), other("value 4;"))
            with self.assertRaisesRegex(lab.CommandFailed, "nothing waits to be confirmed"):
                r1.call("rtrmgr/Editor/confirm")
            kept = r1.generation()
            deadline = r1.commit(other("value 5;"), confirm=3)  # Its end is later than the first one's would have been.
            self.assertEqual(deadline, [])
            wait_until(lambda: r1.generation() > kept + 1, "the unconfirmed one is gone")
            self.assertEqual(r1.value(), 4, "what was confirmed stays")

    @staticmethod
    def without_generation(everything):
        del everything["running"]["generation"]
        return everything

    def test_unconfirmed_when_killed(self):
        with Lab() as here:
            r1 = self.router(here, one())
            self.assertEqual(r1.commit(other("value 2;"), confirm=600), [])
            os.kill(r1.pids()["rtrmgr"], signal.SIGKILL)
            wait_until(lambda: r1.value() == 1, "the old configuration returns with the new router manager")
            wait_until(lambda: r1.running() == one(), "the old text is in force")
            wait_until(lambda: "10.8.0.0/16" in r1.routes() and "10.7.0.0/24" not in r1.routes(), "its routes are back")

    def test_rollback(self):
        with Lab() as here:
            r1 = self.router(here, one("value 1000;"))
            for i in range(1, 56):
                self.assertEqual(r1.commit(one(f"value {1000 + i};"), comment=f"number {i}"), [])
            history = r1.call("rtrmgr/Configuration/history")
            self.assertEqual(len(history), 51, "the one in force and fifty earlier ones")
            self.assertEqual([history[0]["comment"], history[50]["comment"]], ["number 55", "number 5"])
            for number in 0, 1, 50:
                text = r1.call("rtrmgr/Configuration/rollback", number=number)["text"]
                self.assertEqual(text, one(f"value {1055 - number};"))
            with self.assertRaisesRegex(lab.CommandFailed, "no rollback of that number"):
                r1.call("rtrmgr/Configuration/rollback", number=51)
            self.assertEqual(r1.commit(text), [])
            self.assertEqual(r1.value(), 1005)
            fewer = one("value 7;").replace("host-name one;", "host-name one; rollbacks 3;")
            self.assertEqual(r1.commit(fewer), [])
            self.assertEqual(len(r1.call("rtrmgr/Configuration/history")), 4)

    def test_somebody_else_committed(self):
        with Lab() as here:
            r1 = self.router(here, one())
            base = r1.generation()
            self.assertEqual(r1.commit(one("value 2;"), base=base), [])
            late = r1.commit(one("value 3;"), base=base)
            self.assertIn("somebody else has committed", late[0])
            self.assertEqual(r1.value(), 2)
            self.assertEqual(r1.commit(one("value 3;"), base=base + 1), [])
            # Two at the same time, from the same base: one of them wins.
            commands = [r1.inside(r1.XYLEM, "call", "rtrmgr/Editor/commit?base=" + str(base + 2) + "&text=" +
                                  urllib.parse.quote(one(f"value {value};"), safe=""), "--name", "r1", "--json") for value in (4, 5)]
            both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
            answers = [json.loads(each.communicate(timeout=30)[0]) for each in both]
            self.assertEqual(sorted(len(problems(answer)) for answer in answers), [0, 1], answers)

    def test_starts_from_the_last_good_configuration(self):
        with Lab() as here:
            r1 = self.router(here, one())
            self.assertEqual(r1.commit(one("value 2;")), [])
            r1.stop()
            for broken in "interfaces { interface eth0 { addres 10.0.1.1/24; } }", one("value 9; mood picky;"), "":
                r1.config = broken
                r1.start()
                wait_until(lambda: r1.value() == 2, "the router runs with its last good configuration")
                wait_until(lambda: "10.9.0.0/24" in r1.routes(), "and with its routes")
                self.assertEqual(r1.read("router.conf"), broken, "the file of the operator was touched")
                r1.stop()

    def test_a_broken_file_without_an_earlier_one(self):
        with Lab() as here:
            r1 = MoodyRouter(here, "r1", "interfaces {\n  interface eth0 { addres 10.0.1.1/24; mtu 99999; }\n}\nprotocls { }\n")
            r1.start()
            self.assertEqual(r1.processes["xylem"].wait(20 * lab.SLOWDOWN), 2)
            said = r1.read("xylem.log")
            for expected in "addres", "99999", "protocls", "2:20", "4:1":
                self.assertIn(expected, said)

    def test_guests_look_and_do_not_touch(self):
        with Lab() as here:
            r1 = self.router(here, one("value 1; secret geheim;"))
            self.assertIn("geheim", r1.running())
            text = r1.call("rtrmgr/Configuration/running", *NOBODY)["text"]
            self.assertNotIn("geheim", text)
            self.assertIn("10.9.0.0/24", text)
            self.assertNotIn("geheim", json.dumps(r1.call("rtrmgr/Configuration/rollback", *NOBODY, number=0)))
            self.assertTrue(r1.call("fea/Show/interfaces", *NOBODY))
            before = r1.everything()
            for locator, arguments in (("rtrmgr/Editor/commit", {"text": one("value 2;")}), ("rtrmgr/Editor/confirm", {}),
                                       ("rtrmgr/Editor/restart", {"name": "rib"}), ("rtrmgr/Editor/check", {"text": one()}),
                                       ("moody/Daemon/retire", {}), ("rib/Rib/follow", {"version": 4})):
                with self.assertRaises(lab.CommandFailed, msg=locator):
                    r1.call(locator, *NOBODY, **arguments)
            self.same(r1, before)


if __name__ == "__main__":
    lab.main()
