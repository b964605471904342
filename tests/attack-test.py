#!/usr/bin/python3
"""A process that lies, floods, hangs or breaks the wire format harms nobody but itself.

        h1 (BIRD) ---- r1 (Xylem, attacked) ---- h2

The attackers are the program tests/daemons/attacker.cc, which speaks the protocol and does it badly, and raw sockets that
do not speak it at all; as a guest, and as root, which may do what a protocol daemon may. During and after each attack the router's processes
are the same, answer, learn and forward, and have not grown.
"""

import array
import os
import signal
import socket
import struct
import subprocess
import time
import unittest

import lab
from lab import Lab, Router, wait_until
from peers import BIRD_RIP, xylem_rip

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
VICTIMS = ["rtrmgr", "finder", "rib", "fea"]
GROWTH = 160 << 10  # KiB that a victim may have grown by after an attack: windows, buffers, and what the allocator keeps.


class AttackTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.here = Lab()
        cls.addClassCleanup(cls.here.stop)
        cls.h1, cls.h2 = cls.here.bird("h1", BIRD_RIP), cls.here.host("h2")
        cls.r1 = cls.here.router("r1", xylem_rip({"eth0": "10.0.1.1/24", "eth1": "10.0.2.1/24"}))
        cls.here.link(cls.h1, cls.r1, "10.0.1.2/24", capture=False)
        cls.here.link(cls.r1, cls.h2, "", "10.0.2.2/24", capture=False)
        cls.h2.ip("route", "add", "10.0.0.0/8", "via", "10.0.2.1")
        cls.h1.stub("10.1.0.1/24")
        cls.here.start()
        wait_until(lambda: cls.h2.ping("10.1.0.1"), "the router forwards", 40)
        cls.pids = cls.r1.pids()
        cls.begin = {name: cls.memory(name) for name in VICTIMS}
        cls.rounds = 0

    @classmethod
    def memory(cls, name, kind="VmRSS"):
        with open(f"/proc/{cls.pids[name]}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(kind))

    def attack(self, *words, guest=False, patience=60):
        """Start the attacker; healthy() while it runs, and when it has ended."""
        program = [lab.BUILD + "/tests/daemons/attacker", "/run/xylem/r1", *words]
        process = self.r1.spawn("attacker-" + "-".join(words), *(NOBODY if guest else []), *program)
        self.healthy(" ".join(words))
        process.wait(patience * lab.SLOWDOWN)
        self.assertEqual(process.returncode, 0, self.r1.read("attacker-" + "-".join(words) + ".log")[-2000:])
        self.healthy("after " + " ".join(words))

    def healthy(self, when):
        """The processes are the same, answer, forward and learn."""
        try:
            pids = wait_until(self.r1.pids, "the Finder answers")
            self.assertEqual({name: pids.get(name) for name in self.pids}, self.pids)
            for command in "show route", "show interfaces", "show rip", "show configuration":
                wait_until(lambda: self.r1.cli(command), command + " is answered")
            wait_until(lambda: self.h2.ping("10.1.0.1"), "the router forwards")
            AttackTest.rounds += 1
            net = f"10.{64 + self.rounds % 128}.0"
            self.h1.ip("address", "add", net + ".1/24", "dev", "stub")
            wait_until(lambda: net + ".0/24" in self.r1.routes(), "the router learns")
            self.h1.ip("address", "delete", net + ".1/24", "dev", "stub")
            for name in VICTIMS:
                self.assertLess(self.memory(name) - self.begin[name], GROWTH, f"{name} grows")
        except AssertionError as error:
            self.here.report()
            raise AssertionError(f"{when}: {error}") from error

    # ---- those who do not speak the protocol: raw bytes on the Finder's socket

    def raw(self):
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.connect("/run/xylem/r1/finder")
        end.settimeout(5 * lab.SLOWDOWN)
        return end

    def dropped(self, end):
        """The other side has closed."""
        try:
            while end.recv(65536):
                pass
        except ConnectionError:
            pass
        end.close()

    def send(self, end, data):
        try:
            end.sendall(data)
        except OSError:
            pass

    def test_garbage(self):
        for size in 1, 7, 8, 100, 100_000:
            end = self.raw()
            self.send(end, os.urandom(size))
            end.shutdown(socket.SHUT_WR)
            self.dropped(end)
        for word in 0xffffffff, 0x0000ffff, 0xffff0000, 600, 17 << 16:
            end = self.raw()
            self.send(end, struct.pack("<II", word, 1))
            self.dropped(end)
        self.healthy("garbage")

    def test_sizes_that_are_not_true(self):
        ends = []
        for words in 1 << 17, 7 << 20, (1 << 32) - 1:
            end = self.raw()
            self.send(end, struct.pack("<II", 0, words) + b"\0" * 100)
            ends.append(end)
        end = self.raw()
        self.send(end, struct.pack("<I", 511) + struct.pack("<I", 1 << 23) * 512)  # 32 GiB in 512 pieces.
        ends.append(end)
        end = self.raw()
        self.send(end, struct.pack("<I", 511) + struct.pack("<I", 0) * 513)  # Empty segments.
        ends.append(end)
        self.healthy("sizes that are not true")
        for end in ends:
            end.close()

    def test_cut_messages(self):
        message = struct.pack("<IIQQ", 0, 2, 1 << 32, 0)
        for size in range(1, len(message)):
            end = self.raw()
            self.send(end, message[:size])
            end.close()
        self.healthy("cut messages")

    def test_descriptors_without_a_message(self):
        with open("/dev/null") as null:
            end = self.raw()
            fds = array.array("i", [null.fileno()] * 16)
            try:
                for _ in range(100):
                    end.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            except OSError:
                pass
            self.dropped(end)
        self.assertLess(len(os.listdir(f"/proc/{self.pids['finder']}/fd")), 100)
        self.healthy("descriptors")

    def test_thousands_of_connections(self):
        """By a guest: his are counted. Root's are too many only when the descriptors end."""
        program = ("import socket, sys, time\nends = []\n"
                   "for i in range(3000):\n"
                   "    end = socket.socket(socket.AF_UNIX)\n    ends.append(end)\n"
                   "    end.connect('/run/xylem/r1/finder')\n"
                   "print('connected', flush=True)\ntime.sleep(600)\n")
        process = self.r1.spawn("crowd", *NOBODY, "prlimit", "--nofile=4000", "python3", "-c", program)
        wait_until(lambda: "connected" in self.r1.read("crowd.log"), "the crowd is there", 60)
        self.healthy("a crowd")
        self.assertLess(len(os.listdir(f"/proc/{self.pids['finder']}/fd")), 400)
        process.terminate()
        process.wait()
        self.healthy("after a crowd")

    # ---- those who speak it

    def test_mistyped(self):
        for victim in VICTIMS:
            self.attack("mistyped", victim)
            self.attack("mistyped", victim, guest=True)

    def test_flood(self):
        for victim in VICTIMS:
            self.attack("flood", victim, guest=True)
            self.attack("flood", victim)

    def test_unfinished(self):
        for victim in VICTIMS:
            self.attack("unfinished", victim, guest=True)

    def test_connects(self):
        for victim in VICTIMS:
            self.attack("connects", victim, guest=True)

    def test_registers(self):
        self.attack("impostor", "rib", guest=True)
        self.attack("impostor", "rib")
        self.attack("names")
        self.attack("watches", guest=True)
        self.attack("hangs")

    def test_routes(self):
        self.attack("batches")
        self.attack("groups")
        self.attack("followers")

    def test_sockets(self):
        self.attack("sockets")
        self.attack("options")

    def test_configurations(self):
        self.attack("configurations", guest=True)
        self.attack("configurations")


if __name__ == "__main__":
    lab.main()
