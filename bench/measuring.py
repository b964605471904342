"""What benchmarks of whole routers share: the process that plays the peers, what processes cost, and cells of a table."""

import json
import math
import os
import subprocess


class Peers:
    """The process that plays all neighbours: told what to do by lines, it answers each by a line of JSON."""

    def __init__(self, node, program, *words):
        self.log = open(os.path.join(node.directory, "peers.log"), "w")
        self.process = subprocess.Popen(node.inside(program, *map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, start_new_session=True)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the peers have given up")
        return json.loads(line)

    def do(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.answer()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


def pss(pid):
    """Megabytes."""
    with open(f"/proc/{pid}/smaps_rollup") as text:
        return next(int(line.split()[1]) for line in text if line.startswith("Pss:")) / 1024


def resident(pid):
    """Megabytes, at their peak."""
    with open(f"/proc/{pid}/status") as text:
        return next((int(line.split()[1]) for line in text if line.startswith("VmHWM:")), 0) / 1024


def cpu(pid):
    """Seconds, of user and system."""
    with open(f"/proc/{pid}/stat") as text:
        fields = text.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def on_processor(pid):
    """Seconds that all threads have run: finer than clock ticks, for short work."""
    seconds = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as text:
            seconds += int(text.read().split()[0]) / 1e9
    return seconds


def cell_text(cell, digits):
    return "-" if cell is None else "given up" if cell == math.inf else f"{cell:.{digits}f}"


def ratio(cells):
    """What Xylem needs in times of the best of the others."""
    others = [cell for name, cell in cells.items() if name not in ("Xylem", "floor") and cell is not None]
    own = cells.get("Xylem")
    return "" if own is None or not others else f"{own / min(others):14.2f}"
