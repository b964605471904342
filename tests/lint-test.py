#!/usr/bin/python3
"""Rules of the house that a machine can keep."""

import os
import re
import shutil
import subprocess
import sys
import unittest

import source

CXX = (".h", ".cc")
TEXT = CXX + (".capnp", ".py", ".md", ".in", ".build", ".txt", "/x")
LONG_FILE = 500
NESTED = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"  # Parentheses, three deep.


def without_comments_and_strings(code):
    """The code with comments and the insides of literals blanked, line breaks kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])\''
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), code, flags=re.S)


def bad_awaits(code):
    """(line, why) of each co_await that does not stand alone in a statement or an initialiser."""
    code = without_comments_and_strings(code)
    for found in re.finditer(r"\bco_await\b", code):
        line = code.count("\n", 0, found.start()) + 1
        why = bad_before(re.split(r"[;{}]", code[:found.start()])[-1].strip()) or bad_after(statement_end(code, found.end()))
        if why:
            yield line, why


def bad_before(text):
    """What is wrong with the text between the beginning of a statement and its co_await."""
    text = re.sub(r"^(?:[^()]*\))?\s*", "", text) if text.count(")") > text.count("(") else text  # `for (;;) co_await ...`
    text = re.sub(r"^(?:case [\w:]+|\w+)\s*:(?!:)\s*", "", text)
    text = re.sub(r"^(?:else\s+)?(?:(?:if|while|for|KJ_IF_MAYBE)\s*" + NESTED + r")?\s*", "", text)
    text = re.sub(r"^(else|do)$", "", text)
    if text == "" or re.fullmatch(r"[\w:<>,&*\[\]().\->\s]+[^=!<>]=", text) and text.count("(") == text.count(")"):
        return None
    return f"co_await within a larger expression, after '{text[-40:]}'"


def bad_after(text):
    if "{" in text or "[&" in text or "[=" in text or "[this" in text:
        return "braces in the statement of a co_await"
    if re.search(r"\?(?!\?)", text):
        return "a conditional in the statement of a co_await"
    return None


def statement_end(code, begin):
    """The text from here to the end of the statement."""
    depth = 0
    for at in range(begin, len(code)):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(code[at], 0)
        if code[at] == ";" and depth <= 0:
            return code[begin:at]
    return code[begin:]


class LintTest(unittest.TestCase):
    def none(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def refuse(self, pattern, endings, why, but=(), code_only=False):
        problems = []
        for path in source.files(*endings):
            if path in but:
                continue
            text = source.read(path)
            if code_only:
                text = without_comments_and_strings(text)
            problems += [f"{path}:{number}: {why}: {line.strip()[:80]}" for number, line in enumerate(text.splitlines(), 1)
                         if re.search(pattern, line)]
        self.none(problems)

    def test_co_await_stands_alone(self):
        self.none([f"{path}:{line}: {why}" for path in source.files(*CXX, ".cc.in")
                   for line, why in bad_awaits(source.read(path))])

    def test_the_co_await_rule_sees_what_it_should(self):
        good = ["co_await f(x);", "auto x = co_await f(kj::mv(y));", "if (a) co_await g();", "x.y = co_await f();",
                "for (;;) co_await f();", "else co_await f();", "kj::Maybe<int> x = co_await f();", "// x(co_await y)",
                "for (auto& a : list) co_await f(a);", "KJ_IF_MAYBE (a, b) co_await f(*a);", "{ co_await f(); }",
                "case A: co_await f();", "auto& [a, b] = co_await f();", "this->x[1] = co_await f();",
                "while (g(h())) co_await f();", "do co_await f(); while (x);"]
        bad = ["if (co_await f()) g();", "g(co_await f());", "auto x = a ? co_await f() : b;", "co_return co_await f();",
               "switch (co_await f()) {}", "co_await f(Pair{1, 2});", "auto x = co_await f(a ? b : c);",
               "auto x = 1 + co_await f();", "(co_await f()).g();", "while (co_await f()) g();",
               "co_await f([&]() { g(); });", "for (auto x : co_await f()) g();", "auto x = g(co_await f());"]
        for statement in good:
            self.assertEqual(list(bad_awaits("{ " + statement + " }")), [], statement)
        for statement in bad:
            self.assertNotEqual(list(bad_awaits("{ " + statement + " }")), [], statement)

    def test_nothing_is_left_to_do(self):
        self.refuse(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b", TEXT, "do it, or leave it")

    def test_names(self):
        self.refuse(r"\bm_\w+|(?<![.:>\w])[a-z]\w*[a-z0-9]_\s*[;={]", CXX, "no m_, no trailing _", code_only=True)

    def test_no_paths_of_one_machine(self):
        self.refuse(r"(?<!\w)/(wor" r"k|home|roo" r"t)/\w", TEXT, "a path of one machine")

    def test_no_banners(self):
        self.refuse(r"^\s*//\s*[-=*#/]{8,}", CXX, "a banner")

    def test_tests_poll(self):
        self.refuse(r"\b(u?sleep|sleep_for|sleep_until)\s*\(", ("-test.cc", "-test.py"), "poll with a deadline",
                    but=["tests/lab-test.py", "tests/lint-test.py"], code_only=True)

    def test_white_space(self):
        self.refuse(r"\t|\s$", TEXT, "a tab, or space at the end of a line")

    def test_headers_begin_with_their_manual(self):
        problems = []
        for path in source.files(".h"):
            lines = source.read(path).splitlines()
            if lines[:1] != ["#pragma once"] or not lines[1].startswith("//"):
                problems.append(f"{path}: `#pragma once`, then what this is and how to use it")
        self.none(problems)

    def test_sources_begin_with_their_story(self):
        self.none([f"{path}: why it is as it is" for path in source.files(".cc", ".cc.in")
                   if not path.endswith("-test.cc") and not source.read(path).startswith("//")])

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_format(self):
        files = source.files(*CXX)
        done = subprocess.run(["clang-format", "--dry-run", *files], cwd=source.ROOT, capture_output=True, text=True)
        self.none(sorted({line.split(":")[0] + ": run ./x fmt" for line in done.stderr.splitlines() if "warning:" in line}))

    def test_sizes(self):
        for path in source.files(*CXX, ".py"):
            lines = source.read(path).count("\n")
            if lines > LONG_FILE:
                print(f"warning: {path} has {lines} lines", file=sys.stderr)

    def test_schema_ids_are_unique(self):
        paths = {}
        for path in source.files(".capnp"):
            paths.setdefault(re.search(r"^@(0x\w+);", source.read(path), re.M)[1], []).append(path)
        self.none([", ".join(same) for same in paths.values() if len(same) > 1])

    def test_scripts_are_executable(self):
        self.none([path for path in source.files("/run", "-test.py", "run.py", "demo.py", "x")
                   if source.read(path).startswith("#!") and not os.access(os.path.join(source.ROOT, path), os.X_OK)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
