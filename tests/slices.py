"""For tests of slices: the command, and what it could leave.

Tests derive from Slices, which ends all slices that a test has made.
"""

import ctypes
import json
import os
import platform
import re
import struct
import subprocess
import tempfile
import unittest

import lab
import sandbox
from lab import wait_until

PYTHON = "/usr/bin/python3"  # One that nodes may run.
# UDP packets: ADDRESS COUNT SIZE PAUSE, with a pause after each twenty.
SEND = """
import socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
count, size, pause = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
for i in range(count):
    try:
        out.sendto(b"x" * size, (sys.argv[1], 9))
    except OSError:
        pass
    if pause and i % 20 == 0:
        time.sleep(pause)
"""
# UDP to ADDRESS: 10,000 packets a second for SECONDS, in bursts of ten, by the clock.
STREAM = """
import socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begin, bursts = time.monotonic(), int(float(sys.argv[2]) * 1000)
for i in range(bursts):
    wait = begin + i * 0.001 - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    for _ in range(10):
        out.sendto(b"x" * 32, (sys.argv[1], 9))
print(bursts * 10, time.monotonic() - begin)
"""
# What arrives at an INTERFACE in two seconds, once packets come: bits per second.
WATCH = """
import re, sys, time
def bytes_in():
    with open("/proc/net/dev") as table:
        return int(re.search(sys.argv[1] + r": *([0-9]+)", table.read())[1])
while True:
    begin, first = time.monotonic(), bytes_in()
    time.sleep(0.2)
    if bytes_in() - first > 20000:
        break
begin, first = time.monotonic(), bytes_in()
time.sleep(2)
print((bytes_in() - first) * 8 / (time.monotonic() - begin))
"""

XYLEM = os.path.join(lab.BUILD, "xylem")
# Sanitized daemons take more memory than a node has by default.
RIP = ("memory 2G; " if lab.SLOWDOWN > 1 else "") + "protocols { rip { interface ge*; update-interval 2; timeout 12; garbage-collect 8; redistribute connected; } }"


def refuse_bpf():
    """The kernel refuses BPF to this process from now on, and to all that it starts (seccomp)."""
    number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    load_number, if_equal, give, errno, allow = 0x20, 0x15, 0x06, 0x00050001, 0x7FFF0000
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in (
        (load_number, 0, 0, 0), (if_equal, 0, 1, number), (give, 0, 0, errno), (give, 0, 0, allow))))
    sandbox.system("prctl", 22, 2, ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(program))))


class Done:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr


