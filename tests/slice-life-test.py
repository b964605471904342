#!/usr/bin/python3
"""The life of slices: parts, leases, what outlives a keeper, and watching all that."""

import json
import os
import signal
import subprocess
import tempfile
import time

import lab
from lab import wait_until
from slices import XYLEM, Slices, address, made, node, pings, slice_, state, written

LINE = "slice s { %s node a { kind host; } node b { kind host; } node c { kind host; } link a b; link b c { delay 1ms; } %s }"


FEA = os.path.join(lab.BUILD, "xylem-fea")


def run(command):
    subprocess.run(command, shell=True, check=True)


def table(space):
    """Routes of a namespace, whatever numbers the kernel's nexthop objects have."""
    routes = []
    for version in "-4", "-6":
        text = subprocess.run(["ip", "-n", space, "-j", version, "route"], capture_output=True, text=True, check=True).stdout
        for route in json.loads(text):
            route.pop("nhid", None)
            routes.append(json.dumps(route, sort_keys=True))
    return [json.loads(each) for each in sorted(routes)]


def has_local_addresses(space):
    """The kernel makes link-local addresses within a second after a link is up."""
    wait_until(lambda: subprocess.run(["ip", "-n", space, "-6", "addr", "show", "scope", "link", "-tentative"], capture_output=True, text=True)
               .stdout.count("inet6 fe80") == 2, "there are link-local addresses")


def parts(stream):
    """A forwarding stream as text."""
    done = subprocess.run(["capnp", "convert", "binary:text", "-I.", "fea/fea.capnp", "Part"], input=stream, capture_output=True, check=True)
    return done.stdout.decode()


def kill_keeper(name):
    """Kill -9; returns when its lease is free, so that all know."""
    done = subprocess.run(["pgrep", "-f", f"^xylem-slice keep {name}( |$)", "-o"], capture_output=True, text=True)
    os.kill(int(done.stdout), signal.SIGKILL)
    wait_until(lambda: "lost" in slice_("show").out, "the slice is told as lost")


def links(name):
    return {each["name"]: (each["forth"], each["back"], each["up"]) for each in state(name)["links"]}


def events(name):
    return [json.loads(line) for line in slice_("events", name, "--json").out.splitlines()]


