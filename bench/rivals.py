"""BGP routers under test, each in its network namespace, configured as its manual says for the same job.

All have AS 65000 and the addresses 10.0.0.1 and 2001:db8::1, wait for their neighbours to call, take what these say and tell
all to all. A version of IP has sessions of its own. Nothing is filtered, the hold time is an hour, and a timer that would only
delay is 0.

A router is a Node of the lab with

    NAME, VERSION   its name, and the Debian package that it is from, or None
    KERNEL          whether it writes routes to the kernel
    make(lab, neighbors)    [(address, AS), ...] to the node, not yet started
    accepted()      how many routes it has taken from its neighbours so far, by its own counters: cheap to ask
"""

import json
import os
import re
import shutil
import socket
import subprocess

from lab import BUILD, Bird, Frr, Node, Router, output, wait_until

ADDRESSES = "10.0.0.1/16 2001:db8::1/64"
ROUTER_AS = 65000
HOLD_TIME = 3600


def version(address):
    return 6 if ":" in address else 4


class Control(socket.socket):
    """A daemon's control socket, which costs less to ask than its client program to run."""

    def __init__(self, path):
        super().__init__(socket.AF_UNIX)
        self.settimeout(60)
        self.connect(path)

    def ask(self, command, end):
        """The answer, which is complete when this pattern is in it."""
        self.sendall(command)
        answer = b""
        while not end.search(answer):
            more = self.recv(1 << 16)
            if not more:
                raise OSError("the daemon has hung up")
            answer += more
        return answer


class Floor(Node):
    NAME, VERSION, KERNEL = "floor", None, True

    @classmethod
    def make(cls, lab, neighbors):
        return cls(lab, "dut")

    def start(self):
        self.spawn("floor", os.path.join(BUILD, "bgp-peers"), "floor")

    def accepted(self):
        return None


class BirdRival(Bird):
    NAME, VERSION, KERNEL = "BIRD", "bird2", True

    @classmethod
    def make(cls, lab, neighbors):
        config = "router id 10.0.0.1;\nprotocol device {}\n"
        for family in ("ipv4", "ipv6"):
            config += f"protocol kernel {{ merge paths off; {family} {{ import none; export all; }}; }}\n"
        for number, (address, remote_as) in enumerate(neighbors):
            config += (f"protocol bgp p{number} {{ local as {ROUTER_AS}; neighbor {address} as {remote_as}; "
                       f"passive; hold time {HOLD_TIME}; "
                       f"ipv{version(address)} {{ import all; export all; }}; }}\n")
        return cls(lab, "dut", config)

    def accepted(self):
        with Control(self.directory + "/bird.ctl") as control:
            answer = control.ask(b"show protocols all\n", re.compile(rb"^0000", re.M))
        return sum(map(int, re.findall(rb"Routes: +(\d+) imported", answer)))


class FrrRival(Frr):
    NAME, VERSION, KERNEL = "FRR", "frr", True

    @classmethod
    def make(cls, lab, neighbors):
        lines = ["frr defaults datacenter", f"router bgp {ROUTER_AS}", "bgp router-id 10.0.0.1",
                 "no bgp ebgp-requires-policy", "no bgp default ipv4-unicast", "no bgp network import-check",
                 "coalesce-time 0", f"timers bgp {HOLD_TIME // 3} {HOLD_TIME}"]
        for address, remote_as in neighbors:
            lines += [f"neighbor {address} {words}" for words in
                      (f"remote-as {remote_as}", "passive", "advertisement-interval 0")]
        for family in (4, 6):
            lines.append(f"address-family ipv{family} unicast")
            lines += [f"neighbor {address} activate" for address, _ in neighbors if version(address) == family]
            lines.append("exit-address-family")
        return cls(lab, "dut", {"bgpd": "\n".join(lines) + "\n"})

    def accepted(self):
        # As vtysh asks; an answer ends with three zeros and a status.
        end = re.compile(rb"\0\0\0.\Z", re.S)
        with Control(self.directory + "/bgpd.vty") as control:
            control.ask(b"enable\0", end)
            answer = control.ask(b"show bgp summary json\0", end)
        families = json.loads(answer[:-4]).values()
        return sum(peer.get("pfxRcd", 0) for family in families for peer in family.get("peers", {}).values())


