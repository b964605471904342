#!/usr/bin/python3
"""Slices of an ordinary user, in a user namespace of his own."""

import json
import os
import signal
import subprocess
import unittest

import lab
from lab import wait_until
from slices import RIP, XYLEM, Done, Slices, made, written

USER = 65534
AS_USER = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps=-all", "env", "-u", "XDG_RUNTIME_DIR", "TERM=dumb"]
FOLDER = f"/tmp/xylem-slices-{USER}"
CHAIN = "slice s { defaults { node { " + RIP + " } } generate r { line 3; hosts 1; } }"


def may_make_namespaces():
    return subprocess.run(AS_USER + ["unshare", "-Urmn", "true"], capture_output=True).returncode == 0


def nobody(*words, timeout=120):
    """What `xylem slice WORDS` says to an ordinary user."""
    return Done(subprocess.run(AS_USER + [XYLEM, "slice", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd="/",
                               timeout=timeout * lab.SLOWDOWN))


def shared(text):
    path = written(text)
    os.chmod(path, 0o644)
    return path


def state(name):
    return json.loads(nobody("show", name, "--json").out)


def address(name, which):
    found = next(each for each in state(name)["nodes"] if each["name"] == which)
    return next(each.split("/")[0] for each in found["interfaces"][0]["addresses"] if ":" not in each)


def of_user():
    """Processes of that user."""
    done = subprocess.run(["ps", "-U", str(USER), "-o", "args="], capture_output=True, text=True)
    return [each for each in done.stdout.splitlines() if "xylem" in each]


def logs():
    return subprocess.run(f"tail -n 20 {FOLDER}/*/keeper.log {FOLDER}/*/logs/* 2>&1", shell=True, capture_output=True, text=True).stdout


@unittest.skipUnless(may_make_namespaces(), "this machine makes no user namespaces for ordinary users")
class SliceRootlessTest(Slices):
    def setUp(self):
        super().setUp()
        subprocess.run(["rm", "-rf", FOLDER], check=True)

    def tearDown(self):
        if os.path.isdir(FOLDER):
            for name in os.listdir(FOLDER):
                if os.path.isdir(f"{FOLDER}/{name}") and not name.startswith("."):
                    nobody("destroy", name)
        subprocess.run(["rm", "-rf", FOLDER], check=True)
        super().tearDown()

    def make(self, text):
        done = nobody("create", shared(text))
        self.assertEqual(done.code, 0, done.out + done.err + logs())

    def pings(self, source, to):
        return nobody("exec", "s", source, "ping", "-q", "-c", "1", "-W", "1", to).code == 0

    def assertNothingOfTheUserIsLeft(self):
        wait_until(lambda: of_user() == [], "no process is left")
        left = [os.path.join(root, each) for root, _, names in os.walk(FOLDER) for each in names if each not in ("domain", "lock")]
        self.assertEqual(left, [])
        self.assertNothingIsLeft()

    def test_three_routers(self):
        self.make(CHAIN)
        self.assertEqual({each["actual"] for each in state("s")["nodes"]}, {"up"})
        to = address("s", "r3-h1")
        wait_until(lambda: self.pings("r1-h1", to), "packets cross three routers", 60)
        self.assertIn("rip", nobody("cli", "s", "r1", "-c", "show route").out)
        # What need not have rights has none.
        for daemon, expected in ("rip", False), ("rib", False), ("fea", True):
            pid = subprocess.run(["pgrep", "-U", str(USER), "-x", f"xylem-{daemon}", "-o"], capture_output=True, text=True).stdout.strip()
            with open(f"/proc/{pid}/status") as status:
                capabilities = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
            self.assertEqual(capabilities != 0, expected, daemon)
        # Nothing of it is root's, and root does not see it as one of his slices.
        self.assertEqual(subprocess.run(["pgrep", "-U", "0", "-f", "xylem-rtrmgr"], capture_output=True).returncode, 1)
        self.assertNotIn("s", subprocess.run([XYLEM, "slice", "show"], capture_output=True, text=True).stdout.split())
        self.assertEqual(nobody("destroy", "s").code, 0)
        self.assertNothingOfTheUserIsLeft()

    def test_links_of_all_kinds(self):
        self.make("slice s { node a { kind host; } node b { kind host; } node c { kind host; } node d { kind host; } link a b { rate 10M; } "
                  "link b c { delay 20ms; } lan l { members c d; prefix 10.9.0.0/24; } }")
        self.assertTrue(self.pings("a", address("s", "b")))
        wait_until(lambda: self.pings("d", "10.9.0.1"), "packets cross the LAN")
        done = nobody("exec", "s", "c", "ping", "-c", "2", "-i", "0.1", address("s", "c").replace("9.0.1", "9.0.2"))
        self.assertEqual(done.code, 0)
        far = next(each for each in state("s")["nodes"] if each["name"] == "b")["interfaces"][1]["addresses"][0].split("/")[0]
        wait_until(lambda: self.pings("c", far), "packets cross the link that delays")
        self.assertRegex(nobody("exec", "s", "c", "ping", "-c", "1", far).out, r"time=(4|5)\d")
        self.assertEqual(nobody("impair", "s", "a", "b", "loss=100%").code, 0)
        self.assertFalse(self.pings("a", address("s", "b")))

    def test_verbs(self):
        self.make(CHAIN)
        capture = nobody("capture", "s", "r1", "-c", "3", "-w", "/tmp/of-nobody.pcapng")
        self.assertEqual(capture.code, 0, capture.err)
        os.unlink("/tmp/of-nobody.pcapng")
        os.makedirs("/tmp/of-nobody", exist_ok=True)
        os.chown("/tmp/of-nobody", USER, USER)
        self.assertEqual(nobody("save", "s", "/tmp/of-nobody", "--forwarding").code, 0)
        self.assertEqual(sorted(os.listdir("/tmp/of-nobody")), sorted([f"r{i}.{kind}" for i in (1, 2, 3) for kind in ("conf", "forwarding")] + ["s.slice"]))
        subprocess.run(["rm", "-rf", "/tmp/of-nobody"], check=True)
        self.assertEqual(nobody("restart", "s", "r2").code, 0)
        # Its nodes are as closed as those of others.
        for command in "mount -o remount,rw /", "umount /run", "touch /tmp/x && ls /tmp | grep xylem-slices", "echo 1 > /proc/sysrq-trigger":
            self.assertNotEqual(nobody("exec", "s", "r1", "/bin/sh", "-c", command).code, 0, command)
        self.assertEqual(len(nobody("exec", "s", "r1-h1", "/bin/sh", "-c", "ps -e -o args=").out.splitlines()), 3)

    def test_a_keeper_that_dies(self):
        self.make(CHAIN)
        keeper = int(subprocess.run(["pgrep", "-f", "^xylem-slice keep s$", "-o"], capture_output=True, text=True).stdout)
        os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: "lost" in nobody("show").out, "the slice is told as lost")
        self.assertEqual(nobody("start", "s").code, 0)
        self.assertEqual(nobody("destroy", "s").code, 0)
        self.assertNothingOfTheUserIsLeft()

    def test_what_cannot_be_is_refused(self):
        for node, reason in (("memory 32M;", "need control groups"), ("kind frr; daemons ripd; config \"x\";", "FRR insists on users"),
                             ("plane click;", "/dev/net/tun")):
            if "click" in node and os.stat("/dev/net/tun").st_mode & 0o6 == 6:
                continue
            with open("/run/x", "w") as file:
                file.write("router rip\n")
            os.chmod("/run/x", 0o644)
            done = nobody("create", shared("slice s { node a { " + node + " } }"))
            self.assertEqual(done.code, 1, done.err)
            self.assertIn(reason, done.err)
        self.assertNothingOfTheUserIsLeft()

    def test_nobody_gets_at_what_root_has(self):
        made("slice x { node a { kind host; } }")
        for words in ("exec", "x", "a", "true"), ("destroy", "x"), ("show", "x"), ("stop", "x"):
            nobody(*words)
        self.assertEqual(json.loads(subprocess.run([XYLEM, "slice", "show", "x", "--json"], capture_output=True, text=True).stdout)["state"], "up")
        self.assertNotEqual(nobody("exec", "x", "a", "true").code, 0)
        # Nor does a folder that somebody else has put there.
        subprocess.run(["rm", "-rf", FOLDER], check=True)
        os.mkdir(FOLDER)
        done = nobody("create", shared("slice s { node a { kind host; } }"))
        self.assertEqual((done.code, "somebody else's" in done.err), (2, True), done.err)


if __name__ == "__main__":
    lab.main()