def followed(*words):
    return subprocess.Popen([XYLEM, "slice", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


class SliceLifeTest(Slices):
    def test_a_part_and_then_the_rest(self):
        file = written(LINE % ("", ""))
        self.assertEqual(slice_("plan", file, "--node", "a,b").out, "add slice s\nadd node a: host\nadd node b: host\nadd link a b\n")
        done = slice_("create", file, "--node", "a,b")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("s is up: 2 nodes, 1 links", done.out)
        self.assertEqual([each["name"] for each in state("s")["nodes"]], ["a", "b"])
        self.assertTrue(pings("s", "a", address("s", "b")))
        pid = node("s", "a")["pid"]
        refused = slice_("create", file, "--node", "a,x")
        self.assertEqual((refused.code, 'there is no node "x" in s' in refused.err), (1, True))
        self.assertEqual(slice_("plan", file, "--node", "c").out, "add node c: host\nadd link b c: delay 1ms\n")
        self.assertEqual(slice_("create", file, "--node", "c").code, 0)
        self.assertEqual(slice_("plan", file).out, "nothing to do\n")
        self.assertTrue(pings("s", "b", address("s", "c")))
        self.assertEqual(node("s", "a")["pid"], pid)

    def test_a_part_is_kept(self):
        slice_("create", written(LINE % ("", "")), "--node", "a,b")
        kill_keeper("s")
        self.assertEqual(slice_("start", "s").code, 0)
        self.assertEqual([each["name"] for each in state("s")["nodes"]], ["a", "b"])

    def test_a_lease_ends(self):
        made(LINE % ("lease 3s;", ""))
        following = followed("events", "s", "--follow")
        watching = followed("show", "s", "--watch", "--json")
        wait_until(lambda: "s" not in slice_("show").out.split(), "the keeper has removed the slice")
        self.assertIn("lease over", following.communicate(timeout=60)[0].replace("  ", " "))
        told = [json.loads(line) for line in watching.communicate(timeout=60)[0].splitlines()]
        self.assertGreater(told[0]["ends"], 0)
        self.assertEqual((following.returncode, watching.returncode), (0, 0))
        self.assertNothingIsLeft()

    def test_a_lease_is_renewed(self):
        made(LINE % ("lease 5s;", ""))
        done = slice_("renew", "s", "1h")
        self.assertEqual((done.code, "the lease of s is over at " in done.out), (0, True), done.err)
        ends = state("s")["ends"]
        self.assertGreater(ends, state("s")["since"] + 3000)
        self.assertIn("lease over in", slice_("show", "s").out)
        self.assertIn(("lease", "renewed", "for 1h"), [(each["kind"], each["what"], each["detail"]) for each in events("s")])
        # It outlives a keeper, and the same file again.
        kill_keeper("s")
        made(LINE % ("lease 5s;", ""))
        self.assertEqual(state("s")["ends"], ends)
        refused = slice_("renew", "s", "soon")
        self.assertEqual((refused.code, '"soon" is no time' in refused.err), (1, True))
        self.assertEqual(slice_("renew", "s").code, 0)
        self.assertLess(state("s")["ends"], ends)
        made("slice t { node a { kind host; } }")
        self.assertIn("t has no lease", slice_("renew", "t").err)

    def test_impairments_outlive_the_keeper(self):
        file = written(LINE % ("", ""))
        slice_("create", file)
        slice_("impair", "s", "a", "b", "rate=10M")
        slice_("impair", "s", "b->c", "loss=5%")
        slice_("cut", "s", "a", "b")
        before = links("s")
        self.assertEqual(before, {"a b": ("rate 10M", "rate 10M", False), "b c": ("delay 1ms loss 5%", "delay 1ms", True)})
        slice_("restart", "s", "b")
        self.assertEqual(links("s"), before)
        since = state("s")["since"]
        for again in ("create", file), ("start", "s"):
            kill_keeper("s")
            self.assertEqual(slice_(*again).code, 0)
            self.assertEqual(links("s"), before)
            self.assertEqual(state("s")["since"], since)
            self.assertIn("tbf", slice_("exec", "s", "a", "tc", "qdisc", "show", "dev", "ge0").out)
            self.assertFalse(pings("s", "a", address("s", "b")))
        slice_("mend", "s", "a", "b")
        self.assertTrue(pings("s", "a", address("s", "b")))
        self.assertEqual(slice_("impair", "s", "b", "c", "--clear").code, 0)
        self.assertEqual(links("s")["b c"], ("delay 1ms", "delay 1ms", True))
        # What is destroyed, or told to be garbage, is forgotten.
        slice_("destroy", "s")
        slice_("create", file)
        self.assertEqual(links("s")["a b"], ("", "", True))
        slice_("impair", "s", "a", "b", "rate=10M")
        kill_keeper("s")
        slice_("gc")
        self.assertNothingIsLeft()
        self.assertEqual(slice_("start", "s").code, 1)

    def test_events_go_on_after_a_keeper(self):
        made(LINE % ("", "at 500ms { link a b down; } at 3s { link a b up; node a run touch late; node c stop; } at 1h { link b c down; }"))
        wait_until(lambda: not links("s")["a b"][2], "the first event")
        since = state("s")["since"]
        kill_keeper("s")
        wait_until(lambda: time.time() > since + 3.5, "the second event is missed")
        self.assertEqual(slice_("start", "s").code, 0)
        self.assertTrue(links("s")["a b"][2])
        wait_until(lambda: node("s", "c")["actual"] == "stopped", "what stops a node is made up for")
        told = [(each["kind"], each["name"], each["what"]) for each in events("s")]
        self.assertIn(("node", "a", "missed"), told)
        self.assertNotIn(("link", "b c", "down"), told)
        self.assertNotEqual(slice_("exec", "s", "a", "ls", "/run/node/late").code, 0)

    def test_a_router_is_cloned(self):
        # A neighbor that the router does not say goodbye to.
        made("slice s { node r { protocols { static { route 10.3.3.0/30 { next-hop 10.2.2.2; } route 10.4.0.0/16 { blackhole; } } } } "
             "node q { protocols { static { route 10.1.1.0/30 { next-hop 10.2.2.1; } } } } node a { kind host; } node b { kind host; } "
             "link a r { prefix 10.1.1.0/30; } link r q { prefix 10.2.2.0/30; } link q b { prefix 10.3.3.0/30; } }")
        to = "10.3.3.2"
        wait_until(lambda: pings("s", "a", to), "the hosts reach each other", 60)
        has_local_addresses("x.s.r")
        folder = tempfile.mkdtemp(dir="/run")
        done = slice_("save", "s", folder, "--forwarding")
        self.assertEqual(done.code, 0, done.err)
        before = table("x.s.r")
        self.assertTrue(any(each.get("protocol") == "178" for each in before), before)
        # The router is gone; its interfaces go into an empty namespace.
        slice_("stop", "s", "r")
        # As nodes of slices, it does not look for duplicates.
        run("ip netns add clone; ip netns exec clone sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0;"
            "for each in ge0 ge1; do ip -n x.s.r link set $each netns clone; done; ip -n clone link set lo up")
        self.assertFalse(pings("s", "a", to))
        with open(folder + "/r.forwarding", "rb") as stream:
            saved = stream.read()
        done = subprocess.run(["ip", "netns", "exec", "clone", FEA, "--import"], input=saved, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(table("clone"), before)
        self.assertTrue(pings("s", "a", to, 3))
        has_local_addresses("clone")
        again = subprocess.run(["ip", "netns", "exec", "clone", FEA, "--export"], capture_output=True)
        self.assertEqual((again.returncode, parts(again.stdout)), (0, parts(saved)))
        self.assertEqual(again.stdout, saved)
        cut = subprocess.run(["ip", "netns", "exec", "clone", FEA, "--import"], input=saved[:-8], capture_output=True)
        self.assertEqual(cut.returncode, 1)
        run("ip netns delete clone")

    def test_a_folder_of_namespaces_below_another_mount(self):
        """What `ip netns` makes beside a slice does not hide the slice's namespaces."""
        script = ("set -e; hide() { mount -t tmpfs none /run; mkdir /run/netns; }; hide; mount --bind /run/netns /run/netns; hide; "
                  "$1 slice create /dev/stdin >&2; ip netns add other; $1 slice destroy s >&2; ls /run/netns; ip netns delete other")
        done = subprocess.run(["unshare", "--mount", "/bin/sh", "-c", script, "sh", XYLEM], input="slice s { node a { kind host; } }", capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "other\n"), done.stderr)

    def test_show_watches(self):
        made(LINE % ("", ""))
        one, everything = followed("show", "s", "--watch"), followed("show", "--watch", "--json")
        self.assertEqual(json.loads(everything.stdout.readline())["slice"], "s")
        while "c:ge0" not in one.stdout.readline():
            pass
        slice_("cut", "s", "a", "b")
        while "down" not in one.stdout.readline():
            pass
        made("slice t { node a { kind host; } }")
        while json.loads(everything.stdout.readline())["slice"] != "t":
            pass
        slice_("destroy", "s")
        self.assertTrue(one.communicate(timeout=60)[0].endswith("s is gone\n"))
        self.assertEqual(one.returncode, 0)
        slice_("stop", "t", "a")
        while True:
            told = json.loads(everything.stdout.readline())
            if told["slice"] == "t" and told["nodes"] and told["nodes"][0]["actual"] == "stopped":
                break
        everything.kill()
        everything.communicate()

    def test_a_keeper_that_nobody_asks_ends(self):
        # As when a create is killed before it has said what it wants.
        slice_("adopt", "s", "0")
        self.assertIn("starting", slice_("show").out.split())
        self.assertNothingIsLeft()

    def test_what_is_lost_is_told(self):
        made(LINE % ("", ""))
        kill_keeper("s")
        self.assertEqual(json.loads(slice_("show", "--json").out)["state"], "lost")


if __name__ == "__main__":
    lab.main()