def slice_(*words, timeout=120):
    """What `xylem slice WORDS` says."""
    return Done(subprocess.run([XYLEM, "slice", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                               timeout=timeout * lab.SLOWDOWN))


class Machine:
    """A machine of its own for slices, as far as those can tell: a network, which `underlay` joins with others, and /run."""

    def __init__(self, name):
        self.name = name
        furnish = "mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up && echo ready && exec sleep infinity"
        self.sleeper = subprocess.Popen(["unshare", "--net", "--mount", "/bin/sh", "-c", furnish], stdout=subprocess.PIPE, text=True)
        self.sleeper.stdout.readline()
        self.slice("show")
        self.before = self.traces()

    def inside(self, *words):
        return ["nsenter", "-t", str(self.sleeper.pid), "--net", "--mount", *words]

    def run(self, *words, timeout=120, prepare=None):
        return Done(subprocess.run(self.inside(*words), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout * lab.SLOWDOWN,
                                   preexec_fn=prepare))

    def slice(self, *words, timeout=120, prepare=None):
        return self.run(XYLEM, "slice", *words, timeout=timeout, prepare=prepare)

    def namespace(self, name):
        """Where its file is, for who is outside."""
        return os.path.join("/proc", str(self.sleeper.pid), "root", "run", "netns", name)

    def write(self, path, text):
        subprocess.run(self.inside("tee", path), input=text, text=True, stdout=subprocess.DEVNULL, check=True)

    def made(self, file, prepare=None):
        """What is on this host. `prepare` is called in the process that makes it first."""
        done = self.slice("create", file, "--host", self.name, prepare=prepare)
        if done.code != 0:
            raise AssertionError(done.out + done.err + self.logs())
        return done

    def state(self, name):
        return json.loads(self.slice("show", name, "--json").out)

    def node(self, name, which):
        return next(each for each in self.state(name)["nodes"] if each["name"] == which)

    def address(self, name, which, interface=0):
        return next(word.split("/")[0] for word in self.node(name, which)["interfaces"][interface]["addresses"] if ":" not in word)

    def pings(self, name, source, to, *options):
        return self.slice("exec", name, source, "ping", "-n", "-q", "-c", "1", "-W", "1", *options, to).code == 0

    def logs(self):
        return self.run("/bin/sh", "-c", "tail -n 20 /run/xylem-slices/*/keeper.log /run/xylem-slices/*/logs/*").out

    def traces(self):
        """All of this machine that a slice could leave."""
        command = ("ls /run/netns; find /run/xylem-slices -type f ! -name domain ! -name lock | sort; findmnt -rno TARGET | grep ^/run/[^n]; grep -o '^ *[^ :|]*:' /proc/net/dev; "
                   "nft list ruleset; ip rule; ip route; cat /proc/sys/net/ipv4/conf/*/forwarding")
        return self.run("/bin/sh", "-c", command).out

    def end(self):
        for name in {line.split(".")[1] for line in self.run("ls", "/run/netns").out.split() if line.startswith("x.")}:
            self.slice("destroy", name)
        self.sleeper.kill()
        self.sleeper.stdout.close()
        self.sleeper.wait()
        subprocess.run(["ip", "link", "del", "to-" + self.name], check=False, stderr=subprocess.DEVNULL)


def underlay(machines, mtu=1500):
    """Joins them by a bridge; the first has the address 192.0.2.1."""
    quick = lambda *words: subprocess.run(["ip", *words], check=True)
    quick("link", "add", "underlay", "mtu", str(mtu), "type", "bridge")
    quick("link", "set", "underlay", "up")
    for number, each in enumerate(machines, 1):
        quick("link", "add", "to-" + each.name, "mtu", str(mtu), "type", "veth", "peer", "eth0", "mtu", str(mtu), "netns", str(each.sleeper.pid))
        quick("link", "set", "to-" + each.name, "master", "underlay", "up")
        each.run("ip", "address", "add", f"192.0.2.{number}/24", "dev", "eth0")
        each.run("ip", "link", "set", "eth0", "up")
        each.before = each.traces()


def written(text):
    with tempfile.NamedTemporaryFile("w", suffix=".slice", delete=False, dir="/run") as file:
        file.write(text)
    return file.name


def made(text):
    """Create what the text says, and fail if that fails."""
    done = slice_("create", written(text))
    if done.code != 0:
        raise AssertionError(done.out + done.err + logs())
    return done


def logs():
    """What keepers and nodes have printed."""
    return subprocess.run("tail -n 20 /run/xylem-slices/*/keeper.log /run/xylem-slices/*/logs/* 2>&1", shell=True,
                          capture_output=True, text=True).stdout


def state(name):
    return json.loads(slice_("show", name, "--json").out)


def node(name, which):
    return next(each for each in state(name)["nodes"] if each["name"] == which)


def address(name, which, interface=0, version=4):
    words = [word.split("/")[0] for word in node(name, which)["interfaces"][interface]["addresses"]]
    return next(word for word in words if (":" in word) == (version == 6))


def pings(name, source, to, count=1):
    return slice_("exec", name, source, "ping", "-n", "-q", "-c", str(count), "-i", "0.05", "-W", "1", to).code == 0


def domain():
    with open("/run/xylem-slices/domain") as file:
        return file.read().strip()


def cgroups():
    found = []
    for root, folders, _ in os.walk("/sys/fs/cgroup"):
        if root.endswith("/xylem/" + domain()):
            found += [os.path.join(root, each) for each in folders]
            folders.clear()
    return sorted(found)


def traces():
    """All of this machine that a slice could leave: namespaces, devices, mounts, processes, groups, files."""
    mounts = subprocess.run(["findmnt", "-rno", "TARGET"], capture_output=True, text=True).stdout.split()
    processes = [line for line in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.splitlines()
                 if "xylem" in line and "slice-" not in line and "python" not in line]
    files = sorted(os.path.join(root, file) for root, _, names in os.walk("/run/xylem-slices") for file in names
                   if file not in ("domain", "lock"))
    with open("/proc/net/dev") as table:
        devices = re.findall(r"^ *(\S+):", table.read(), re.M)
    return {"namespaces": sorted(os.listdir("/run/netns")), "devices": devices,
            "mounts": sorted(each for each in mounts if each != "/run/netns"), "processes": processes, "groups": cgroups(), "files": files}


class Slices(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        slice_("show")  # Makes the folder of slices.
        self.before = traces()

    def tearDown(self):
        for name in {each.split(".")[1] for each in os.listdir("/run/netns") if each.startswith("x.")}:
            slice_("destroy", name)

    def assertNothingIsLeft(self):
        try:
            wait_until(lambda: traces() == self.before, "nothing is left")
        except AssertionError:
            self.assertEqual(traces(), self.before, logs())
