#!/usr/bin/python3
"""The click plane is steered over control sockets, to the letter of the protocol, and replaced while it runs."""

import os
import socket
import subprocess
import tempfile
import time
import unittest

import lab

CLICK = os.path.join(lab.BUILD, "xylem-click")


class Plane:
    """A click process with a configuration, and conversations with it."""

    def __init__(self, config, *args, stderr=subprocess.PIPE):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "s")
        self.process = subprocess.Popen([CLICK, "-e", config.replace("$S", self.path), *args], stderr=stderr, text=True,
                                        cwd=self.directory.name)

    def connect(self, family=socket.AF_UNIX, address=None):
        def connected():
            client = socket.socket(family, socket.SOCK_STREAM)
            if client.connect_ex(address or self.path) == 0:
                return client
            client.close()
            return None

        client = lab.wait_until(connected, "a control connection")
        client.settimeout(20 * lab.SLOWDOWN)
        return client

    def ask(self, text, **to):
        """All that is answered to this, the greeting included."""
        with self.connect(**to) as client:
            client.sendall(text.encode())
            client.shutdown(socket.SHUT_WR)
            return everything(client)

    def end(self):
        self.process.terminate()
        _, errors = self.process.communicate(timeout=20 * lab.SLOWDOWN)
        self.directory.cleanup()
        return errors


def everything(client):
    out = b""
    while more := client.recv(4096):
        out += more
    return out.decode()


def until(client, end):
    out = b""
    while not out.endswith(end.encode()):
        out += client.recv(1)
    return out.decode()


GREETING = "Click::ControlSocket/1.3\r\n"
HELD = 'i :: Idle -> q :: Queue(5) -> d :: Idle; s :: Script(TYPE PASSIVE, return "$args"); '


