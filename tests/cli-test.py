#!/usr/bin/python3
"""The CLI from outside: on a terminal as a person uses it, and in scripts."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import lab
from lab import Lab, wait_until

CONFIG = "system {\n    host-name r1;\n}\n"


class Terminal:
    """A person at `xylem cli`; the screen has 12 rows."""

    def __init__(self, node):
        command = node.inside(node.XYLEM, "cli", "--name", node.name)
        environment = {**os.environ, "TERM": "xterm", "HOME": node.directory, "LC_ALL": "C.UTF-8"}
        environment.pop("XDG_STATE_HOME", None)
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 80, 0, 0))
            os.execvpe(command[0], command, environment)
        self.seen = ""

    def __enter__(self):
        self.wait("r1> ")
        return self

    def __exit__(self, *error):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.screen)

    def type(self, keys):
        self.seen = ""
        os.write(self.screen, keys.encode())

    def read(self):
        if select.select([self.screen], [], [], 0.05)[0]:
            try:
                self.seen += os.read(self.screen, 65536).decode(errors="replace")
            except OSError:
                return False  # The other side has closed.
        return True

    def text(self):
        """What was seen since the last keys, without the terminal's own codes."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen).replace("\r", "")

    def wait(self, text, timeout=20):
        deadline = time.monotonic() + timeout * lab.SLOWDOWN
        while text not in self.text():
            if time.monotonic() > deadline or not self.read():
                raise AssertionError(f"no {text!r} in {self.text()!r}")
        return self.text()

    def wait_end(self):
        deadline = time.monotonic() + 20 * lab.SLOWDOWN
        while self.read():
            if time.monotonic() > deadline:
                raise AssertionError(f"the session goes on: {self.text()!r}")

    def run(self, command, prompt="r1> "):
        """What a command says."""
        self.type(command + "\n")
        return self.wait("\n" if prompt is None else prompt, 20)


class TerminalTest(unittest.TestCase):
    def setUp(self):
        here = self.enterContext(Lab())
        self.r1 = here.router("r1", CONFIG)
        here.start()
        self.r1.ready()

    def test_tab_completes(self):
        with Terminal(self.r1) as me:
            me.type("sh\tconfi\tsys\t")
            me.wait("show configuration system")
            me.type("\n")
            me.wait("host-name r1;")

    def test_tab_lists_what_is_possible(self):
        with Terminal(self.r1) as me:
            me.type("show co\t")
            self.assertIn("commits ", me.wait("> show co"))
            self.assertIn("configuration ", me.text())

    def test_question_mark_helps_without_enter(self):
        with Terminal(self.r1) as me:
            me.type("show p?")
            self.assertIn("process  ", me.wait("> show p"))
            me.type("roc\n")
            self.assertIn("rtrmgr", me.wait("r1> "))
            me.type("show process | match \"x?")
            me.wait("\"x?")
            self.assertNotIn("Run this command", me.text())

    def test_interrupt_gives_a_line_up(self):
        with Terminal(self.r1) as me:
            me.type("show nonsense\x03show configuration\n")
            me.wait("host-name")
            self.assertNotIn("did you mean", me.text())

    def test_what_is_typed_ahead_waits_for_the_prompt(self):
        with Terminal(self.r1) as me:
            me.type("ping 127.0.0.1 count 2\nshow configuration\nshow process\n")
            me.wait("packets transmitted")
            me.wait("host-name")
            me.wait("rtrmgr")
            me.type("ping 127.0.0.1 count 1000\n")
            me.wait("icmp_seq=2")
            me.type("show nonsense\n\x03")
            self.assertNotIn("did you mean", me.run("show configuration"))
            me.type("ping 127.0.0.1 count 2\n\x04")
            me.wait_end()

    def test_keys_are_never_lost_around_the_prompt(self):
        with Terminal(self.r1) as me:
            for number in range(100):
                me.type("help | match zzz\n" if number % 2 else "\x03")
                me.wait("r1> ")
            me.type("\x04")
            me.wait_end()

    def test_terminal_is_restored(self):
        other, end = pty.openpty()
        fresh = termios.tcgetattr(end)
        os.close(other)
        os.close(end)
        with Terminal(self.r1) as me:
            me.type("exit\n")
            me.wait_end()
            self.assertEqual(termios.tcgetattr(me.screen), fresh)
        for command in "", "ping 127.0.0.1 count 1000\n":
            with Terminal(self.r1) as me:
                me.type(command)
                me.wait("icmp_seq=2" if command else "")
                os.kill(me.pid, signal.SIGTERM)
                me.wait_end()
                self.assertEqual(termios.tcgetattr(me.screen), fresh)

    def test_interrupt_ends_a_command(self):
        with Terminal(self.r1) as me:
            me.type("ping 127.0.0.1 count 1000\n")
            me.wait("icmp_seq=2")
            me.type("\x03")
            self.assertIn("packets transmitted", me.wait("r1> "))
            self.assertIn("host-name", me.run("show configuration"))

    def test_long_output_stops_at_each_page(self):
        with Terminal(self.r1) as me:
            me.run("configure", "r1# ")
            for number in range(30):
                me.run(f"set interfaces interface if{number} mtu 1500", "r1# ")
            me.type("show\n")
            self.assertNotIn("if4", me.wait("--More--"))
            me.type("\n")
            self.assertEqual(me.wait("--More--").count("mtu"), 1)
            me.type(" ")
            self.assertGreater(me.wait("--More--").count("mtu"), 2)
            me.type("q")
            self.assertNotIn("if29", me.wait("r1# "))
            me.type("show\n")
            me.wait("--More--")
            me.type("\x03")
            me.wait("r1# ")
            self.assertIn("if29", me.run("show | no-more", "r1# "))

    def test_carets_stand_under_the_word(self):
        with Terminal(self.r1) as me:
            me.type("show prozess\n")
            lines = me.wait("did you mean").splitlines()
            caret = next(line for line in lines if line.strip() == "^")
            self.assertEqual(caret.index("^"), len(self.user() + "@r1> show "))

    def user(self):
        return subprocess.check_output(["id", "-un"], text=True).strip()

    def test_history_outlives_a_session(self):
        with Terminal(self.r1) as me:
            me.run("show configuration system | count")
            me.type("\x04")
            me.wait_end()
        with Terminal(self.r1) as me:
            me.type("\x1b[A")
            me.wait("show configuration system | count")
        self.assertEqual(os.stat(self.r1.directory + "/.xylem_history").st_mode & 0o077, 0)

    def test_changes_are_committed(self):
        with Terminal(self.r1) as me:
            me.run("configure", "r1# ")
            me.run("set system host-name r2", "r1# ")
            me.type("\x04")
            self.assertIn("there are changes", me.wait("r1# "))
            me.run("commit", "r2# ")
            me.type("\x04")
            me.wait("r2> ")
            me.type("\x04")
            me.wait_end()
        self.assertIn("host-name r2", self.r1.cli("show configuration"))


