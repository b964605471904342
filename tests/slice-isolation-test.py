#!/usr/bin/python3
"""Attempts to break out of a node, or to starve a neighbour."""

import glob
import os
import signal
import socket
import subprocess
import time

import lab
from lab import wait_until
from slices import PYTHON, RIP, XYLEM, Slices, domain, made, node, pings, slice_, state

HOSTS = "slice {name} {{ node a {{ kind host; {a} }} node b {{ kind host; }} link a b {{ prefix 10.1.1.0/30; }} }}"
# Share of a processor that it gets in three seconds, from that time on.
BURN = """
import select, sys, time
begin = float(sys.argv[1]) if len(sys.argv) > 1 else time.monotonic()
while time.monotonic() < begin:
    select.select([], [], [], 0.01)
before = time.process_time()
while time.monotonic() - begin < 3:
    pass
print((time.process_time() - before) / 3)
"""


def run(name, where, code, *arguments):
    return slice_("exec", name, where, PYTHON, "-c", code, *arguments, timeout=120)


def shell(name, where, command):
    return slice_("exec", name, where, "/bin/sh", "-c", command)


def text(path):
    with open(path) as file:
        return file.read()


def join(group, pids):
    for pid in pids:
        with open(os.path.join(group, "cgroup.procs"), "w") as door:
            door.write(pid)


