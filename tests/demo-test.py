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
        for expected in "All processes are up", "=== Routes of r1", "rip", "link r2 r3 down", "The way from west to east", "demo.svg", " 5  ":
            self.assertIn(expected, done.stdout)
        with open(lab.BUILD + "/demo.svg") as picture:
            self.assertIn("<svg", picture.read())
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    lab.main()