class ScriptTest(unittest.TestCase):
    def setUp(self):
        here = self.enterContext(Lab())
        self.r1 = here.router("r1", CONFIG)
        here.start()
        self.r1.ready()

    def input(self, text):
        command = self.r1.inside(self.r1.XYLEM, "cli", "--name", "r1")
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60 * lab.SLOWDOWN)

    def test_ten_thousand_lines_are_quick(self):
        lines = [f"set interfaces interface if{number} mtu 1500\n" for number in range(10000)]
        begin = time.monotonic()
        done = self.input("configure\n" + "".join(lines) + "show | match mtu | count\n")
        self.assertEqual((done.returncode, done.stdout), (0, "10000\n"), done.stderr)
        self.assertEqual(done.stderr, "changes were not committed\n")
        self.assertLess(time.monotonic() - begin, 5 * lab.SLOWDOWN)

    def test_nothing_is_done_after_a_failure(self):
        done = self.input("configure\nset system host-name r7\nset system nothing\ncommit\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 3 failed", done.stderr)
        self.assertIn("  set system nothing\n             ^\n", done.stderr)
        self.assertIn("host-name r1", self.r1.cli("show configuration"))

    def test_commands_share_a_session(self):
        self.assertEqual(self.r1.cli("configure", "set system host-name r3", "commit comment \"by hand\""), "committed\n")
        self.assertIn("by hand", self.r1.cli("show commits"))

    def test_no_such_router(self):
        done = subprocess.run([self.r1.XYLEM, "cli", "--name", "nobody", "-c", "help"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no router of this name runs here", done.stderr)

    def test_a_daemon_is_what_it_is_called_as(self):
        done = subprocess.run([os.path.join(lab.BUILD, "xylemd"), "--help"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^xylemd: call it by a link with the name of what it shall be:.* xylem-finder .*xylem-rib ")
        for name in done.stderr.split(":")[-1].split():
            helped = subprocess.run([os.path.join(lab.BUILD, name), "--help"], capture_output=True, text=True)
            self.assertIn(name, helped.stdout)

    def test_programs_run_where_the_router_is(self):
        outside = subprocess.run([self.r1.XYLEM, "cli", "--name", "r1", "-c", "ping 192.0.2.1 count 1"],
                                 capture_output=True, text=True)
        self.assertNotEqual(outside.returncode, 0)
        self.r1.ip("address", "add", "192.0.2.1/32", "dev", "lo")
        outside = subprocess.run([self.r1.XYLEM, "cli", "--name", "r1", "-c", "ping 192.0.2.1 count 1"],
                                 capture_output=True, text=True)
        self.assertIn("1 received", outside.stdout)
        self.assertEqual(outside.returncode, 0)

    def test_guests_look(self):
        command = self.r1.inside("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", self.r1.XYLEM, "cli",
                                 "--name", "r1")
        look = subprocess.run([*command, "-c", "show configuration"], capture_output=True, text=True)
        self.assertIn("host-name r1", look.stdout, look.stderr)
        touch = subprocess.run([*command, "-c", "configure"], capture_output=True, text=True)
        self.assertEqual(touch.returncode, 1)
        self.assertIn("may configure this router; you may look", touch.stderr)


class CheckTest(unittest.TestCase):
    def test_daemons_find_what_the_grammar_allows(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("interfaces {\n"
                       "    interface eth0 { address 10.0.1.1/24; }\n"
                       "    interface eth1 { address 10.0.1.1/24; }\n"
                       "}\n"
                       "protocols static {\n"
                       "    route 10.9.0.0/24 { next-hop 10.0.1.2; }\n"
                       "    route 10.8.0.0/16;\n"
                       "}\n")
            file.flush()
            done = subprocess.run([lab.BUILD + "/xylem", "check", file.name], capture_output=True, text=True)
            self.assertEqual(done.stdout.replace(file.name, "FILE"),
                             "FILE:3:30: interfaces interface eth1 address 10.0.1.1/24: interface eth0 has this address already\n"
                             "FILE:7:11: protocols static route 10.8.0.0/16: "
                             "needs a `next-hop`, an `interface`, `blackhole` or `unreachable`\n")
            self.assertEqual((done.returncode, done.stderr), (1, ""))


if __name__ == "__main__":
    lab.main()
