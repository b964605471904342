#!/usr/bin/python3
"""Ways out of slices and into them: a machine, an "internet" that knows nothing of slices, and what must stay apart."""

import subprocess
import unittest

import lab
from lab import wait_until
from slices import PYTHON, RIP, XYLEM, Machine, underlay

INTERNET = "198.51.100.1"
WEB = f'kind exec; command {PYTHON} -m http.server 80 --directory /etc; '
ROUTED = RIP.replace("redistribute connected;", "redistribute connected; redistribute static;")
# h - r, which leaves; and a web server that only answers.
SLICE = ("slice NAME { node h { kind host; } node r { " + ROUTED + " } node web { " + WEB + " } link h r { prefix 10.1.1.0/30; } "
         "link web r { prefix 10.1.2.0/30; } egress nat { node r; } MORE }")
FETCH = "import sys, urllib.request as u; print(len(u.urlopen('http://' + sys.argv[1] + '/services', timeout=3).read()))"
# Answers each connection with the address that it comes from.
WHO = ("import socket\ns = socket.create_server(('0.0.0.0', 7), reuse_port=True)\nprint('ready', flush=True)\n"
       "while True:\n  c, who = s.accept()\n  c.sendall(who[0].encode())\n  c.close()")
ASK = "import socket, sys; print(socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).recv(100).decode())"


def text(name, more=""):
    return SLICE.replace("NAME", name).replace("MORE", more)


class SliceGateTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.host, self.internet = self.machines = Machine("H"), Machine("I")
        underlay(self.machines)
        self.host.run("ip", "route", "add", "default", "via", "192.0.2.2")
        self.internet.run("ip", "address", "add", INTERNET + "/32", "dev", "lo")
        # It would answer, if it could.
        self.internet.run("ip", "route", "add", "100.64.0.0/10", "via", "192.0.2.1")
        self.internet.run("ip", "route", "add", "10.0.0.0/8", "via", "192.0.2.1")
        self.host.before = self.host.traces()

    def tearDown(self):
        for each in self.machines:
            each.end()
        subprocess.run(["ip", "link", "del", "underlay"], check=False, stderr=subprocess.DEVNULL)

    def made(self, name, more="", changed=lambda text: text):
        self.host.write("/run/file", changed(text(name, more)))
        done = self.host.slice("create", "/run/file")
        self.assertEqual(done.code, 0, done.out + done.err + self.host.logs())

    def serving(self):
        server = subprocess.Popen(self.internet.inside(PYTHON, "-c", WHO), stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        server.stdout.readline()

    def says(self, name, node, address, port=7):
        return self.host.slice("exec", name, node, PYTHON, "-c", ASK, address, str(port)).out.strip()

    def assertNothingIsLeft(self):
        try:
            wait_until(lambda: self.host.traces() == self.host.before, "nothing is left")
        except AssertionError:
            self.assertEqual(self.host.traces(), self.host.before, self.host.logs())

    def test_two_equal_slices_leave_by_one_machine(self):
        self.serving()
        # The router of the second is on the Click plane.
        self.made("one")
        self.made("two", changed=lambda text: text.replace("node r {", "node r { plane click;"))
        for name in "one", "two":
            # The router itself, and a host behind it, which hears of the way out by RIP.
            for node in "r", "h":
                wait_until(lambda: self.says(name, node, INTERNET) == "192.0.2.1", f"{node} of {name} reaches the internet as the machine", 60)
            self.assertTrue(self.host.pings(name, "h", INTERNET))
        self.host.slice("destroy", "one")
        self.assertEqual(self.says("two", "h", INTERNET), "192.0.2.1")
        self.host.slice("destroy", "two")
        self.assertNothingIsLeft()

    def test_nothing_else_is_reached(self):
        self.made("one", "ingress tcp 8080 to web:80;")
        self.made("two")
        uplinks = {name: self.host.run("nsenter", f"--net=/run/netns/x.{name}", "ip", "-br", "-4", "address", "show", "up0").out.split()[2].split("/")[0] for name in ("one", "two")}
        mine = [word.split("/")[0] for line in self.host.run("ip", "-br", "-4", "address").out.splitlines() if "xgate" in line for word in line.split()[2:]]
        self.assertEqual(len(mine), 2)
        wait_until(lambda: self.host.pings("two", "r", INTERNET), "the internet is there", 60)
        listening = subprocess.Popen(self.host.inside(PYTHON, "-c", WHO), stdout=subprocess.PIPE, text=True)
        with listening:
            listening.stdout.readline()
            for to in ["192.0.2.1", *mine]:
                self.assertFalse(self.host.pings("two", "r", to), to)
                self.assertEqual(self.says("two", "r", to), "", to)
            listening.kill()
        # Neither the other slice, nor by its port; nor does anybody outside reach them.
        self.assertFalse(self.host.pings("two", "r", uplinks["one"]))
        self.assertNotIn("HTTP", self.host.slice("exec", "two", "r", PYTHON, "-c", FETCH, "192.0.2.1:8080").out)
        for to in (*uplinks.values(), *mine, "100.64.0.2", "10.1.1.1"):
            inside = to not in mine
            self.assertEqual(self.internet.run("ping", "-n", "-q", "-c", "1", "-W", "0.3", to).code != 0, inside, to)
        # Who leaves by the machine may not by another device of it.
        self.host.run("ip", "link", "add", "other", "type", "veth", "peer", "another")
        self.host.run("ip", "address", "add", "203.0.113.1/24", "dev", "other")
        for device in "other", "another":
            self.assertEqual(self.host.run("ip", "link", "set", device, "up").code, 0)
        self.says("two", "r", "203.0.113.2")
        self.assertNotIn("203.0.113.2", self.host.run("ip", "neigh").out)

    def test_ports_lead_in(self):
        self.made("one", "ingress tcp 8080 to web:80;")
        for machine in self.internet, self.host:
            wait_until(lambda: int(machine.run(PYTHON, "-c", FETCH, "192.0.2.1:8080").out) > 1000, "a page of the slice", 60)
        self.assertEqual(self.host.node("one", "web")["interfaces"][-1]["name"], "nat0")
        # A node with a way in alone has none out.
        self.assertFalse(self.host.slice("exec", "one", "web", "ping", "-q", "-c", "1", "-W", "1", "-I", "nat0", INTERNET).code == 0)
        # The port is taken, for other slices and for other programs.
        self.host.write("/run/file", text("two", "ingress tcp 8080 to h:80;"))
        done = self.host.slice("create", "/run/file")
        self.assertEqual((done.code, "somebody else's already" in done.err), (2, True), done.err)
        # It is moved while the slice runs; what runs there does not notice.
        pid = self.host.node("one", "web")["pid"]
        self.made("one", "ingress tcp 8081 to web:80;")
        wait_until(lambda: int(self.internet.run(PYTHON, "-c", FETCH, "192.0.2.1:8081").out) > 1000, "a page by the other port")
        self.assertEqual(self.internet.run(PYTHON, "-c", FETCH, "192.0.2.1:8080").out, "")
        self.assertEqual(self.host.node("one", "web")["pid"], pid)
        self.made("one", changed=lambda text: text.replace("egress nat { node r; }", ""))
        self.assertNotIn("xgate", self.host.run("ip", "link").out + self.host.run("nft", "list", "ruleset").out)
        self.host.slice("destroy", "one")
        self.assertNothingIsLeft()

    def test_a_dead_keeper_leaves_nothing_that_gc_does_not_find(self):
        self.made("one", "ingress tcp 8080 to web:80;")
        subprocess.run(["pkill", "-KILL", "-f", "xylem-slice keep"], check=False)
        wait_until(lambda: "one" in self.host.slice("gc").out, "gc has found it")
        self.assertNothingIsLeft()

    def test_the_device_is_there(self):
        self.host.run("ip", "route", "del", "default")
        self.host.write("/run/file", text("one"))
        done = self.host.slice("create", "/run/file")
        self.assertEqual((done.code, "no default route" in done.err), (1, True), done.err)
        self.host.write("/run/file", text("one").replace("node r; }", "node r; device eth7; }"))
        done = self.host.slice("create", "/run/file")
        self.assertEqual((done.code, 'no device "eth7"' in done.err), (1, True), done.err)


if __name__ == "__main__":
    lab.main()
