#!/usr/bin/python3
"""A place of its own for a test: whatever starts in it ends with it, and nothing of it is left.

enter() moves the calling program into new process, mount and network namespaces. The kernel then does the cleaning: when
the program ends, for whatever reason, kill -9 included, every process that it started is killed, however often that one
forked or changed its user; and network namespaces, links, sockets, run directories and files below /run go with the last of
them. So no name needs to be unique, and nothing is ever swept.

Three processes are involved. The one that was started stays outside, waits, and ends as the inner one ends. Its child is
process 1 inside, dies with it (PR_SET_PDEATHSIG), collects orphans, and ends with its own child, which is the program.

As a command, `sandbox.py PROGRAM [ARGUMENT...]` runs a program in such a place.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
PRIVATE = ["/run", "/var/tmp"]  # Where daemons leave files; /tmp stays shared, for whoever wants to pass something out.

libc = ctypes.CDLL(None, use_errno=True)


def system(name, *args):
    """A system call of libc, with an exception when it fails."""
    if getattr(libc, name)(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def die_with_parent():
    """Be killed when the thread that started this process ends (until this process changes its user)."""
    system("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)


def enter(interactive=False):
    """Return inside. With `interactive`, ^C is left to the program, which then decides what ends."""
    system("unshare", CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET)
    outside = os.getpid()
    watch = select.poll()
    watch.register(os.pidfd_open(outside), select.POLLIN)
    init = os.fork()
    if init != 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN if interactive else signal.SIG_DFL)
        leave(os.waitpid(init, 0)[1])
    die_with_parent()
    if watch.poll(0):
        os._exit(1)  # The parent died before it was watched.
    furnish()
    program = os.fork()
    if program != 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            pid, status = os.wait()
            if pid == program:
                leave(status)
    os.environ["XYLEM_SANDBOX"] = str(outside)


def furnish():
    """Give the new namespaces what a program expects."""
    system("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    system("mount", b"proc", b"/proc", b"proc", 0, None)
    for folder in PRIVATE:
        system("mount", b"tmpfs", folder.encode(), b"tmpfs", 0, b"mode=1777" if folder == "/var/tmp" else b"mode=755")
    os.mkdir("/run/netns")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def leave(status):
    """End as a child ended that had this wait status."""
    if os.WIFSIGNALED(status):
        os._exit(128 + os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    enter()
    os.execvp(sys.argv[1], sys.argv[1:])
