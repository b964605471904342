"""Small UDP packets from network namespaces into others, and how many arrive.

A sender is a process that sends 64 bytes with headers (sendmmsg, 32 at a time); what arrives is counted by the device.
"""

import ctypes
import inspect
import os
import socket
import time

import sandbox


def measure(senders, receivers, seconds):
    """Packets per second that arrive at each of receivers, (namespace, interface), while senders, (namespace, address), send.
    A namespace is the path of a file."""
    start = time.monotonic() + 1 + 0.05 * len(senders)
    children = [flood(namespace, to, start, start + seconds + 2) for namespace, to in senders]
    while time.monotonic() < start + 0.5:
        time.sleep(0.01)
    before = [arrived(*each) for each in receivers]
    time.sleep(seconds)
    after = [arrived(*each) for each in receivers]
    for child in children:
        os.waitpid(child, 0)
    return [(count - first) / (end - begin) for (first, begin), (count, end) in zip(before, after)]


def arrived(namespace, interface):
    """(packets, when)"""
    with open("/proc/self/ns/net") as own:
        enter(namespace)
        try:
            with open("/proc/self/net/dev") as table:
                line = next(line for line in table.read().splitlines()[2:] if line.strip().startswith(interface + ":"))
            return int(line.split(":")[1].split()[1]), time.monotonic()
        finally:
            sandbox.system("setns", own.fileno(), sandbox.CLONE_NEWNET)


def enter(namespace):
    with open(namespace) as file:
        sandbox.system("setns", file.fileno(), sandbox.CLONE_NEWNET)


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("vectors", ctypes.POINTER(Vector)), ("count", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t), ("flags", ctypes.c_int), ("sent", ctypes.c_uint)]


def send(to, start, until):
    """In that time, by the monotonic clock."""
    libc = ctypes.CDLL(None)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect((to, 9))
    payload = ctypes.create_string_buffer(22)  # 64 bytes with headers and checksum.
    vector = Vector(ctypes.addressof(payload), 22)
    many = (Header * 32)(*[Header(vectors=ctypes.pointer(vector), count=1) for _ in range(32)])
    while time.monotonic() < start:
        time.sleep(0.001)
    while time.monotonic() < until:
        for _ in range(16):
            libc.sendmmsg(out.fileno(), many, 32, 0)


def program(to, start):
    """A sender, for nodes that do not see this file: it sends from then on until it is killed."""
    parts = "import ctypes, socket, time", *map(inspect.getsource, (Vector, Header, send)), f"send({to!r}, {start}, float('inf'))"
    return "\n".join(parts)


def flood(namespace, to, start, until):
    """A child that sends in that time."""
    child = os.fork()
    if child:
        return child
    enter(namespace)
    send(to, start, until)
    os._exit(0)
