#!/usr/bin/python3
"""Elements that are the other end of an interface of the kernel: KernelTun, KernelTap, FromHost and ToHost; RawSocket.

The kernel of a namespace sends by the interface, and the graph is what answers.
"""

import os
import struct
import subprocess
import tempfile
import unittest

import lab
from lab import wait_until

CLICK = os.path.join(lab.BUILD, "xylem-click")

# A wire in GRE from one interface to another one.
WIRE = """
FromHost(near, 10.0.8.1/24, ETHER 02:00:00:00:08:01) -> a :: Counter -> EtherGRE(192.0.2.1, 192.0.2.2, KEY 5) -> b :: Counter
 -> StripEtherGRE(KEY 5) -> [0] s :: EtherSwitch [0] -> ToHost(near);
tap :: KernelTap(10.0.9.1/24, DEVNAME far, ETHER 02:00:00:00:08:02) -> [1] s [1] -> tap;
"""

# What the kernel sends to 10.0.6.7 comes back to itself, from 10.0.6.9; and the other way round.
NAT = """
tun :: KernelTun(10.0.6.1/24, DEVNAME tun6);
tun -> c :: Counter -> rw :: UDPRewriter(pattern 10.0.6.9 5000-5999# 10.0.6.1 - 0 1);
rw [0] -> out :: Counter -> tun; rw [1] -> back :: Counter -> tun;
"""


class ClickHostTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(dir="/run")
        self.socket = os.path.join(self.directory, "control")
        self.click = None

    def tearDown(self):
        if self.click:
            self.click.terminate()
            self.click.wait()
            self.assertIsNone(lab.SANITIZER.search(self.told()))

    def told(self):
        with open(self.errors) as errors:
            return errors.read()

    def start(self, config, *options):
        path = os.path.join(self.directory, "config")
        self.errors = os.path.join(self.directory, "errors")
        with open(path, "w") as out:
            out.write(config)
        with open(self.errors, "w") as errors:
            self.click = subprocess.Popen([CLICK, *options, "-u", self.socket, path], stdin=subprocess.DEVNULL, stderr=errors)
        wait_until(lambda: os.path.exists(self.socket) or self.click.poll() is not None, "the router runs")
        self.assertIsNone(self.click.poll(), self.told())

    def read(self, handler):
        with lab.socket.socket(lab.socket.AF_UNIX) as control:
            control.connect(self.socket)
            control.sendall(f"READ {handler}\r\nQUIT\r\n".encode())
            text = b"".join(iter(lambda: control.recv(4096), b"")).decode()
        return text.split("DATA ")[1].split("\r\n", 1)[1].split("200 Goodbye")[0].strip()

    def hotconfig(self, config):
        with lab.socket.socket(lab.socket.AF_UNIX) as control:
            control.connect(self.socket)
            control.sendall(f"WRITEDATA hotconfig {len(config)}\r\n{config}QUIT\r\n".encode())
            text = b"".join(iter(lambda: control.recv(4096), b"")).decode()
        self.assertIn("200 Write handler", text)

    def udp(self, address):
        out = lab.socket.socket(lab.socket.AF_INET, lab.socket.SOCK_DGRAM)
        out.bind((address, 0))
        out.settimeout(5 * lab.SLOWDOWN)
        self.addCleanup(out.close)
        return out

    def test_a_tun_has_address_and_mtu(self):
        self.start("tun :: KernelTun(10.0.7.1/24, DEVNAME tun7, MTU 1400) -> c :: Counter -> Discard;")
        shown = lab.output("ip", "address", "show", "dev", "tun7")
        self.assertIn("10.0.7.1/24", shown)
        self.assertIn("mtu 1400", shown)
        self.assertEqual(self.read("tun.dev_name"), "tun7")
        before = int(self.read("c.count"))
        self.udp("10.0.7.1").sendto(b"hello", ("10.0.7.9", 7))
        wait_until(lambda: int(self.read("c.count")) > before, "the packet comes out of the tun")

    def test_packets_are_translated_back_to_the_kernel(self):
        self.start(NAT)
        server, client = self.udp("10.0.6.1"), self.udp("10.0.6.1")
        client.sendto(b"question", ("10.0.6.7", server.getsockname()[1]))
        text, where = server.recvfrom(100)
        self.assertEqual((text, where[0]), (b"question", "10.0.6.9"))
        self.assertIn(where[1], range(5000, 6000))
        server.sendto(b"answer", where)
        text, where = client.recvfrom(100)
        self.assertEqual((text, where), (b"answer", ("10.0.6.7", server.getsockname()[1])))
        self.assertEqual(self.read("rw.size"), "1")

    def test_frames_of_the_host_go_over_a_wire_and_back(self):
        self.start(WIRE)
        self.assertIn("02:00:00:00:08:01", lab.output("ip", "link", "show", "dev", "near"))
        lab.ip("neigh", "replace", "10.0.8.9", "lladdr", "02:00:00:00:08:02", "dev", "near")
        heard = lab.socket.socket(lab.socket.AF_PACKET, lab.socket.SOCK_RAW, lab.socket.htons(0x0800))
        self.addCleanup(heard.close)
        heard.bind(("far", 0))
        heard.settimeout(5 * lab.SLOWDOWN)
        self.udp("10.0.8.1").sendto(b"over the wire", ("10.0.8.9", 9))
        frame = heard.recv(2000)
        self.assertEqual(frame[:12].hex(), "020000000802020000000801")
        self.assertTrue(frame.endswith(b"over the wire"))

    def test_packets_of_a_protocol_come_whole_and_leave_whole(self):
        self.start("raw :: RawSocket(GRE) -> end :: StripEtherGRE(KEY 7) -> in :: Counter -> Strip(14) -> out :: RawSocket(UDP);"
                   "Idle -> raw; wrong :: Counter -> Discard; end [1] -> wrong;")
        server = self.udp("127.0.0.1")
        gre = lab.socket.socket(lab.socket.AF_INET, lab.socket.SOCK_RAW, 47)
        self.addCleanup(gre.close)
        port = server.getsockname()[1]
        udp = struct.pack("!HHHH", 9, port, 8 + 4, 0) + b"deep"
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        frame = bytes(12) + b"\x08\x00" + ip + udp
        for key in 6, 7:
            gre.sendto(struct.pack("!HHI", 0x2000, 0x6558, key) + frame, ("127.0.0.1", 0))
        self.assertEqual(server.recv(100), b"deep")
        self.assertEqual([self.read(name) for name in ("raw.received", "wrong.count", "in.count", "out.sent", "out.drops")],
                         ["2", "1", "1", "1", "0"])

    def test_a_new_graph_goes_on_with_the_raw_socket(self):
        self.start("raw :: RawSocket(GRE) -> c :: Counter -> Discard;", "--allow-reconfigure")
        gre = lab.socket.socket(lab.socket.AF_INET, lab.socket.SOCK_RAW, 47)
        self.addCleanup(gre.close)
        sent = 0
        for _ in range(10):
            for _ in range(20):
                gre.sendto(struct.pack("!HH", 0, 0x0800) + bytes(20), ("127.0.0.1", 0))
            sent += 20
            self.hotconfig("raw :: RawSocket(GRE) -> c :: Counter -> Discard;")
        wait_until(lambda: int(self.read("raw.received")) == sent, "each packet is received, and once")

    def test_a_new_graph_keeps_the_interface(self):
        config = "tap :: KernelTap(10.0.9.1/24) -> Discard;"
        self.start(config, "--allow-reconfigure")
        name, index = self.read("tap.dev_name"), lab.socket.if_nametoindex(self.read("tap.dev_name"))
        self.hotconfig(config + "Idle -> new :: Counter -> Discard;")
        wait_until(lambda: self.read("new.count") == "0", "the new graph runs")
        self.assertEqual((self.read("tap.dev_name"), lab.socket.if_nametoindex(name)), (name, index))
        self.assertEqual(lab.output("ip", "-o", "link").count("link/ether"), 1)

    def test_interfaces_go_with_the_router(self):
        self.start("FromHost(near, 10.0.8.1/24) -> Discard;")
        self.assertIn("near", lab.output("ip", "link"))
        self.click.terminate()
        self.click.wait()
        self.assertNotIn("near", lab.output("ip", "link"))

    def test_what_is_wrong_is_told(self):
        for config, told in (
                ("RawSocket(nosuch) -> Discard;", "PROTOCOL"),
                ("RawSocket(GRE, SNAPLEN 3) -> Discard;", "SNAPLEN: out of range"),
                ("Idle -> ToHost(none);", "ToHost(none) requires an initialized FromHost with the same dev_name"),
                ("KernelTun(10.0.0.1/24, 10.0.1.1) -> Discard;", "bad GATEWAY"),
                ("KernelTun(10.0.0.1/24, BURST 0) -> Discard;", "BURST must be >= 1"),
                ("KernelTun(10.0.0.1) -> Discard;", "ADDR: type mismatch"),
                ("FromHost(a-name-that-is-much-too-long, 1.0.0.1/8) -> Discard;", "device name too long"),
                ("FromHost(x, 1.0.0.1/8, MTU 1) -> Discard;", "bad MTU")):
            ran = subprocess.run([CLICK, "-q", "-e", config], capture_output=True, text=True)
            self.assertIn(told, ran.stderr)
            self.assertEqual(ran.returncode, 1, ran.stderr)


if __name__ == "__main__":
    lab.main()
