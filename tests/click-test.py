#!/usr/bin/python3
"""The click plane does what the Click language says: cases in tests/click/*.case, run by the program itself.

A file holds any number of cases. Each begins with a line `== NAME`; then come parts, each under a line `-- PART`:

    args        command line; $DIR is an empty directory for this case
    config      the configuration, given as the file "case"
    file NAME   a file in $DIR
    out, err    what the program must print, but for empty lines at the end; `...` as a whole line stands for any lines
    status      the exit status, if it is not 0
    has NAME    what a file in $DIR must hold afterwards

Lines that begin with `#` before the first case, or between cases, are comments.
"""

import glob
import os
import re
import shlex
import subprocess
import tempfile
import unittest

import lab

HERE = os.path.dirname(os.path.abspath(__file__))
CLICK = os.path.join(lab.BUILD, "xylem-click")


def cases(path):
    """(name, {part: text}) of each case in a file."""
    name, parts, part = None, {}, None
    with open(path) as lines:
        for line in lines:
            if line.startswith("== "):
                if name:
                    yield name, parts
                name, parts, part = line[3:].strip(), {}, None
            elif line.startswith("-- ") and name:
                part = line[3:].strip()
                parts[part] = ""
            elif part is not None:
                parts[part] += line
            elif line.strip() and not line.startswith("#"):
                raise ValueError(f"{path}: this line belongs to no part: {line}")
    if name:
        yield name, parts


def matches(expected, actual):
    """Are they the same, but for what `...` stands for, and for empty lines at the end?"""
    expected, actual = expected.rstrip("\n") + "\n", actual.rstrip("\n") + "\n"
    pattern = "".join("(?:.*\n)*" if line.strip() == "..." else re.escape(line) for line in expected.splitlines(True))
    return re.fullmatch(pattern, actual) is not None


class ClickTest(unittest.TestCase):
    maxDiff = None

    def check(self, parts):
        with tempfile.TemporaryDirectory() as directory:
            for part, text in parts.items():
                if part.startswith("file "):
                    with open(os.path.join(directory, part[5:]), "w") as out:
                        out.write(text)
            command = [CLICK] + [word.replace("$DIR", directory) for word in shlex.split(parts.get("args", ""))]
            if "config" in parts:
                with open(os.path.join(directory, "case"), "w") as out:
                    out.write(parts["config"])
                command.append("case")
            environment = dict(os.environ, CLICKPATH=directory)
            ran = subprocess.run(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 errors="replace", timeout=30 * lab.SLOWDOWN)
            for part, actual in ("out", ran.stdout), ("err", ran.stderr):
                expected = parts.get(part, "")
                if not matches(expected, actual.replace(directory, "$DIR")):
                    self.assertEqual(expected, actual, f"standard {part}")
            self.assertEqual(int(parts.get("status", "0")), ran.returncode, ran.stderr)
            for part, text in parts.items():
                if part.startswith("has "):
                    with open(os.path.join(directory, part[4:]), errors="replace") as file:
                        actual = file.read()
                    if not matches(text, actual):
                        self.assertEqual(text, actual, part)


class ManualTest(unittest.TestCase):
    """docs/elements.md is what the heads of the headers say, and lacks no kind."""

    def test_manual_is_made_from_the_headers(self):
        made = lab.output(os.path.join(lab.ROOT, "tools", "click-manual"))
        with open(os.path.join(lab.ROOT, "docs", "elements.md")) as file:
            self.assertEqual(made, file.read(), "run: tools/click-manual > docs/elements.md")

    def test_every_kind_is_in_the_manual(self):
        with open(os.path.join(lab.ROOT, "docs", "elements.md")) as file:
            rows = set(re.findall(r"^\| `(\w+)` \| `(\S*)` \| `(\S*)` \|$", file.read(), re.M))
        kinds = {tuple(line.split("\t")) for line in lab.output(CLICK, "--elements").splitlines()}
        self.assertEqual(rows, kinds)


def add_cases():
    for path in sorted(glob.glob(os.path.join(HERE, "click", "*.case"))):
        for name, parts in cases(path):
            title = os.path.basename(path)[:-5] + " " + name
            method = "test_" + re.sub(r"\W+", "_", title)
            if hasattr(ClickTest, method):
                raise ValueError(f"two cases are named {title}")
            setattr(ClickTest, method, lambda self, parts=parts: self.check(parts))


add_cases()

if __name__ == "__main__":
    unittest.main(verbosity=2)