class SliceIsolationTest(Slices):
    def two(self, a=""):
        for name in "one", "two":
            made(HOSTS.format(name=name, a=a if name == "one" else ""))

    def test_files(self):
        self.two()
        for command in ("touch /etc/of-a-node", "touch /usr/of-a-node", "echo x > /proc/sys/kernel/panic", "mknod /tmp/disk b 8 0 && cat /tmp/disk",
                        "mount -o remount,rw /", "umount /run", "mount -t tmpfs none /mnt", "echo 1 > /proc/sysrq-trigger", "cat /etc/shadow",
                        "ls /run/xylem-slices", "ls /root", "rmdir /sys/fs/cgroup/memory", "chroot /proc/1/root touch /etc/of-a-node"):
            self.assertNotEqual(shell("one", "a", command).code, 0, command)
        # What one writes where it may, no other sees.
        self.assertEqual(shell("one", "a", "echo secret > /tmp/mine; echo secret > /run/mine; echo secret > /dev/shm/mine").code, 0)
        for name, where in ("one", "b"), ("two", "a"):
            self.assertNotEqual(shell(name, where, "cat /tmp/mine /run/mine /dev/shm/mine | grep secret").code, 0)
        for path in "/tmp/mine", "/dev/shm/mine", "/etc/of-a-node":
            self.assertFalse(os.path.exists(path), path)

    def test_processes(self):
        self.two()
        seen = shell("one", "a", "ps -e -o args=").out
        self.assertNotIn("python", seen)
        self.assertEqual(len(seen.splitlines()), 3)  # Process 1, the shell, ps.
        victims = [node("one", "b")["pid"], node("two", "a")["pid"], os.getpid()]
        # By number, whoever it may be.
        self.assertEqual(run("one", "a", "import os\nfor pid in range(3, 70000):\n  try:\n    if pid not in (os.getpid(), os.getppid()): os.kill(pid, 9)\n"
                             "  except OSError: pass").code, 0)
        for pid in victims:
            os.kill(pid, 0)
        self.assertEqual(node("two", "a")["restarts"], 0)
        # Whoever has the pid of a process elsewhere cannot trace it: it is not there.
        for pid in victims:
            self.assertNotEqual(shell("one", "a", f"test -d /proc/{pid}/fd && ls /proc/{pid}/fd").code, 0)

    def test_its_users_are_nobody_outside(self):
        self.two()
        users = set()
        for name in "one", "two":
            with open(f"/proc/{node(name, 'a')['pid']}/status") as file:
                users.add(next(line.split()[1] for line in file if line.startswith("Uid:")))
        self.assertEqual(len(users), 2)
        self.assertNotIn("0", users)

    def test_sockets_and_xrls(self):
        made("slice r { node a { " + RIP + " } node h { kind host; } link a h; }")
        made("slice q { node a { " + RIP + " } }")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("\0of-this-machine")
        listener.listen()
        code = "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0of-this-machine')"
        self.assertIn("ConnectionRefusedError", run("r", "h", code).err)
        # No router's Finder but its own can be reached, and a host has none.
        self.assertIn("no router of this name", slice_("exec", "r", "h", XYLEM, "ps").err)
        self.assertEqual(shell("r", "a", "find / -xdev -name finder -type s 2>/dev/null | wc -l").out.strip(), "0")
        self.assertEqual(shell("r", "a", "find /run -name finder -type s").out.strip(), "/run/xylem/main/finder")
        listener.close()

    def test_raw_packets(self):
        self.two()
        quiet = shell("two", "b", "cat /proc/net/dev | grep ge0").out.split()
        flood = ("import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\ns.bind(('ge0', 0))\n"
                 "for i in range(20000): s.send(b'\\xff' * 6 + bytes([2, 0, 0, 0, i >> 8 & 255, i & 255]) + b'\\x08\\x00' + bytes(60))")
        self.assertEqual(run("one", "a", flood).code, 0)
        after = shell("two", "b", "cat /proc/net/dev | grep ge0").out.split()
        self.assertLess(int(after[2]) - int(quiet[2]), 50)
        self.assertTrue(pings("two", "a", "10.1.1.2"))

    def test_memory(self):
        made("slice m { defaults { node { " + RIP + " } } node a; node b; link a b; }")
        pids = [node("m", each)["pid"] for each in "ab"]
        hog = run("m", "a", "hoard = []\nwhile True: hoard.append(bytearray(1 << 20))")
        self.assertNotEqual(hog.code, 0)
        wait_until(lambda: node("m", "a")["actual"] == "up", "a is up, again if need be")
        self.assertEqual((node("m", "b")["pid"], node("m", "b")["restarts"]), (pids[1], 0))
        self.assertEqual(state("m")["state"], "up")

    def test_disk(self):
        self.two("disk 4M;")
        full = shell("one", "a", "head -c 100000000 /dev/zero > /tmp/big")
        self.assertIn("No space left", full.err)
        self.assertEqual(shell("one", "b", "head -c 2000000 /dev/zero > /tmp/small").code, 0)
        self.assertEqual(shell("two", "a", "head -c 2000000 /dev/zero > /tmp/small").code, 0)

    def test_pids(self):
        self.two("pids 32;")
        bomb = ("import os, signal\nos.setsid()\nmade = 0\ntry:\n  while True:\n    if os.fork() == 0: signal.pause(); os._exit(0)\n    made += 1\n"
                "except OSError:\n  print(made, flush=True)\n  os.killpg(0, 9)")
        self.assertLess(int(run("one", "a", bomb).out), 32)
        self.assertEqual(shell("two", "a", "for i in 1 2 3 4 5 6 7 8; do sleep 0 & done; wait").code, 0)

    def test_descriptors(self):
        self.two()
        greedy = "import os\nmade = []\ntry:\n  while True: made.append(os.open('/dev/null', 0))\nexcept OSError: print(len(made))"
        self.assertLess(int(run("one", "a", greedy).out), 8192)
        self.assertEqual(int(run("two", "a", "import os\nprint(len([os.open('/dev/null', 0) for i in range(1000)]))").out), 1000)

    def test_processors(self):
        self.two("cpu 10%;")
        used = float(run("one", "a", BURN).out)
        print(f"a node that may take 10 % of a processor takes {used * 100:.1f} %")
        self.assertLess(used, 0.15)

    def test_a_limit_changes_while_it_runs(self):
        made(HOSTS.format(name="one", a="cpu 10%;"))
        pid = node("one", "a")["pid"]
        burning = subprocess.Popen([XYLEM, "slice", "exec", "one", "a", PYTHON, "-c", BURN], stdout=subprocess.PIPE, text=True)
        made(HOSTS.format(name="one", a="cpu 2;"))
        with burning:
            self.assertGreater(float(burning.stdout.read()), 0.16)
        self.assertEqual(node("one", "a")["pid"], pid)

    def test_neighbours_of_what_dies_lose_nothing(self):
        made("slice x { defaults { node { " + RIP + " } } generate r { ring 3; } }")
        made(HOSTS.format(name="one", a=""))
        sending = subprocess.Popen([XYLEM, "slice", "exec", "one", "a", "ping", "-q", "-n", "-i", "0.002", "-c", "1500", "10.1.1.2"],
                                   stdout=subprocess.PIPE, text=True)
        for each in range(3):
            os.kill(state("x")["nodes"][each]["pid"], signal.SIGKILL)
        with sending:
            self.assertIn(" 0% packet loss", sending.stdout.read())

    def test_a_plane_goes_first_but_starves_nobody(self):
        """What computes in the group of a plane, as one that spins would, leaves little to other slices, but enough to route by."""
        made("slice p { node r { plane click; " + RIP + " } node h { kind host; } link r h; }")
        made("slice two { defaults { node { " + RIP + " } } node a; node b; link a b; }")
        [group] = glob.glob(f"/sys/fs/cgroup/**/xylem/{domain()}/-planes/p/r", recursive=True)
        members = lambda: text(os.path.join(group, "cgroup.procs")).split()
        wait_until(lambda: [text(f"/proc/{pid}/comm") for pid in members()] == ["xylem-click\n"], "the plane is in its group")
        count = os.cpu_count()
        start = str(time.monotonic() + 4)
        burning = [subprocess.Popen([XYLEM, "slice", "exec", name, node, PYTHON, "-c", BURN, start], stdout=subprocess.PIPE, text=True)
                   for name, node in [("p", "r")] * count + [("two", "a")] * count]
        found = lambda: subprocess.run(["pgrep", "-f", "^" + PYTHON + " -c.*" + start], capture_output=True, text=True).stdout.split()
        wait_until(lambda: len(found()) == 2 * count, "all are there")
        own = [pid for pid in found() if "/p/r" in text(f"/proc/{pid}/cgroup")]
        join(group, own)
        shares = []
        for each in burning:
            with each:
                shares.append(float(each.stdout.read()))
        plane, two = sum(shares[:count]), sum(shares[count:])
        print(f"{count} in the group of a plane take {plane:.2f} processors, {count} of another slice take {two:.3f}")
        self.assertGreater(plane, 3 * two)
        self.assertGreater(two, 0)
        # The plane spins all the time now, and a router of the neighbour starts and learns its routes.
        spinning = [subprocess.Popen([XYLEM, "slice", "exec", "p", "r", PYTHON, "-c", "while True: pass"]) for _ in range(count)]
        self.addCleanup(lambda: [(each.kill(), each.wait()) for each in spinning])
        loops = lambda: subprocess.run(["pgrep", "-f", "^" + PYTHON + " -c while True: pass"], capture_output=True, text=True).stdout.split()
        wait_until(lambda: len(loops()) == count, "all spin")
        join(group, loops())
        slice_("restart", "two", "b")
        wait_until(lambda: node("two", "b")["actual"] == "up", "the neighbour's router is up", 60)
        loopback = node("two", "b")["loopbacks"][0].split("/")[0]
        wait_until(lambda: pings("two", "a", loopback), "its neighbour learns the way to it", 60)

    def test_a_busy_neighbour_leaves_its_share(self):
        self.two()
        count = 2 * os.cpu_count()
        start = str(time.monotonic() + 3)
        burning = [subprocess.Popen([XYLEM, "slice", "exec", name, "a", PYTHON, "-c", BURN, start], stdout=subprocess.PIPE, text=True)
                   for name in ["one"] * count * 3 + ["two"] * count]
        shares = []
        for each in burning:
            with each:
                shares.append(float(each.stdout.read()))
        one, two = sum(shares[:count * 3]), sum(shares[count * 3:])
        print(f"{3 * count} greedy processes of one slice take {one:.2f} processors, {count} of another take {two:.2f}")
        self.assertGreater(min(one, two) / max(one, two), 0.8)


if __name__ == "__main__":
    lab.main()
