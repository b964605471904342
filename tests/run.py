#!/usr/bin/python3
"""Run all tests, and say how it went: the last line is `N passed, N failed`, and perhaps `, N skipped`.

    run.py [--build DIR] [--programs] [NAME...]

Tests are the GoogleTest programs DIR/test-* and the scripts tests/*-test.py (unittest). With names, only tests whose
name contains one of them. With --programs, only those that run what is in DIR: no lint.
Each runs in a sandbox of its own, for which one must be root; for others, those that need none still run. As many run
at a time as there are processors. Logs stay in DIR/test-logs.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TESTS)
TIMEOUT = 900 * float(os.environ.get("XYLEM_SLOWDOWN", "1"))


class Result:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", default=os.path.join(ROOT, "build"))
    arguments.add_argument("--programs", action="store_true")
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    build = os.path.abspath(options.build)
    os.environ["XYLEM_BUILD"] = build
    os.makedirs(build + "/test-logs", exist_ok=True)

    tests = find_tests(build, options.programs, options.names)
    total = Result()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for running in concurrent.futures.as_completed([pool.submit(run, test) for test in tests]):
            test, result, seconds, log = running.result()
            print(f"{name_of(test):24} {result}  ({seconds:.1f} s)", flush=True)
            if result.failed:
                print(log, flush=True)
            total.passed += result.passed
            total.failed += result.failed
            total.skipped += result.skipped
    if not tests:
        print("no such test")
    print(total)
    sys.exit(total.failed != 0 or not tests)


def find_tests(build, programs_only, names):
    scripts = sorted(glob.glob(TESTS + "/*-test.py"))
    if programs_only:
        scripts = [script for script in scripts if re.search(r"^(import|from) lab\b", open(script).read(), re.M)]
    tests = scripts + sorted(path for path in glob.glob(build + "/test-*") if os.path.isfile(path))
    return [test for test in tests if not names or any(name in name_of(test) for name in names)]


def name_of(test):
    return os.path.basename(test)


def run(test):
    """Run one test: (test, result, seconds, log)."""
    begin = time.monotonic()
    report, log_path = (f"{os.environ['XYLEM_BUILD']}/test-logs/{name_of(test)}.{kind}" for kind in ("json", "log"))
    if os.path.exists(report):
        os.remove(report)
    if test.endswith(".py"):
        command = [sys.executable, test]
    else:
        command = [test, "--gtest_brief=1", "--gtest_output=json:" + report]
        if os.geteuid() == 0:
            command = [sys.executable, TESTS + "/sandbox.py", *command]
    # Whoever kills this program kills the tests too: their sandbox dies with its parent.
    command = ["setpriv", "--pdeathsig", "KILL", *command]
    with open(log_path, "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)
        try:
            status = process.wait(TIMEOUT)
            ending = f"ended with status {status}"
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status, ending = 1, f"did not end in {TIMEOUT:.0f} s"
    with open(log_path, errors="replace") as log:
        text = log.read()
    result = count_unittest(text) if test.endswith(".py") else count_gtest(report)
    if status != 0:
        result.failed = max(result.failed, 1)
        text += f"\n{name_of(test)} {ending}\n"
    return test, result, time.monotonic() - begin, text


def count_unittest(text):
    ran = re.search(r"^Ran (\d+) test", text, re.M)
    end = re.search(r"^(?:OK|FAILED)(?: \((.*)\))?$", text, re.M)
    if not ran or not end:
        return Result(failed=1)
    kinds = {kind: int(number) for kind, number in re.findall(r"(\w+)=(\d+)", end[1] or "")}
    failed = kinds.get("failures", 0) + kinds.get("errors", 0)
    skipped = kinds.get("skipped", 0)
    return Result(max(int(ran[1]) - failed - skipped, 0), failed, skipped)


def count_gtest(report):
    if not os.path.exists(report):
        return Result(failed=1)
    with open(report) as file:
        cases = [case for suite in json.load(file)["testsuites"] for case in suite["testsuite"]]
    failed = sum("failures" in case for case in cases)
    skipped = sum(case["result"] != "COMPLETED" for case in cases)
    return Result(len(cases) - failed - skipped, failed, skipped)


if __name__ == "__main__":
    main()
