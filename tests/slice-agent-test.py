#!/usr/bin/python3
"""Slices that the agent of a machine makes for the members of a group."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile

import lab
from lab import wait_until
from slices import RIP, XYLEM, Done, Slices, logs, made, slice_, written

GROUP, ONE, TWO, STRANGER = 47110, 65531, 65532, 65533
CHAIN = "slice %s { defaults { node { " + RIP + " } } generate r { line 3; hosts 1; } }"


def as_user(user):
    groups = ["--clear-groups"] if user == STRANGER else ["--groups", str(GROUP)]
    return ["setpriv", "--reuid", str(user), "--regid", str(user), *groups, "--inh-caps=-all", "env", "-u", "XDG_RUNTIME_DIR", XYLEM, "slice"]


def by(user, *words):
    """What `xylem slice WORDS` says to that user."""
    return Done(subprocess.run(as_user(user) + list(words), capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/",
                               timeout=120 * lab.SLOWDOWN))


def file(text):
    path = written(text)
    os.chmod(path, 0o644)
    return path


class SliceAgentTest(Slices):
    def setUp(self):
        super().setUp()
        self.agent = subprocess.Popen([XYLEM, "slice", "agent", "--group", str(GROUP)], stdin=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists("/run/xylem-slice-agent") and os.stat("/run/xylem-slice-agent").st_mode & 0o777 == 0o660, "the agent listens")

    def tearDown(self):
        self.agent.terminate()
        self.agent.wait(60)
        super().tearDown()

    def create(self, user, text, *more):
        done = by(user, "create", file(text), *more)
        self.assertEqual(done.code, 0, done.out + done.err + logs())
        return done

    def end_agent(self):
        self.agent.terminate()
        self.assertEqual(self.agent.wait(60), 0)

    def test_a_slice_of_a_member(self):
        self.create(ONE, CHAIN % "s")
        state = json.loads(by(ONE, "show", "s", "--json").out)
        self.assertEqual({each["actual"] for each in state["nodes"]}, {"up"})
        to = next(each for each in state["nodes"] if each["name"] == "r3-h1")["interfaces"][0]["addresses"][0].split("/")[0]
        wait_until(lambda: by(ONE, "exec", "s", "r1-h1", "ping", "-q", "-c", "1", "-W", "1", to).code == 0, "packets cross three routers", 60)
        # It has what root's slices have, and a lease.
        self.assertGreater(state["nodes"][0]["memory"], 0)
        self.assertAlmostEqual(state["ends"] - state["since"], 7 * 86400, delta=60)
        self.assertIn("rip", by(ONE, "cli", "s", "r1", "-c", "show route").out)
        self.assertEqual(by(ONE, "exec", "s", "r1", "/bin/sh", "-c", "echo to stderr >&2; exit 7").code, 7)
        self.assertIn("to stderr", by(ONE, "exec", "s", "r1", "/bin/sh", "-c", "echo to stderr >&2").err)
        for words in ("impair", "s", "r1", "r2", "rate=10M"), ("cut", "s", "r1", "r2"), ("mend", "s", "r1", "r2"), ("restart", "s", "r2"), ("renew", "s", "1d"):
            self.assertEqual(by(ONE, *words).code, 0, words)
        self.assertIn("rate 10M", by(ONE, "show", "s", "r1", "r2").out)
        self.assertEqual(by(ONE, "create", file(CHAIN % "s")).code, 0)
        self.assertEqual(by(ONE, "show").out.split("\n")[1].split()[0], "s")
        self.assertEqual(by(ONE, "destroy", "s").code, 0)
        self.end_agent()
        self.assertNothingIsLeft()

    def test_others_get_at_nothing(self):
        self.create(ONE, "slice s { node a { kind host; } }")
        made("slice root { node a { kind host; } }")
        for user, name in (TWO, "s"), (ONE, "root"), (TWO, "root"):
            for words in ("show", name), ("exec", name, "a", "true"), ("stop", name, "a"), ("renew", name, "1s"), ("cut", name, "a"):
                self.assertNotEqual(by(user, *words).code, 0, (user, words))
            by(user, "destroy", name)
            taken = by(user, "create", file("slice " + name + " { node b { kind host; } }"))
            self.assertNotEqual(taken.code, 0)
            self.assertIn("another one's", taken.err)
            self.assertNotIn(name, by(user, "show").out.split())
        for name in "s", "root":
            state = json.loads(slice_("show", name, "--json").out)
            self.assertEqual([(each["name"], each["actual"]) for each in state["nodes"]], [("a", "up")])
        # Who is not in the group has slices without the agent.
        self.assertNotIn("s", by(STRANGER, "show").out.split())
        self.assertEqual(by(STRANGER, "show", "s").code, 1)
        for bad in "../s", ".", "", "x" * 40:
            self.assertNotEqual(by(TWO, "exec", bad, "a", "true").code, 0)
        by(TWO, "gc")
        for user, name in (TWO, "s"), (ONE, "root"):
            for words in ("save", name, "/tmp/nowhere"), ("capture", name, "a"):
                self.assertNotEqual(by(user, *words).code, 0, (user, words))
        self.assertEqual(by(ONE, "exec", "s", "a", "true").code, 0)

    def test_what_a_member_looks_into(self):
        """Packets and configurations are his, and so are the files that he writes."""
        self.create(ONE, CHAIN % "s")
        with tempfile.TemporaryDirectory() as folder:
            os.chown(folder, ONE, ONE)
            packets = folder + "/packets.pcapng"
            done = by(ONE, "capture", "s", "r1:ge0", "r2", "--filter", "udp port 520", "--count", "4", "--write", packets)
            self.assertEqual(done.code, 0, done.err)
            shown = subprocess.run(["tcpdump", "-n", "-r", packets], capture_output=True, text=True).stdout
            self.assertEqual(shown.count("RIPv2"), 4, shown)
            by(ONE, "cli", "s", "r1", "-c", "configure", "-c", "set system hostname north", "-c", "commit")
            done = by(ONE, "save", "s", folder + "/saved", "--forwarding")
            self.assertEqual(done.code, 0, done.err)
            there = {each.name: each for each in pathlib.Path(folder, "saved").iterdir()}
            self.assertEqual(set(there), {"s.slice"} | {f"r{i}.{kind}" for i in (1, 2, 3) for kind in ("conf", "forwarding")})
            self.assertIn("rip", there["r1.conf"].read_text())
            self.assertTrue(all(each.stat().st_uid == ONE and each.stat().st_size > 0 for each in there.values()))

    def test_what_a_member_reads_is_what_he_may(self):
        # The file of a slice is read by its user, not by the agent.
        secret = written("router rip\n")
        os.chmod(secret, 0o600)
        done = by(ONE, "create", file(f'slice s {{ node f {{ kind bird; config "{secret}"; }} }}'))
        self.assertEqual(done.code, 1, done.err)
        self.assertNotIn("s", by(ONE, "show").out.split())

    def test_whose_keeper_dies(self):
        self.create(ONE, "slice s { node a { kind host; } node b { kind host; } link a b; }")
        by(ONE, "impair", "s", "a", "b", "rate=10M")
        keeper = int(subprocess.run(["pgrep", "-f", "^xylem-slice keep s", "-o"], capture_output=True, text=True).stdout)
        os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: "lost" in by(ONE, "show").out, "the slice is told as lost")
        self.assertNotEqual(by(TWO, "create", file("slice s { node b { kind host; } }")).code, 0)
        # The same command that starts a node makes it again of what is stored.
        self.assertNotEqual(by(TWO, "start", "s").code, 0)
        self.assertEqual(by(ONE, "start", "s").code, 0)
        self.assertIn("rate 10M", by(ONE, "show", "s").out)
        # The agent may die: slices stay, and the next one knows whose they are.
        self.agent.kill()
        self.agent.wait(60)
        self.setUp_agent_again()
        self.assertEqual(by(ONE, "exec", "s", "a", "true").code, 0)
        self.assertNotEqual(by(TWO, "exec", "s", "a", "true").code, 0)

    def setUp_agent_again(self):
        self.agent = subprocess.Popen([XYLEM, "slice", "agent", "--group", str(GROUP)], stdin=subprocess.DEVNULL)
        wait_until(lambda: by(ONE, "show").code == 0 and "s" in by(ONE, "show").out.split(), "the agent listens again")

    def test_what_nobody_keeps_is_collected(self):
        self.create(ONE, "slice s { node a { kind host; } }")
        self.create(ONE, "slice t { node a { kind host; } }")
        self.create(TWO, "slice u { node a { kind host; } }")
        for name in "s", "u":
            os.kill(int(subprocess.run(["pgrep", "-f", f"^xylem-slice keep {name}", "-o"], capture_output=True, text=True).stdout), signal.SIGKILL)
        wait_until(lambda: "lost" in by(ONE, "show").out and "lost" in by(TWO, "show").out, "both are told as lost")
        done = by(ONE, "gc")
        self.assertEqual((done.code, done.out), (0, "s: removed what nobody keeps\n"), done.err)
        self.assertEqual([line.split()[0] for line in by(ONE, "show").out.split("\n")[1:] if line], ["t"])
        self.assertIn("lost", by(TWO, "show").out)

    def test_a_command_ends_with_who_waits_for_it(self):
        self.create(ONE, "slice s { node a { kind host; } }")
        running = subprocess.Popen(as_user(ONE) + ["exec", "s", "a", "sleep", "12345"], stdin=subprocess.DEVNULL)
        sleeping = lambda: subprocess.run(["pgrep", "-f", "^sleep 12345"], capture_output=True).returncode == 0
        wait_until(sleeping, "the command runs")
        running.kill()
        running.wait(60)
        wait_until(lambda: not sleeping(), "the command is gone")
        running = subprocess.Popen(as_user(ONE) + ["exec", "s", "a", "sleep", "12345"], stdin=subprocess.DEVNULL)
        wait_until(sleeping, "the command runs")
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(60), 130)


if __name__ == "__main__":
    lab.main()
