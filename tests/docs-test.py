#!/usr/bin/python3
"""The books are true: what they show is run.

In README.md and docs/*.md, all blocks marked ```sh are run, in order, as one script in the root of a throw-away tree, within a sandbox
that has the interfaces eth0 and eth1. A block marked ```output that follows one must be what that one printed; `...` stands for anything.
Blocks marked ```xylem are configurations, and pass `xylem check`.
"""

import doctest
import os
import re
import subprocess
import tempfile
import threading
import traceback
import unittest

import lab
import sandbox
import tree

PATIENCE = 120  # Seconds for one block.


def blocks(path):
    """(kind, line, text) of each fenced block."""
    with open(os.path.join(lab.ROOT, path)) as file:
        text = file.read()
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        yield found[1], text.count("\n", 0, found.start()) + 1, found[2]


class DocsTest(unittest.TestCase):
    def follow(self, path):
        """Do what the book says, in a sandbox of its own."""
        pid = os.fork()
        if pid == 0:
            try:
                sandbox.enter()
                tree.throw_away()
                lab.ip("link", "add", "eth0", "type", "veth", "peer", "eth1")
                problems = self.run_blocks(path)
                print(problems, end="", flush=True)
                os._exit(bool(problems))
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(pid, 0)[1], 0, path)

    def run_blocks(self, path):
        shell = Shell()
        for kind, line, text in blocks(path):
            if kind == "sh":
                status, printed = shell.do(text)
                if status != 0:
                    return f"{path}:{line}: ended with {status}\n{printed}"
            elif kind == "output" and not matches(text, printed):
                return f"{path}:{line}: printed instead:\n{printed}"
            elif kind == "xylem":
                with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
                    config.write(text)
                    config.flush()
                    checked = subprocess.run([lab.BUILD + "/xylem", "check", config.name], capture_output=True, text=True)
                if checked.returncode != 0:
                    return f"{path}:{line}: {checked.stdout}{checked.stderr}"
        return ""

    def test_readme(self):
        self.follow("README.md")

    def test_operators(self):
        self.follow("docs/operators.md")

    def test_researchers(self):
        self.follow("docs/researchers.md")

    def test_testbeds(self):
        self.follow("docs/testbeds.md")

    def test_click(self):
        self.follow("docs/click.md")

    def test_every_book_is_tested(self):
        books = {name for name in os.listdir(lab.ROOT + "/docs") if name.endswith(".md")}
        self.assertEqual(books, {"operators.md", "researchers.md", "testbeds.md", "click.md", "benchmarks.md", "elements.md"})  # The last two have no steps.

    def test_links_lead_somewhere(self):
        for path in ["README.md"] + ["docs/" + name for name in os.listdir(lab.ROOT + "/docs")]:
            with open(os.path.join(lab.ROOT, path)) as file:
                for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", file.read()):
                    self.assertTrue(os.path.exists(os.path.join(lab.ROOT, os.path.dirname(path), target)), f"{path}: {target}")


class Shell:
    """One shell for all blocks of a book, so that what one sets the next one has."""

    END = "end-of-block"

    def __init__(self):
        self.shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, cwd=lab.ROOT)

    def do(self, text):
        """(status, output) of a block; it ends at the first command that fails."""
        self.shell.stdin.write(f"set -e\ntrap 'echo {self.END} $?' EXIT\n{text}\ntrap - EXIT\necho {self.END} 0\n")
        self.shell.stdin.flush()
        patience = threading.Timer(PATIENCE * lab.SLOWDOWN, self.shell.kill)
        patience.start()
        try:
            return self.outcome()
        finally:
            patience.cancel()

    def outcome(self):
        printed = ""
        while True:
            line = self.shell.stdout.readline()
            end = re.search(self.END + r" (\d+)$", line)
            if end or not line:
                return int(end[1]) if end else 1, printed + line.split(self.END)[0]
            printed += line


def matches(wanted, got):
    return doctest.OutputChecker().check_output(wanted, got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)


if __name__ == "__main__":
    lab.main()
