#!/usr/bin/python3
"""Whoever makes or removes a slice may be killed at any moment: gc and create then always work, and nothing stray stays.

Half of the times it is the command that dies, half of the times the keeper, which does the work.
"""

import random
import signal
import subprocess
import time

import lab
from slices import XYLEM, Slices, logs, slice_, state, traces, written

ROUNDS = 25  # Of each of four kinds.
FILE = """
slice k {
    node r { protocols { rip { interface ge*; } } }
    node a { kind host; } node b { kind host; } node c { kind host; } node d { kind host; }
    link a r; link b r { delay 2ms; } link c r { rate 10M; }
    lan l { members c d r; }
}
"""


def keepers():
    done = subprocess.run(["pgrep", "-f", "^xylem-slice keep k$"], capture_output=True, text=True)
    return [int(pid) for pid in done.stdout.split()]


def begin(*words):
    return subprocess.Popen([XYLEM, "slice", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pass_time(seconds):
    """Time is what these tests are about: the moment at which to kill."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


class SliceKillTest(Slices):
    def strike(self, process, victim, after):
        pass_time(after)
        if victim == "command":
            process.kill()
        else:
            for pid in keepers()[:1]:
                subprocess.run(["kill", "-KILL", str(pid)], stderr=subprocess.DEVNULL, check=False)
        process.wait(60)

    def rounds(self, verb, longest):
        file = written(FILE)
        chance = random.Random(1)
        for number in range(2 * ROUNDS):
            victim = "command" if number % 2 else "keeper"
            after = chance.uniform(0, longest)
            with self.subTest(number=number, victim=victim, after=after):
                if verb == "destroy":
                    self.assertEqual(slice_("create", file).code, 0, logs())
                self.strike(begin(verb, file if verb == "create" else "k"), victim, after)
                if number % 4 < 2:  # Half of the times nobody tidies up first.
                    self.wait_until_tidy()
                done = slice_("create", file)
                self.assertEqual((done.code, state("k")["state"]), (0, "up"), done.err + logs())
                self.assertEqual(slice_("destroy", "k").code, 0)
                self.assertNothingIsLeft()

    def wait_until_tidy(self):
        """gc has removed what there was, or it stands whole."""
        seen = []

        def is_tidy():
            self.assertEqual(slice_("gc").code, 0)
            seen[:] = [traces(), slice_("show", "k", "--json").out]
            return seen[0] == self.before or state("k")["state"] == "up"

        try:
            lab.wait_until(is_tidy, "all is tidy")
        except AssertionError:
            self.assertEqual(seen[0], self.before, seen[1] + logs())

    def test_create(self):
        self.rounds("create", 0.15)

    def test_destroy(self):
        self.rounds("destroy", 0.05)


if __name__ == "__main__":
    lab.main()
