"""The lab: whole routers and real peers in network namespaces, for tests.

    class RipTest(unittest.TestCase):
        def test_learns(self):
            with Lab() as lab:
                h1 = lab.bird("h1", BIRD_CONFIG)
                r1 = lab.router("r1", ROUTER_CONFIG)
                lab.link(h1, r1, "10.0.1.2/24 2001:db8:1::2/64", "")
                lab.start()
                wait_until(lambda: "10.0.3.0/24" in h1.routes(), "h1 knows the far network")

    if __name__ == "__main__":
        main()

Nodes are made first, then linked, then started. The n-th link of a node is its interface eth<n>, from eth0 on. A link takes the
addresses of both ends, as words in one text; an end that configures itself gets none.

When a test fails inside the `with`, the logs of all nodes and the packets of all links are printed. When it ends, all
processes are ended; what withstands that dies with the sandbox, in which main() has put the program.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import sandbox

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("XYLEM_BUILD", os.path.join(ROOT, "build"))
SLOWDOWN = float(os.environ.get("XYLEM_SLOWDOWN", "1"))  # All patience is multiplied by this: sanitized daemons are slow.
PLANE = os.environ.get("XYLEM_PLANE", "kernel")  # The forwarding plane of routers that do not say which they want.
FLOW_PORT = 4242
SANITIZER = re.compile(r"(Address|Leak|Thread)Sanitizer|runtime error:")


def main():
    """Run the tests of the calling program in a sandbox."""
    sandbox.enter()
    unittest.main(verbosity=2)


def with_plane(config):
    """The configuration of a router over the plane that this run is about."""
    return config if PLANE == "kernel" or "forwarding" in config else config + f"\nforwarding {{ plane {PLANE}; }}\n"


def wait_until(what_is_true, what, timeout=20):
    """Poll until the function returns something true, and return that. An exception counts as false."""
    deadline = time.monotonic() + timeout * SLOWDOWN
    while True:
        try:
            last = what_is_true()
            if last:
                return last
        except (AssertionError, KeyError, IndexError, OSError, ValueError, subprocess.SubprocessError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain: {what}; last seen: {last!r}")
        time.sleep(0.03)


class Lab:
    def __init__(self):
        if "XYLEM_SANDBOX" not in os.environ:
            raise RuntimeError("a lab needs a sandbox: call lab.main(), or sandbox.enter() first")
        self.directory = tempfile.mkdtemp(prefix="lab-", dir="/run")
        os.chmod(self.directory, 0o755)
        self.nodes = {}
        self.captures = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        failed = kind is not None and kind is not unittest.SkipTest
        if not failed:
            for node in self.nodes.values():
                node.stop()
        bad = [f"{program} on {node.name}" for node in self.nodes.values() for program, log in node.logs()
               if SANITIZER.search(log)]
        if failed or bad:
            self.report()
        self.stop()
        if bad and not failed:
            raise AssertionError("the sanitizers found something in " + ", ".join(bad))

    def host(self, name):
        """A namespace with addresses and nothing else."""
        return Node(self, name)

    def bird(self, name, config):
        """A host that runs BIRD."""
        return Bird(self, name, config)

    def frr(self, name, configs):
        """A host that runs zebra and these daemons of FRR: {"ripd": configuration, ...}."""
        return Frr(self, name, configs)

    def openbgpd(self, name, config):
        """A host that runs OpenBGPD; one of them in a lab."""
        return OpenBgpd(self, name, config)

    def gobgp(self, name, config):
        """A host that runs GoBGP."""
        return GoBgp(self, name, config)

    def exabgp(self, name, config):
        """A host that runs ExaBGP, whose neighbors say `api { processes [ lab ]; ... }`."""
        return ExaBgp(self, name, config)

    def router(self, name, config):
        """A Xylem router."""
        return Router(self, name, config)

    def link(self, a, b, addresses_a="", addresses_b="", capture=True):
        """Connect two nodes, and return the names of the two interfaces."""
        ends = [(a, a.new_interface(), addresses_a), (b, b.new_interface(), addresses_b)]
        (_, name_a, _), (_, name_b, _) = ends
        ip("link", "add", name_a, "netns", a.name, "type", "veth", "peer", name_b, "netns", b.name)
        for node, name, addresses in ends:
            for address in addresses.split():
                node.ip("address", "add", address, "dev", name)
            node.ip("link", "set", name, "up")
        if capture:
            self.captures.append(Capture(a, name_a, f"{a.name}-{b.name}"))
        return name_a, name_b

    def start(self):
        """Start all nodes that are not yet running."""
        for capture in self.captures:
            capture.ready()
        for node in self.nodes.values():
            if not node.processes:
                node.start()

    def stop(self):
        """End all processes and remove all namespaces."""
        for node in self.nodes.values():
            node.stop()
        for capture in self.captures:
            capture.stop()
        for node in self.nodes.values():
            for pid in output("ip", "netns", "pids", node.name).split():
                os.kill(int(pid), signal.SIGKILL)
            ip("netns", "delete", node.name)
        shutil.rmtree(self.directory)
        self.nodes, self.captures = {}, []

    def report(self):
        """Print what the nodes have said and what the links have carried."""
        for node in self.nodes.values():
            for program, log in node.logs():
                show(f"log of {program} on {node.name}", log)
        for capture in self.captures:
            show(f"packets on {capture.title}", capture.text())


class Node:
    """A network namespace and the processes in it."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.interfaces = []
        self.processes = {}
        self.directory = os.path.join(lab.directory, name)
        os.mkdir(self.directory)
        ip("netns", "add", name)
        # Without duplicate address detection, an address can be used as soon as it is there.
        self.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0")
        self.ip("link", "set", "lo", "up")
        lab.nodes[name] = self

    def new_interface(self):
        self.interfaces.append(f"eth{len(self.interfaces)}")
        return self.interfaces[-1]

    def start(self):
        """Start what the node is made of."""

    def forward(self):
        """Let the kernel forward packets, as a Xylem router does by itself."""
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")

    def inside(self, *command):
        """The command line that runs this command in the namespace."""
        return ["ip", "netns", "exec", self.name, *command]

    def stub(self, addresses):
        """Give the node an interface `stub`, on which nobody else is, with these addresses."""
        self.ip("link", "add", "stub", "type", "veth", "peer", "stub-end")  # Not every kernel has dummy devices.
        self.ip("link", "set", "stub-end", "up")
        self.ip("link", "set", "stub", "up")
        for address in addresses.split():
            self.ip("address", "add", address, "dev", "stub")

    def run(self, *command, timeout=20):
        """Run a command in the namespace; what it printed."""
        return output(*self.inside(*command), timeout=timeout * SLOWDOWN)

    def ip(self, *words):
        ip("-n", self.name, *words)

    def spawn(self, program, *command, **options):
        """Start a long-lived process in the namespace, whose output is a log under the name `program`."""
        with open(os.path.join(self.directory, program + ".log"), "ab") as log:
            process = subprocess.Popen(self.inside(*command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, **options)
        self.processes[program] = process
        return process

    def stop(self):
        """End the node's processes, as the operating system would on shutdown."""
        for process in self.processes.values():
            process.terminate()
        for program, process in self.processes.items():
            try:
                process.wait(10 * SLOWDOWN)
            except subprocess.TimeoutExpired:
                print(f"{program} on {self.name} does not end on SIGTERM", file=sys.stderr)
                process.kill()
                process.wait()
        self.processes = {}

    def logs(self):
        """The (program, log) of all that ran here."""
        for file in sorted(os.listdir(self.directory)):
            if file.endswith(".log"):
                yield file[:-4], self.read(file)

    def read(self, file):
        with open(os.path.join(self.directory, file), errors="replace") as text:
            return text.read()

    def write(self, file, text):
        path = os.path.join(self.directory, file)
        with open(path, "w") as out:
            out.write(text)
        return path

    def routes(self, version=4, *selection):
        """The kernel's routes, {destination: route as `ip -j route` tells it}."""
        routes = json.loads(output("ip", "-n", self.name, "-j", "-details", f"-{version}", "route", "show", *selection))
        return {route["dst"]: route for route in routes}

    def ping(self, address, count=1):
        """Whether all of `count` echo requests are answered."""
        return succeeds(*self.inside("ping", "-n", "-q", "-c", str(count), "-i", "0.1", "-W", "1", address))

    def socket(self, family, kind):
        """A socket of this namespace, for use in the test's own process."""
        def make():
            with open(f"/run/netns/{self.name}") as namespace:
                sandbox.system("setns", namespace.fileno(), sandbox.CLONE_NEWNET)
            made.append(socket.socket(family, kind))

        made = []
        thread = threading.Thread(target=make)  # A thread of its own: a namespace is entered by one thread alone.
        thread.start()
        thread.join()
        return made[0]

    def flow(self, to, address, interval=0.002):
        """Send packets steadily to this address of the node `to`, which can be reached already; to be used as
        `with ... as flow`."""
        return Flow(self, to, address, interval)


class Bird(Node):
    def __init__(self, lab, name, config):
        super().__init__(lab, name)
        self.config = config

    def start(self, recover=False):
        """With `recover`, BIRD keeps what it finds in the kernel until its neighbors have told their routes."""
        path = self.write("bird.conf", "log stderr all;\n" + self.config)
        self.spawn("bird", "bird", "-f", "-c", path, "-s", self.directory + "/bird.ctl", *(["-R"] if recover else []))

    def birdc(self, command):
        return self.run("birdc", "-s", self.directory + "/bird.ctl", command)


class Frr(Node):
    USER = "frr"

    def __init__(self, lab, name, configs):
        super().__init__(lab, name)
        self.configs = {"zebra": "", **configs}
        shutil.chown(self.directory, self.USER, self.USER)

    def start(self):
        for daemon in self.configs:
            self.start_daemon(daemon)
            if daemon == "zebra":
                wait_until(lambda: os.path.exists(self.directory + "/zserv.api"), f"zebra listens on {self.name}")

    def start_daemon(self, daemon):
        config = self.write(daemon + ".conf", self.configs[daemon])
        shutil.chown(config, self.USER, self.USER)
        self.spawn(daemon, "/usr/lib/frr/" + daemon, "-f", config, "-z", self.directory + "/zserv.api",
                   "-i", f"{self.directory}/{daemon}.pid", "--vty_socket", self.directory, "-P", "0",
                   "-u", self.USER, "-g", self.USER, "--log", "stdout")

    def vtysh(self, command):
        return self.run("vtysh", "--vty_socket", self.directory, "-c", command)

    def vtysh_json(self, command):
        return json.loads(self.vtysh(command + " json"))

    def vtysh_config(self, *commands):
        """Give these commands in configuration mode."""
        self.run("vtysh", "--vty_socket", self.directory,
                 *[word for command in ("configure", *commands) for word in ("-c", command)])


class OpenBgpd(Node):
    CHROOT = "/run/openbgpd"  # The one place that OpenBGPD takes for its lesser processes.

    def __init__(self, lab, name, config):
        super().__init__(lab, name)
        self.config = config
        os.makedirs(self.CHROOT, exist_ok=True)

    def start(self):
        path = self.write("bgpd.conf", f'socket "{self.directory}/control"\n' + self.config)
        os.chmod(path, 0o600)
        self.spawn("bgpd", "bgpd", "-d", "-v", "-f", path)

    def bgpctl(self, *words):
        return json.loads(self.run("bgpctl", "-s", self.directory + "/control", "-j", *words))


class GoBgp(Node):
    def __init__(self, lab, name, config):
        super().__init__(lab, name)
        self.config = config

    def start(self):
        path = self.write("gobgpd.conf", self.config)
        self.spawn("gobgpd", "gobgpd", "-f", path, "--pprof-disable")

    def gobgp(self, *words):
        return self.run("gobgp", *words)

    def gobgp_json(self, *words):
        return json.loads(self.gobgp("-j", *words))


class ExaBgp(Node):
    """ExaBGP and its process `lab`, through which the test speaks and hears."""

    SETTINGS = ["exabgp.daemon.user=root", "exabgp.api.ack=false", "exabgp.api.cli=false", "exabgp.api.respawn=false",
                "exabgp.log.level=DEBUG"]

    def __init__(self, lab, name, config):
        super().__init__(lab, name)
        self.config = config
        os.mkfifo(self.directory + "/say")
        self.write("heard", "")
        self.script = self.write("lab.sh", f"#!/bin/sh\nexec 3<&0\ncat <&3 >>{self.directory}/heard &\n"
                                           f"exec cat <>{self.directory}/say\n")
        os.chmod(self.script, 0o755)

    def start(self):
        process = f"process lab {{ run {self.script}; encoder json; }}\n"
        self.spawn("exabgp", "env", *self.SETTINGS, "exabgp", self.write("exabgp.conf", process + self.config))

    def say(self, *commands):
        """Give ExaBGP these commands of its API."""
        with open(self.directory + "/say", "w") as pipe:
            pipe.write("".join(command + "\n" for command in commands))

    def heard(self, address=None):
        """What ExaBGP's API has told of sessions with this address at either end, or of all: the value of `neighbor` in
        each message."""
        messages = [json.loads(line, strict=False) for line in self.read("heard").splitlines() if line.startswith("{")]
        told = [{"type": message["type"], **message["neighbor"]} for message in messages if "neighbor" in message]
        return [each for each in told if address is None or address in each["address"].values()]

    def table(self, address, family="ipv4 unicast"):
        """What has been announced on this session and not withdrawn: {prefix: attributes}, or {(prefix, path id): ...}."""
        routes = {}
        for each in self.heard(address):
            if each["type"] == "state" and each["state"] != "up":
                routes = {}
            update = each.get("message", {}).get("update", {})
            for key in map(nlri_key, update.get("withdraw", {}).get(family, [])):
                routes.pop(key, None)
            for next_hop, nlris in update.get("announce", {}).get(family, {}).items():
                for key in map(nlri_key, nlris):
                    routes[key] = {"next-hop": next_hop, **update.get("attribute", {})}
        return routes


def nlri_key(nlri):
    """As ExaBGP tells one: the prefix, or (prefix, path id)."""
    if "path-information" not in nlri:
        return nlri["nlri"]
    return nlri["nlri"], int.from_bytes(map(int, nlri["path-information"].split(".")), "big")


class Router(Node):
    """A Xylem router, run as the command line of its public face does it."""

    XYLEM = os.path.join(BUILD, "xylem")

    def __init__(self, lab, name, config):
        super().__init__(lab, name)
        self.config = with_plane(config)

    def start(self):
        path = self.write("router.conf", self.config)
        self.spawn("xylem", self.XYLEM, "run", path, "--name", self.name)

    def ready(self):
        """Wait until the router has put its configuration in force."""
        wait_until(lambda: self.cli("show configuration"), f"{self.name} is configured")

    def cli(self, *commands):
        """What the CLI answers."""
        return self.run(self.XYLEM, "cli", "--name", self.name,
                        *[word for command in commands for word in ("-c", command)])

    def json(self, command):
        return json.loads(self.cli(command + " | json"))

    def pids(self):
        """{name of process: pid}"""
        return {target["name"]: int(target["pid"]) for target in self.json("show process")}


class Capture:
    """All packets of a link, but those of flows."""

    def __init__(self, node, interface, title):
        self.title = title
        self.file = os.path.join(node.directory, interface + ".pcap")
        self.process = subprocess.Popen(
            node.inside("tcpdump", "-U", "-Z", "root", "-i", interface, "-w", self.file, f"not udp port {FLOW_PORT}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def ready(self):
        wait_until(lambda: os.path.getsize(self.file), f"the capture of {self.title} has begun")

    def text(self, last=60):
        command = ["tcpdump", "-n", "-v", "-r", self.file]
        lines = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout.splitlines()
        return "\n".join(lines[-last:])

    def stop(self):
        self.process.kill()
        self.process.wait()


class Flow:
    """Numbered UDP packets from one node to another, and the proof of how many arrived.

    `sent` and `lost` are final after the end of the `with`; `arrived` may be looked at any time.
    """

    def __init__(self, source, to, address, interval):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.target = (address, FLOW_PORT)
        self.interval = interval
        self.out = source.socket(family, socket.SOCK_DGRAM)
        self.into = to.socket(family, socket.SOCK_DGRAM)
        self.into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.into.bind(self.target)
        self.into.settimeout(0.1)
        self.sent, self.seen = 0, set()
        self.ending = threading.Event()
        self.sender = threading.Thread(target=self.send, daemon=True)
        self.receiver = threading.Thread(target=self.receive, daemon=True)

    @property
    def arrived(self):
        return len(self.seen)

    @property
    def lost(self):
        return self.sent - self.arrived

    def __enter__(self):
        self.receiver.start()
        self.sender.start()
        return self

    def __exit__(self, kind, error, trace):
        self.ending.set()
        self.sender.join()
        self.receiver.join()
        self.out.close()
        self.into.close()

    def send(self):
        while not self.ending.wait(self.interval):
            try:
                self.out.sendto(self.sent.to_bytes(8, "big"), self.target)
            except OSError:
                pass  # No route: the packet is lost all the same.
            self.sent += 1

    def receive(self):
        while True:
            try:
                self.seen.add(self.into.recv(64))
            except TimeoutError:
                if self.ending.is_set():
                    return


def output(*command, timeout=20):
    """What a command prints; an exception that shows its errors when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise CommandFailed(done.returncode, command, done.stdout, done.stderr)
    return done.stdout


class CommandFailed(subprocess.CalledProcessError):
    def __str__(self):
        return f"{super().__str__()}\n{self.stdout}{self.stderr}"

    __repr__ = __str__


def succeeds(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def ip(*words):
    output("ip", *words)


def show(title, text, last=200):
    print(f"--- {title}", *text.splitlines()[-last:], sep="\n", file=sys.stderr, flush=True)