class ControlTest(unittest.TestCase):
    maxDiff = None

    def check(self, config, *exchange, args=()):
        plane = Plane(config, *args)
        try:
            for question, answer in exchange:
                with self.subTest(question=question):
                    self.assertEqual(GREETING + answer, plane.ask(question))
        finally:
            plane.end()

    def test_reading_and_writing(self):
        self.check(
            HELD + "ControlSocket(unix, $S);",
            ("READ q.length\r\n", "200 Read handler 'q.length' OK\r\nDATA 1\r\n0"),
            ("read q.length\nget 2.capacity\n", "200 Read handler 'q.length' OK\r\nDATA 1\r\n0"
             "200 Read handler '2.capacity' OK\r\nDATA 1\r\n5"),
            ("WRITE q.capacity 7\r\nREAD q.capacity", "200 Write handler 'q.capacity' OK\r\n"
             "200 Read handler 'q.capacity' OK\r\nDATA 1\r\n7"),
            ("WRITE q.capacity x\r\n", "520-Write handler 'q.capacity' error:\r\n520 invalid number\r\n"),
            ("READ version\r\n", "200 Read handler 'version' OK\r\nDATA 3\r\n2.1"),
            ("READ 0.version\r\nREAD .version\r\n", "200 Read handler '0.version' OK\r\nDATA 3\r\n2.1"
             "200 Read handler '.version' OK\r\nDATA 3\r\n2.1"),
            ("READ s.add 1 2\r\n", "200 Read handler 's.add' OK\r\nDATA 1\r\n3"),
            ("READ x.length\r\n", "510 No element named 'x'\r\n"),
            ("READ q.foo\r\n", "511 No handler named 'q.foo'\r\n"),
            ("READ s.cat /etc/passwd\r\n", "511 No handler named 's.cat'\r\n"),
            ("READ q.reset\r\n", "530 Handler 'q.reset' write-only\r\n"),
            ("WRITE q.length 3\r\n", "530 Handler 'q.length' read-only\r\n"),
            ("READ s.add x\r\n", "590-Read handler 's.add' error:\r\n590 expected list of numbers\r\n"),
            ("READ q.length 3\r\n", "590-Read handler 'q.length' error:\r\n"
             "590 read handler 'q.length' does not take parameters\r\n"),
            ("READ\r\n", "500 Wrong number of arguments\r\n"),
            ("FOO bar\r\n", "501 Command 'FOO' unimplemented\r\n"),
            ("\r\n\r\nQUIT\r\nREAD q.length\r\n", "200 Goodbye!\r\n"))

    def test_data(self):
        self.check(
            HELD + "ControlSocket(unix, $S);",
            ("READDATA s.run 3\r\na b", "200 Read handler 's.run' OK\r\nDATA 5\r\n\"a b\""),
            ("READDATA s.run 3\r\na", "500 Not enough data\r\n501 Command 'A' unimplemented\r\n"),
            ("READUNTIL s.run END\r\na\r\nb\r\nEND \r\nREAD q.length\r\n", "200 Read handler 's.run' OK\r\nDATA 8\r\n\"a\r\nb\r\n\""
             "200 Read handler 'q.length' OK\r\nDATA 1\r\n0"),
            ("WRITEDATA q.capacity 2\r\n12READ q.capacity\r\n", "200 Write handler 'q.capacity' OK\r\n"
             "200 Read handler 'q.capacity' OK\r\nDATA 2\r\n12"),
            ("WRITEUNTIL q.capacity\r\n13\r\n\r\nREAD q.capacity\r\n", "200 Write handler 'q.capacity' OK\r\n"
             "200 Read handler 'q.capacity' OK\r\nDATA 2\r\n13"),
            ("WRITEUNTIL q.capacity X\r\n13", "500 Connection closed\r\n501 Command '13' unimplemented\r\n"),
            ("WRITEDATA q.capacity x\r\n", "500 Syntax error in 'WRITEDATA'\r\n"))

    def test_checks_and_llrpc(self):
        self.check(
            HELD + "ControlSocket(unix, $S);",
            ("CHECKREAD q.length\r\n", "200 Read handler 'q.length' OK\r\n"),
            ("CHECKWRITE q.length\r\n", "511 Handler 'q.length' not writable\r\n"),
            ("CHECKREAD q.reset\r\n", "511 Handler 'q.reset' not readable\r\n"),
            ("CHECKREAD q.foo\r\n", "511 No handler named 'q.foo'\r\n"),
            ("LLRPC q#zz\r\n", "500 Syntax error in LLRPC name 'q#zz'\r\n"),
            ("LLRPC x#1\r\n", "510 No element named 'x'\r\n"),
            ("LLRPC q#1\r\n", "501 Cannot call LLRPC 'q#1' remotely\r\n"),
            ("LLRPC q#80044001 2\r\nab", "522 LLRPC 'q#80044001' requires 4 bytes input data\r\n"),
            ("LLRPC q#80044001 4\r\nabcd", "522 LLRPC 'q#80044001' error: Invalid argument\r\n"))

    def test_read_only(self):
        self.check(HELD + "ControlSocket(unix, $S, READONLY true);",
                   ("WRITE q.capacity 3\r\n", "530 Permission denied for 'q.capacity'\r\n"),
                   ("CHECKWRITE q.capacity\r\n", "530 Permission denied for 'q.capacity'\r\n"),
                   ("READ q.capacity\r\n", "200 Read handler 'q.capacity' OK\r\nDATA 1\r\n5"))

    def test_proxy(self):
        self.check('p :: Script(TYPE PROXY, returnq "$0 $args"); ControlSocket(unix, $S, PROXY p);',
                   ("READ foo.bar x\r\n", "200 Read handler 'foo.bar' OK\r\nDATA 9\r\nfoo.bar x"))

    def test_driver_options(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        plane = Plane("Idle -> c :: Counter -> Idle;", "-p", str(port), "-u", "t")
        try:
            plane.path = os.path.join(plane.directory.name, "t")
            self.assertIn("DATA 1\r\n0", plane.ask("READ c.count\r\n"))
            self.assertIn("DATA 1\r\n0", plane.ask("READ c.count\r\n", family=socket.AF_INET, address=("127.0.0.1", port)))
            self.assertIn("520", plane.ask("WRITE hotconfig Idle\r\n").replace("511 No handler", "520"))
        finally:
            plane.end()

    def test_verbose(self):
        plane = Plane("c :: ControlSocket(unix, $S, VERBOSE true);")
        plane.ask("QUIT\r\n")
        self.assertRegex(plane.end(), r"c :: ControlSocket: opened connection \d+\nc :: ControlSocket: closed connection \d+\n")

    def test_address_in_use(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "u")
            config = f"ControlSocket(unix, {path}); ControlSocket(unix, {path}, RETRIES 1); ControlSocket(unix, {path});"
            ran = subprocess.run([CLICK, "-e", config], capture_output=True, text=True, timeout=20 * lab.SLOWDOWN)
            self.assertEqual("config:1: While initializing 'ControlSocket@2 :: ControlSocket':\n"
                             "  warning: bind: Address already in use (1 try left)\n"
                             "config:1: While initializing 'ControlSocket@3 :: ControlSocket':\n"
                             "  bind: Address already in use\nRouter could not be initialized!\n", ran.stderr)

    def test_hotswap_keeps_connections_and_state(self):
        first = "i :: InfiniteSource(LIMIT 3) -> q :: Queue(5) -> Idle; c :: ControlSocket(unix, $S);"
        plane = Plane(first, "-R")
        try:
            with plane.connect() as client:
                until(client, GREETING)
                deadline = time.time() + 20
                answer = ""
                while not answer.endswith("3") and time.time() < deadline:
                    client.sendall(b"READ q.length\r\n")
                    answer = until(client, "DATA 1\r\n") + client.recv(1).decode()
                bad = "q :: Queue(5) -> Idle; c :: ControlSocket(unix, $S);".replace("$S", plane.path)
                client.sendall(f"WRITEDATA hotconfig {len(bad)}\r\n{bad}".encode())
                self.assertEqual("520-Write handler 'hotconfig' error:\r\n520-hotconfig:1: 'q :: Queue' input 0 unused\r\n"
                                 "520 Router could not be initialized!\r\n", until(client, "initialized!\r\n"))
                good = "Idle -> q :: Queue(9) -> n :: Null -> Idle; c :: ControlSocket(unix, $S);".replace("$S", plane.path)
                client.sendall(f"WRITEDATA hotconfig {len(good)}\r\n{good}READ q.length\r\nREAD n.name\r\nQUIT\r\n".encode())
                self.assertEqual("200 Write handler 'hotconfig' OK\r\n200 Read handler 'q.length' OK\r\nDATA 1\r\n3"
                                 "200 Read handler 'n.name' OK\r\nDATA 1\r\nn200 Goodbye!\r\n", everything(client))
            self.assertIn("DATA 1\r\n9", plane.ask("READ q.capacity\r\n"))
        finally:
            self.assertEqual("", plane.end())


class ChatterTest(unittest.TestCase):
    CONFIG = ("ControlSocket(unix, $S); ChatterSocket(unix, chatter); "
              "i :: InfiniteSource(abc, LIMIT 1, ACTIVE false) -> Print(first) -> Discard;")

    def test_who_listens_hears_on_after_a_hotswap(self):
        plane = Plane(self.CONFIG, "-R")
        try:
            with plane.connect(address=os.path.join(plane.directory.name, "chatter")) as listener:
                self.assertEqual("Click::ChatterSocket/1.0\r\n", until(listener, "\n"))
                plane.ask("WRITE i.active true\r\n")
                self.assertEqual("first:    3 | 616263\n", until(listener, "\n"))
                second = self.CONFIG.replace("first", "second").replace("$S", plane.path)
                self.assertIn("200", plane.ask(f"WRITEDATA hotconfig {len(second)}\r\n{second}"))
                plane.ask("WRITE i.active true\r\n")
                self.assertEqual("second:    3 | 616263\n", until(listener, "\n"))
        finally:
            self.assertEqual("first:    3 | 616263\nsecond:    3 | 616263\n", plane.end())

    def test_who_reads_too_slowly_is_left(self):
        plane = Plane("ControlSocket(unix, $S); ChatterSocket(unix, chatter); s :: Script(TYPE PASSIVE, read t.run); "
                      f't :: Script(TYPE PASSIVE, returnq "{"x" * 60000}");', stderr=subprocess.DEVNULL)
        try:
            chatter = os.path.join(plane.directory.name, "chatter")
            with plane.connect(address=chatter) as listener:
                until(listener, "\n")
                for _ in range(30):
                    plane.ask("WRITE s.run\r\n")
                self.assertLess(len(everything(listener)), 1500000)
        finally:
            plane.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
