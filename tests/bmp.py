"""A BMP station for labs: it decodes what a router tells it, and keeps what holds now (RFC 7854, RFC 9069).

    with Station(node, 1790) as station:
        wait_until(lambda: "10.2.0.0/24" in station.routes("pre", "10.0.2.2"), "the station knows the route")

`peers` are those that are up, by address ("" is the Loc-RIB), with both OPENs; `routes(view, address)` is {prefix: path attributes, by type},
for the views "pre", "post" and "local". `ended` holds the views whose End-of-RIB has come, as (view, address, family).
"""

import ipaddress
import socket
import struct
import threading

PEER_HEADER = 42
LOCAL_RIB = 3
REACH, UNREACH = 14, 15


class Station:
    def __init__(self, node, port, receive_buffer=None):
        self.listener = node.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listener.bind(("", port))
        self.listener.listen()
        self.lock = threading.Lock()
        self.reading = threading.Event()
        self.reading.set()
        self.connections = 0
        self.connection = None
        self.error = None
        self.clear()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.hang_up()
        self.reading.set()
        self.thread.join()
        if self.error and kind is None:
            raise self.error

    def clear(self):
        self.greeting, self.peers, self.downs, self.tables, self.statistics, self.ended = None, {}, [], {}, {}, set()

    def hang_up(self):
        if self.connection:
            self.connection.shutdown(socket.SHUT_RDWR)

    def serve(self):
        while True:
            try:
                self.connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with self.lock:
                self.clear()
            try:
                with self.connection:
                    self.read_all()
            except OSError:
                pass
            except Exception as error:  # Of the decoder: the test shall fail, not only this thread.
                self.error = error
                return

    def read_all(self):
        waiting = b""
        while True:
            self.reading.wait()
            more = self.connection.recv(65536)
            if not more:
                return
            waiting += more
            while len(waiting) >= 6:
                version, length, kind = struct.unpack("!BIB", waiting[:6])
                assert version == 3 and length >= 6, waiting[:6]
                if len(waiting) < length:
                    break
                with self.lock:
                    self.hear(kind, waiting[6:length])
                waiting = waiting[length:]

    def hear(self, kind, body):
        if kind == 4:
            self.greeting = dict(tlvs(body))
            return
        if kind == 5:
            return
        peer_type, flags = body[0], body[1]
        address = ""
        if peer_type != LOCAL_RIB:
            address = str(ipaddress.IPv6Address(body[10:26]) if flags & 0x80 else ipaddress.IPv4Address(body[22:26]))
        view = "local" if peer_type == LOCAL_RIB else "post" if flags & 0x40 else "pre"
        body = body[PEER_HEADER:]
        if kind == 3:
            assert address not in self.peers, f"{address} is up already"
            sent = body[20:20 + int.from_bytes(body[36:38], "big")]
            rest = body[20 + len(sent):]
            self.peers[address] = (sent, rest[:int.from_bytes(rest[16:18], "big")])
        else:
            assert address in self.peers, f"{address} is not up"
        if kind == 0:
            self.update(view, address, body)
        elif kind == 1:
            self.statistics[address] = {kind: int.from_bytes(value, "big") for kind, value in tlvs(body[4:])}
        elif kind == 2:
            self.downs.append((address, body[0]))
            del self.peers[address]
            self.tables = {key: routes for key, routes in self.tables.items() if key[1] != address}

    def update(self, view, address, message):
        length, kind = struct.unpack("!HB", message[16:19])
        assert length == len(message) and kind == 2, message[:19]
        table = self.tables.setdefault((view, address), {})
        size = int.from_bytes(message[19:21], "big")
        gone, rest = message[21:21 + size], message[21 + size:]
        size = int.from_bytes(rest[:2], "big")
        found, nlri = attributes(rest[2:2 + size]), rest[2 + size:]
        if UNREACH in found and found[UNREACH][:2] == b"\0\2":
            for net in prefixes(found[UNREACH][3:], 16):
                table.pop(net, None)
        for net in prefixes(gone, 4):
            table.pop(net, None)
        for net in prefixes(nlri, 4):
            table[net] = found
        if REACH in found:
            value = found[REACH]
            for net in prefixes(value[5 + value[3]:], 16):
                table[net] = found
        if not gone and not nlri and found in ({}, {UNREACH: b"\0\2\1"}):
            self.ended.add((view, address, 6 if found else 4))

    def routes(self, view, address=""):
        with self.lock:
            return dict(self.tables.get((view, address), {}))


def tlvs(data):
    while data:
        kind, length = struct.unpack("!HH", data[:4])
        yield kind, data[4:4 + length]
        data = data[4 + length:]


def attributes(data):
    found = {}
    while data:
        wide = data[0] & 0x10
        size = int.from_bytes(data[2:4], "big") if wide else data[2]
        start = 4 if wide else 3
        found[data[1]] = data[start:start + size]
        data = data[start + size:]
    return found


def prefixes(data, width):
    while data:
        size = (data[0] + 7) // 8
        address = ipaddress.ip_address(data[1:1 + size].ljust(width, b"\0"))
        yield f"{address}/{data[0]}"
        data = data[1 + size:]
