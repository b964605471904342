#!/usr/bin/python3
"""Slices: testbeds from one file, as their users see them."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest

import lab
from lab import wait_until
from peers import BIRD_RIP
from slices import PYTHON, RIP, XYLEM, Slices, address, made, node, pings, slice_, state, written

RING = "slice ring { defaults { node { " + RIP + " } } generate r { ring 3; hosts 1; } }"



class SliceTest(Slices):
    def test_up_and_gone(self):
        made(RING)
        shown = state("ring")
        self.assertEqual(shown["state"], "up")
        self.assertEqual({each["actual"] for each in shown["nodes"]}, {"up"})
        for a in "r1-h1", "r2-h1", "r3-h1":
            for b in "r1-h1", "r2-h1", "r3-h1":
                to = address("ring", b)
                wait_until(lambda: pings("ring", a, to), f"{a} reaches {b}", 60)
        self.assertIn("rip", slice_("cli", "ring", "r1", "-c", "show route").out)
        self.assertEqual(slice_("destroy", "ring").code, 0)
        self.assertNothingIsLeft()

    def test_the_same_again_changes_nothing(self):
        file = written(RING)
        slice_("create", file)
        before = state("ring")
        again = slice_("create", file, "--json")
        self.assertEqual((again.code, json.loads(again.out)), (0, {"steps": []}))
        after = state("ring")
        for each in before["nodes"] + after["nodes"]:
            del each["memory"]
        self.assertEqual(after, before)
        self.assertEqual(slice_("plan", file).out, "nothing to do\n")
        # Gone and made again, it has the same addresses.
        slice_("destroy", "ring")
        slice_("create", file)
        self.assertEqual([each["interfaces"] for each in state("ring")["nodes"]], [each["interfaces"] for each in before["nodes"]])

    def test_only_what_differs_is_touched(self):
        made("slice s { node a { kind host; } node b { kind host; } node c { kind host; } link a b; link b c; }")
        pids = {each["name"]: each["pid"] for each in state("s")["nodes"]}
        done = made("slice s { node a { kind host; memory 32M; } node b { kind host; } node d { kind host; } link a b { rate 10M; } link d b:ge7; }")
        for expected in "remove link b c", "remove node c", "add node d", "add link d b:ge7", "change node a: limits", "change link a b: rate 10M":
            self.assertIn(expected, done.out)
        after = {each["name"]: each["pid"] for each in state("s")["nodes"]}
        self.assertEqual((after["a"], after["b"]), (pids["a"], pids["b"]))
        self.assertNotIn("c", after)
        self.assertTrue(pings("s", "d", address("s", "b", 1)))
        self.assertTrue(pings("s", "a", address("s", "b")))

    def test_a_node_that_dies_comes_back(self):
        made(RING)
        to = address("ring", "r2-h1")
        wait_until(lambda: pings("ring", "r1-h1", to), "the hosts reach each other", 60)
        pid = node("ring", "r1")["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: node("ring", "r1")["pid"] not in (0, pid) and node("ring", "r1")["actual"] == "up", "r1 is up again", 20)
        self.assertEqual(node("ring", "r1")["restarts"], 1)
        wait_until(lambda: pings("ring", "r1-h1", to), "the hosts reach each other again", 60)
        self.assertIn("node r1 died: killed by signal Killed", slice_("events", "ring").out)

    def test_stop_and_start(self):
        made(RING)
        self.assertEqual(slice_("stop", "ring", "r1").code, 0)
        self.assertEqual((node("ring", "r1")["actual"], node("ring", "r1")["wanted"]), ("stopped", "stopped"))
        self.assertIn("is stopped", slice_("exec", "ring", "r1", "true").err)
        self.assertEqual(slice_("start", "ring", "r1").code, 0)
        self.assertEqual(node("ring", "r1")["actual"], "up")
        refused = slice_("restart", "ring", "nobody")
        self.assertEqual((refused.code, "there is no node \"nobody\"" in refused.err), (1, True))
        refused = json.loads(slice_("restart", "ring", "nobody", "--json").out)
        self.assertEqual((refused["code"], refused["text"]), (1, 'there is no node "nobody" in ring'))

    def test_events(self):
        made("slice s { node a { kind host; } node b { kind host; } link a b; at 1s { link a b down; } at 2s { link a b up; } "
             "at 2500ms { node a run touch seen; } }")
        wait_until(lambda: "process a ended: touch with status 0" in slice_("events", "s").out, "the last event", 30)
        records = [json.loads(line) for line in slice_("events", "s", "--json").out.splitlines()]
        up = next(each["time"] for each in records if each["kind"] == "slice" and each["what"] == "up")
        times = [each["time"] - up for each in records if each["kind"] == "link"]
        self.assertEqual([each["what"] for each in records if each["kind"] == "link"], ["down", "up"])
        for wanted, was in zip((1, 2), times):
            self.assertAlmostEqual(was, wanted, delta=0.05 * lab.SLOWDOWN)
        self.assertEqual(slice_("exec", "s", "a", "ls", "/run/node/seen").code, 0)

    def test_other_makes(self):
        # A Xylem router between one of BIRD and one of FRR; a program of its own in a fourth node.
        bird = written(BIRD_RIP.replace("10.255.0.1", "${loopback}").replace('"stub"', '"lo"').replace('"eth*"', '"ge*"'))
        frr = written("router rip\n timers basic 5 20 10\n network ge0\n redistribute connected\n")
        made("slice s { node b { kind bird; config \"" + bird + "\"; } node x { " + RIP + " } "
             "node f { kind frr; daemons ripd; config \"" + frr + "\"; memory 256M; } "
             "node e { kind exec; command " + PYTHON + " -m http.server 80 --directory /run/node; } link b x; link x f; link e x; }")
        loopback = {which: node("s", which)["loopbacks"][0] for which in "bf"}
        for a, b in ("b", "f"), ("f", "b"):
            wait_until(lambda: slice_("exec", "s", a, "ping", "-q", "-c", "1", "-W", "1", "-I", loopback[a], loopback[b]).code == 0,
                       f"{a} reaches {b}", 60)
        fetch = "import urllib.request as u; print(u.urlopen('http://" + address("s", "e") + "/', timeout=2).status)"
        wait_until(lambda: slice_("exec", "s", "x", PYTHON, "-c", fetch).out == "200\n", "the program answers")

    def test_the_click_plane(self):
        made("slice s { defaults { node { " + RIP + " } } node a; node b { plane click; } node c; node h { kind host; } node g { kind host; } "
             "link h a; link a b; link b c; link c g; }")
        to = address("s", "g")
        wait_until(lambda: pings("s", "h", to), "packets cross the Click plane", 60)
        done = slice_("exec", "s", "h", "ping", "-n", "-c", "5", "-i", "0.05", to)
        self.assertIn(" 0% packet loss", done.out)
        self.assertNotIn("DUP", done.out)

    def test_capture(self):
        made("slice s { node a { kind host; } node b { kind host; } node c { kind host; } link a b { prefix 10.1.1.0/30; } link b c; }")
        capture = subprocess.Popen([XYLEM, "slice", "capture", "s", "a", "b:ge0", "-f", "icmp", "-c", "4", "-w", "/run/all.pcapng"],
                                   stdin=subprocess.DEVNULL)
        wait_until(lambda: os.path.getsize("/run/all.pcapng") > 0, "the capture has begun")
        wait_until(lambda: pings("s", "a", "10.1.1.2") and capture.poll() is not None, "four packets have come")
        self.assertEqual(capture.returncode, 0)
        shown = subprocess.run(["tcpdump", "-n", "-r", "/run/all.pcapng"], capture_output=True, text=True)
        self.assertEqual(shown.stdout.count("ICMP echo re"), 4, shown.stdout + shown.stderr)
        with open("/run/all.pcapng", "rb") as file:
            content = file.read()
        self.assertTrue(b"a:ge0" in content and b"b:ge0" in content)
        self.assertEqual(slice_("capture", "s", "nobody").code, 1)
        self.assertEqual(slice_("capture", "s", "a", "-f", "nonsense is this").code, 1)

    def test_a_grid_of_ospf(self):
        ospf = RIP.split("protocols")[0] + ('protocols { ospf { router-id "${loopback}"; area 0.0.0.0 { interface lo { passive; } '
                                            "interface ge* { type point-to-point; hello-interval 1; dead-interval 4; } } } }")
        made("slice g { defaults { node { " + ospf + " } } generate r { grid 3x3; hosts 1; } }")
        hosts = [each["name"] for each in state("g")["nodes"] if each["kind"] == "host"]
        self.assertEqual(len(hosts), 9)
        addresses = {host: address("g", host) for host in hosts}
        for a in hosts:
            for b in hosts:
                wait_until(lambda: pings("g", a, addresses[b]), f"{a} reaches {b}", 60)

    def test_completion(self):
        made("slice s { node alpha { kind host; } }")
        def completed(*words):
            script = f'eval "$({XYLEM} slice completion)"; COMP_WORDS=(xylem slice {" ".join(words)}); COMP_CWORD={len(words) + 1}; _xylem_slice; echo "${{COMPREPLY[@]}}"'
            return subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split()
        self.assertEqual(completed("des"), ["destroy"])
        self.assertEqual(completed("show", "''"), ["s"])
        self.assertEqual(completed("cli", "s", "al"), ["alpha"])

    def test_lan(self):
        made("slice s { node a { kind host; } node b { kind host; } node c { kind host; } lan l { members a b c; prefix 10.9.0.0/24; } }")
        for to in "10.9.0.2", "10.9.0.3":
            wait_until(lambda: pings("s", "a", to), f"a reaches {to}")

    def test_equal_slices_do_not_meet(self):
        for name in "one", "two":
            made(f"slice {name} {{ node a {{ kind host; }} node b {{ kind host; }} link a b {{ prefix 10.1.1.0/30; }} }}")
        self.assertTrue(pings("one", "a", "10.1.1.2"))
        slice_("cut", "two", "a", "b")
        self.assertFalse(pings("two", "a", "10.1.1.2"))
        self.assertTrue(pings("one", "a", "10.1.1.2"))
        slice_("destroy", "two")
        self.assertTrue(pings("one", "a", "10.1.1.2"))

    def test_two_creates_of_one_name(self):
        file = written(RING)
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(slice_("create", file).code)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(codes, [0, 0, 0, 0])
        self.assertEqual(len(state("ring")["nodes"]), 6)

    def test_what_fails_is_taken_back(self):
        # A device cannot have this size.
        broken = "slice s { node a { kind host; } node b { kind host; } link a b { mtu 68; prefix 2001:db8::/64; } }"
        done = slice_("create", written(broken))
        self.assertEqual(done.code, 2, done.out + done.err)
        self.assertIn("the address 2001:db8::1/64", done.err)
        self.assertNothingIsLeft()
        good = "slice s { node a { kind host; } node b { kind host; } link a b { prefix 10.1.1.0/30; } }"
        made(good)
        self.assertEqual(slice_("create", written(broken)).code, 2)
        self.assertTrue(pings("s", "a", "10.1.1.2"))

    def test_interrupt(self):
        file = written("slice big { defaults { node { " + RIP + " } } generate r { ring 30; } }")
        creating = subprocess.Popen([XYLEM, "slice", "create", file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: "x.big.r3" in os.listdir("/run/netns"), "it has begun")
        creating.send_signal(signal.SIGINT)
        self.assertEqual((creating.wait(60), "interrupted" in creating.stderr.read()), (2, True))
        creating.stderr.close()
        self.assertNothingIsLeft()

    def test_a_keeper_that_dies(self):
        made(RING)
        keeper = int(subprocess.run(["pgrep", "-f", "xylem-slice keep ring", "-o"], capture_output=True, text=True).stdout)
        os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: "lost" in slice_("show").out, "the slice is told as lost")
        self.assertIn("that nobody keeps", slice_("gc").out)
        self.assertNothingIsLeft()
        made(RING)
        self.assertEqual(state("ring")["state"], "up")

    def test_what_is_wrong(self):
        done = slice_("create", written("slice s {\n node a;\n link a b;\n}"))
        self.assertEqual(done.code, 1)
        self.assertRegex(done.err, r":3:7: slice s link \"a b\": there is no node \"b\"; expected \"a\"")
        done = slice_("validate", written("slice s { node a { protocols { rip { updat-interval 3; } } } }"))
        self.assertEqual(done.code, 1)
        self.assertRegex(done.err, r"1:38: slice s node a protocols rip: \"updat-interval\" is not known here; did you mean \"update-interval\"?")
        self.assertEqual(slice_("show", "nobody").code, 1)
        self.assertNothingIsLeft()

    def test_a_namespace_that_somebody_removes(self):
        made("slice s { node a { kind host; } node b { kind host; } link a b; }")
        subprocess.run(["ip", "netns", "delete", "x.s.a"], check=True)
        os.kill(node("s", "a")["pid"], signal.SIGKILL)
        wait_until(lambda: "x.s.a" in node("s", "a")["why"], "what is missing is told")
        self.assertEqual(slice_("show", "s").code, 3)
        self.assertEqual(slice_("destroy", "s").code, 0)
        self.assertNothingIsLeft()

    def test_save_and_graph(self):
        made(RING)
        slice_("cut", "ring", "r1", "r2")
        with tempfile.TemporaryDirectory(dir="/run") as folder:
            self.assertEqual(slice_("save", "ring", folder).code, 0)
            self.assertEqual(sorted(os.listdir(folder)), ["r1.conf", "r2.conf", "r3.conf", "ring.slice"])
        self.assertIn("style=dashed", slice_("graph", "ring").out)
        self.assertIn("<svg", slice_("graph", "ring", "--svg").out)
        self.assertIn("-.-", slice_("graph", "ring", "--mermaid").out)


if __name__ == "__main__":
    lab.main()
