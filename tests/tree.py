"""A throw-away view of the tree: a test may write into it, build in it, and none of that touches the real one."""

import os
import shutil
import subprocess

import sandbox

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def throw_away():
    """Within a sandbox: from now on, whatever is written below ROOT goes to memory, or to a copy, and is lost at the end.

    The paths stay the same, so what was built in build/ need not be built again.
    """
    store = "/run/tree"
    os.mkdir(store)
    sandbox.system("mount", b"tmpfs", store.encode(), b"tmpfs", 0, None)
    for folder in "changes", "work", "copy":
        os.mkdir(f"{store}/{folder}")
    options = f"lowerdir={ROOT},upperdir={store}/changes,workdir={store}/work"
    try:
        sandbox.system("mount", b"overlay", ROOT.encode(), b"overlay", 0, options.encode())
    except OSError:  # No overlay here: a copy in memory then.
        shutil.copytree(ROOT, f"{store}/copy", symlinks=True, dirs_exist_ok=True)
        subprocess.run(["mount", "--bind", f"{store}/copy", ROOT], check=True)
    os.chdir(ROOT)
