#!/usr/bin/python3
"""What links of slices do to packets, measured by ping and by counters."""

import json
import re
import subprocess
import unittest

import lab
from slices import PYTHON, SEND, WATCH, XYLEM, Slices, made, node, slice_, state


def ping(name, source, to, count, interval="0.02"):
    """(lost share, round-trip times in ms)"""
    out = slice_("exec", name, source, "ping", "-n", "-c", str(count), "-i", interval, "-W", "2", to, timeout=120).out
    times = [float(each) for each in re.findall(r"time=([0-9.]+)", out)]
    return 1 - len(times) / count, times


def packets_in(name, which, interface):
    table = slice_("exec", name, which, "cat", "/proc/net/dev").out
    return int(re.search(interface + r": *[0-9]+ +([0-9]+)", table)[1])


def send(name, source, to, count, size=100, pause=0.001):
    slice_("exec", name, source, PYTHON, "-c", SEND, to, str(count), str(size), str(pause), timeout=120)


def rate(name, source, to, which, interface):
    """Bits per second that arrive there while more is sent than the link takes."""
    sending = subprocess.Popen([XYLEM, "slice", "exec", name, source, PYTHON, "-c", SEND, to, "100000000", "1400", "0"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return float(slice_("exec", name, which, PYTHON, "-c", WATCH, interface, timeout=60).out)
    finally:
        sending.terminate()
        sending.wait()


def pair(settings):
    made(f"slice s {{ node a {{ kind host; }} node b {{ kind host; }} link a b {{ prefix 10.1.1.0/30; {settings} }} }}")


class SliceLinksTest(Slices):
    def test_delay(self):
        pair("delay 10ms; delay b->a 5ms;")
        medians = []

        def is_kept():
            lost, times = ping("s", "a", "10.1.1.2", 50)
            self.assertEqual(lost, 0)
            medians.append(sorted(times)[len(times) // 2])
            return medians[-1] < 15.4  # 0.2 ms each way.

        lab.wait_until(is_kept, "nobody else is at work on this machine, and the delay is kept", 60)
        print(f"15 ms there and back: median {min(medians):.3f} ms")
        self.assertGreaterEqual(min(medians), 15)

    def test_jitter_keeps_to_its_bounds(self):
        pair("delay a->b 10ms; jitter a->b 4ms;")
        _, times = ping("s", "a", "10.1.1.2", 100)
        self.assertGreater(min(times), 5.9)
        self.assertGreater(max(times) - min(times), 3)

    def test_loss(self):
        pair("loss a->b 10%;")
        before = packets_in("s", "b", "ge0")
        send("s", "a", "10.1.1.2", 20000)
        arrived = packets_in("s", "b", "ge0") - before
        lost = 1 - arrived / 20000
        print(f"10 % lost: {lost * 100:.2f} %")
        self.assertAlmostEqual(lost, 0.1, delta=0.01)

    def test_duplicates(self):
        pair("duplicate a->b 20%;")
        before = packets_in("s", "b", "ge0")
        send("s", "a", "10.1.1.2", 10000)
        twice = (packets_in("s", "b", "ge0") - before) / 10000 - 1
        self.assertAlmostEqual(twice, 0.2, delta=0.02)

    def test_rate_by_the_kernel(self):
        pair("rate 20M;")
        self.assertEqual(state("s")["links"][0]["carrier"], "kernel")
        found = rate("s", "a", "10.1.1.2", "b", "ge0")
        print(f"20 Mbit/s by the kernel: {found / 1e6:.2f}")
        self.assertAlmostEqual(found, 20e6, delta=1e6)

    def test_rate_by_the_click_plane(self):
        pair("rate 20M; delay 1ms;")
        self.assertEqual(state("s")["links"][0]["carrier"], "click")
        found = rate("s", "a", "10.1.1.2", "b", "ge0")
        print(f"20 Mbit/s by the click plane: {found / 1e6:.2f}")
        self.assertAlmostEqual(found, 20e6, delta=1e6)

    def test_tcp_passes_a_link_in_user_space(self):
        # With checksums left to a device that is none, nothing would.
        pair("delay 1ms;")
        server = subprocess.Popen([XYLEM, "slice", "exec", "s", "b", PYTHON, "-m", "http.server", "80", "--directory", "/etc"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            fetch = "import urllib.request as u; print(len(u.urlopen('http://10.1.1.2/services', timeout=5).read()))"
            lab.wait_until(lambda: int(slice_("exec", "s", "a", PYTHON, "-c", fetch).out) > 1000, "a file comes over the link")
        finally:
            server.terminate()
            server.wait()

    def test_impair_changes_only_what_is_named(self):
        pair("delay 5ms; rate 50M;")
        self.assertEqual(slice_("impair", "s", "a", "b", "loss=0.5%").code, 0)
        self.assertEqual(slice_("impair", "s", "b->a", "delay=7ms").code, 0)
        link = state("s")["links"][0]
        self.assertEqual((link["forth"], link["back"]), ("rate 50M delay 5ms loss 0.5%", "rate 50M delay 7ms loss 0.5%"))
        slice_("impair", "s", "a", "b", "loss=0")
        before = ping("s", "a", "10.1.1.2", 20)[1]
        self.assertGreaterEqual(min(before), 12)
        # They stay when nodes start anew, when the file is applied again, and when what carries the link dies.
        slice_("restart", "s")
        self.assertGreaterEqual(min(ping("s", "a", "10.1.1.2", 20)[1]), 12)
        pair("delay 5ms; rate 50M;")
        self.assertEqual(state("s")["links"][0]["back"], "rate 50M delay 7ms")
        subprocess.run(["pkill", "-KILL", "-x", "xylem-click"], check=False)
        lab.wait_until(lambda: min(ping("s", "a", "10.1.1.2", 5)[1]) >= 12, "the link is carried again")
        self.assertEqual(slice_("impair", "s", "a", "b", "--clear").code, 0)
        self.assertEqual(state("s")["links"][0]["back"], "rate 50M delay 5ms")
        done = slice_("impair", "s", "a", "b", "los=1%")
        self.assertEqual((done.code, 'did you mean "loss"?' in done.err), (1, True))

    def test_impair_a_link_that_the_kernel_carries(self):
        pair("")
        self.assertLess(min(ping("s", "a", "10.1.1.2", 5)[1]), 2)
        slice_("impair", "s", "a", "b", "delay=20ms")
        self.assertGreaterEqual(min(ping("s", "a", "10.1.1.2", 5)[1]), 40)
        self.assertEqual(json.loads(slice_("events", "s", "--json").out.splitlines()[-1])["kind"] in ("impairment", "process"), True)
        self.assertEqual(node("s", "a")["restarts"], 0)


if __name__ == "__main__":
    lab.main()
