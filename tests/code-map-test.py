#!/usr/bin/python3
"""Who may use whom: the includes of the tree against the code map of README.md."""

import os
import re
import unittest

import source

CODE = (".h", ".cc", ".capnp.in", ".cc.in")
CLICK_RPC = r"click/(engine\.(h|cc)|click\.(cc|capnp))$"
SCHEMAS = {os.path.basename(path)[:-6]: os.path.dirname(path) for path in source.files(".capnp")}  # {name: folder}


def code_map(text):
    """{folder: (what it may use, what it and whoever else lists it alone know)} from the table of the README; "everything" is None."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 4 or not cells[0].startswith("`"):
            continue
        uses = None if cells[2] == "everything" else words(cells[2])
        for folder in words(cells[0]):
            rows[folder] = (uses, words(cells[3]))
    return rows


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


def folder_of(path, rows):
    """The row that a file belongs to; a protocol's own row if there is one, else that of all protocols."""
    parts = path.split("/")
    if parts[0] != "protocols" or len(parts) < 3:
        return parts[0] + "/"
    own = "/".join(parts[:2]) + "/"
    return own if own in rows else "protocols/*/"


def wrong(path, included, rows):
    """Why this file may not include that one, or None."""
    row = folder_of(path, rows)
    if row not in rows:
        return f"{row} is not in the code map"
    uses, _ = rows[row]
    knowers = [folder for folder, (_, alone) in rows.items() if any(included.startswith(name) for name in alone)]
    if knowers and row not in knowers:
        return f"only {', '.join(knowers)} knows {included}"
    if row == "click/" and included.startswith(("xrl/", "click/click.capnp.h", "rib/")) and not re.match(CLICK_RPC, path):
        return "the plane itself knows no RPC"
    own = os.path.dirname(path) + "/"
    protocol = re.fullmatch(r"protocols/(\w+)\.capnp\.h", included)  # Where the build puts a protocol's schema.
    if protocol:
        included = SCHEMAS.get(protocol[1], f"protocols/{protocol[1]}") + f"/{protocol[1]}.capnp.h"
    ours = "/" in included and any(row.split("/")[0] == included.split("/")[0] for row in rows)
    if not ours or included.startswith((own, row)) or uses is None:
        return None
    test = path.endswith(("-test.cc", "testing.h"))
    if test and included.endswith(".capnp.h"):
        return None  # A test plays the other side.
    if test and included.startswith("finder/"):
        return None  # A test brings processes together.
    if any(included.startswith(used) if used.endswith("/") else included == used for used in uses):
        return None
    return f"{row} may not use {included}"


class CodeMapTest(unittest.TestCase):
    rows = code_map(source.read("README.md"))

    def test_every_include_is_allowed(self):
        problems = []
        for path in source.files(".h", ".cc"):
            for number, line in source.numbered(path):
                include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
                if not include:
                    continue
                problem = "include from the root, in <>" if include[1] == '"' else wrong(path, include[2], self.rows)
                if problem:
                    problems.append(f"{path}:{number}: {problem}")
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_every_schema_import_is_allowed(self):
        problems = []
        for path in source.files(".capnp"):
            for number, line in source.numbered(path):
                for imported in re.findall(r'import "([^"]+)"', line):
                    if "/" not in imported:
                        continue  # A neighbour in the same folder.
                    elif not imported.startswith("/"):
                        problem = "import from the root"
                    elif imported in ("/net/net.capnp", "/xrl/daemon.capnp", "/config/config.capnp"):
                        continue  # What every schema is made of.
                    else:
                        problem = wrong(path, imported[1:] + ".h", self.rows)
                    if problem:
                        problems.append(f"{path}:{number}: {problem}")
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_every_folder_with_code_is_in_the_map(self):
        folders = {folder_of(path, self.rows) for path in source.files(*CODE, ".py")}
        self.assertEqual(folders - set(self.rows), set())

    def test_the_map_forbids_what_it_should(self):
        forbidden = {
            "net/ip.cc": ["xrl/task.h", "ev.h", "rib/rib.capnp.h"],
            "xrl/loop.cc": ["config/tree.h", "rib/rib.capnp.h"],
            "config/tree.cc": ["xrl/task.h", "rtrmgr/rtrmgr.capnp.h"],
            "rib/table.cc": ["fea/forwarder.h", "config/tree.h", "spdlog/spdlog.h", "netlink/netlink.h"],
            "protocols/rip/core.cc": ["protocols/static/static.h", "rib/table.h", "netlink/netlink.h", "protocols/static.capnp.h"],
            "protocols/kit/routes.cc": ["protocols/rip/core.h", "config/tree.h"],
            "click/router.cc": ["xrl/task.h", "click/click.capnp.h", "fea/forwarder.h"],
            "fea/click.cc": ["click/router.h", "bpf/bpf.h"],
            "new-folder/x.cc": ["net/ip.h"],
        }
        allowed = {
            "net/ip.cc": ["net/ip.h", "kj/common.h", "capnp/message.h", "vector"],
            "xrl/loop.cc": ["ev.h", "net/ip.h", "spdlog/spdlog.h"],
            "protocols/rip/core.cc": ["protocols/rip/core.h", "protocols/kit/routes.h", "rib/rib.capnp.h", "protocols/rip.capnp.h"],
            "fea/kernel.cc": ["netlink/netlink.h", "linux/netlink.h", "rib/rib.capnp.h"],
            "fea/click.cc": ["click/click.capnp.h"],
            "click/engine.cc": ["xrl/daemon.h", "click/click.capnp.h", "click/router.h"],
            "click/xdp-device.cc": ["bpf/bpf.h", "click/device.h"],
            "bench/fib.cc": ["rib/table.h"],
        }
        for path, includes in forbidden.items():
            for included in includes:
                self.assertIsNotNone(wrong(path, included, self.rows), f"{path} includes {included}")
        for path, includes in allowed.items():
            for included in includes:
                self.assertIsNone(wrong(path, included, self.rows), f"{path} includes {included}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