class OpenBgpd(Node):
    NAME, VERSION, KERNEL = "OpenBGPD", "openbgpd", False
    CHROOT = "/run/openbgpd"

    @classmethod
    def make(cls, lab, neighbors):
        node = cls(lab, "dut")
        os.mkdir(cls.CHROOT)
        config = (f'AS {ROUTER_AS}\nrouter-id 10.0.0.1\nholdtime {HOLD_TIME}\nfib-update no\nsocket "{node.directory}/control"\n'
                  "listen on 10.0.0.1\nlisten on 2001:db8::1\nallow from any\nallow to any\n")
        for address, remote_as in neighbors:
            config += f"neighbor {address} {{\n\tremote-as {remote_as}\n\tpassive\n\tannounce IPv{version(address)} unicast\n}}\n"
        os.chmod(node.write("bgpd.conf", config), 0o600)
        return node

    def start(self):
        self.spawn("bgpd", "bgpd", "-d", "-f", self.directory + "/bgpd.conf")

    def accepted(self):
        neighbors = json.loads(self.run("bgpctl", "-s", self.directory + "/control", "-j", "show", "neighbor"))["neighbors"]
        return sum(neighbor.get("stats", {}).get("prefixes", {}).get("received", 0) for neighbor in neighbors)

    def stop(self):
        super().stop()
        shutil.rmtree(self.CHROOT, ignore_errors=True)


class GoBgp(Node):
    NAME, VERSION, KERNEL = "GoBGP", "gobgpd", False

    @classmethod
    def make(cls, lab, neighbors):
        node = cls(lab, "dut")
        config = f'[global.config]\nas = {ROUTER_AS}\nrouter-id = "10.0.0.1"\n'
        for address, remote_as in neighbors:
            config += (f'[[neighbors]]\n[neighbors.config]\nneighbor-address = "{address}"\npeer-as = {remote_as}\n'
                       "[neighbors.transport.config]\npassive-mode = true\n"
                       f"[neighbors.timers.config]\nhold-time = {HOLD_TIME}\nkeepalive-interval = {HOLD_TIME // 3}\n"
                       "[[neighbors.afi-safis]]\n"
                       f'[neighbors.afi-safis.config]\nafi-safi-name = "ipv{version(address)}-unicast"\n')
        node.write("gobgpd.conf", config)
        return node

    def start(self):
        self.spawn("gobgpd", "gobgpd", "-f", self.directory + "/gobgpd.conf", "--pprof-disable")

    def accepted(self):
        answer = json.loads(self.run("gobgp", "-j", "neighbor", timeout=300))
        return sum(family.get("state", {}).get("received", 0) for neighbor in answer
                   for family in neighbor.get("afi_safis", []))


class Xylem(Router):
    NAME, VERSION, KERNEL = "Xylem", None, True

    @classmethod
    def make(cls, lab, neighbors):
        config = "interfaces { interface eth0 { " + "".join(f"address {address}; " for address in ADDRESSES.split()) + "} }\n"
        config += "policy { policy-statement ALL { default-action accept; } }\n"
        config += f"protocols {{ bgp {{ local-as {ROUTER_AS}; router-id 10.0.0.1;\n"
        for address, remote_as in neighbors:
            config += f"neighbor {address} {{ remote-as {remote_as}; passive; hold-time {HOLD_TIME}; import ALL; export ALL; }}\n"
        return cls(lab, "dut", config + "} }\n")

    def accepted(self):
        return sum(int(neighbor["accepted"]) for neighbor in self.json("show bgp summary"))


RIVALS = [Floor, BirdRival, FrrRival, OpenBgpd, GoBgp, Xylem]


def installed():
    """Those of all that can be run here."""
    return [rival for rival in RIVALS if rival is not Xylem or os.path.exists(os.path.join(BUILD, "xylem-bgp"))]


def version_of(rival):
    """Upstream's version, of the Debian package."""
    if rival.VERSION is None:
        return ""
    return re.sub(r"[-~+].*", "", output("dpkg-query", "-W", "-f", "${Version}", rival.VERSION))
