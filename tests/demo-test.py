#!/usr/bin/python3
"""The demo, as it runs without a terminal."""

import subprocess
import sys
import unittest

import lab


class DemoTest(unittest.TestCase):
    def test_demo(self):
        done = subprocess.run([sys.executable, lab.ROOT + "/tests/demo.py"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120 * lab.SLOWDOWN)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for expected in "=== Routes of r3", "rip", "10.2.0.1", "2001:db8:2::1", "3 received, 0% packet loss", " 5  ":
            self.assertIn(expected, done.stdout)
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    lab.main()
