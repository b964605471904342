"""OSPF in labs: configurations of BIRD, FRR and Xylem for OSPFv2, and what a router should know.

A test says what it has wired in a `Model`, which computes by a search of its own what each router is to know and what that costs; all
tables are compared with that as a whole.
"""

import heapq
import json
import random
import re
import unittest

import lab
from lab import Frr, Router, wait_until

AREA0 = "0.0.0.0"


def bird_ospf(router_id, interfaces, more="", area="0", extra="", timers="hello 1; dead 4;"):
    """BIRD in one area: interfaces {name: options}."""
    blocks = " ".join(f'interface "{name}" {{ {timers} {options} }};' for name, options in interfaces.items())
    return f"""
router id {router_id};
protocol device {{ scan time 1; }}
protocol direct {{ ipv4; }}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
protocol ospf v2 o {{ ipv4 {{ import all; export none; }}; {extra}
  area {area} {{ {blocks} interface "stub" {{ stub; cost 1; }}; }};
  {more}
}}
"""


def frr_ospf(router_id, interfaces, more="", area="0", timers=" ip ospf hello-interval 1\n ip ospf dead-interval 4\n"):
    """FRR: interfaces {name: options, or (area, options)}."""
    blocks = ""
    for name, options in interfaces.items():
        where, options = options if isinstance(options, tuple) else (area, options)
        blocks += f"interface {name}\n ip ospf area {where}\n{timers}{options}\n"
    return {"ospfd": f"""
{blocks}
interface stub
 ip ospf area {area}
 ip ospf cost 1
router ospf
 ospf router-id {router_id}
 passive-interface stub
 timers throttle spf 0 50 500
{more}
"""}


def xylem_ospf(router_id, links, areas, more="", rest=""):
    """A Xylem router: links {interface: addresses}, areas {id: text}."""
    blocks = "\n".join(f"    interface {name} {{ address {addresses}; }}" for name, addresses in links.items())
    inside = "\n".join(f"        area {area} {{ {text} }}" for area, text in areas.items())
    return f"""
interfaces {{
{blocks}
}}
protocols {{
    ospf {{
        router-id {router_id};
{inside}
        {more}
    }}
    {rest}
}}
"""


PTP = " ip ospf network point-to-point\n"
FAST = "hello-interval 1; dead-interval 4;"


def point(cost=10, more=""):
    return f"type point-to-point; {FAST} cost {cost}; {more}"


def lan(cost=10, more=""):
    return f"{FAST} cost {cost}; {more}"


def shortest(edges, source):
    """{node: distance}, where edges is [(a, b, cost from a, cost from b)]."""
    known, open_ = {}, [(0, source)]
    while open_:
        distance, node = heapq.heappop(open_)
        if node in known:
            continue
        known[node] = distance
        for a, b, there, back in edges:
            if a == node:
                heapq.heappush(open_, (distance + there, b))
            if b == node:
                heapq.heappush(open_, (distance + back, a))
    return known


class Model:
    """Routers, links, and networks that are at a router or at a link: what everybody should know."""

    def __init__(self):
        self.edges, self.nets = [], {}

    def stub(self, node, net, cost=1):
        self.nets.setdefault(net, []).append((node, cost))

    def point(self, a, b, net=None, cost=5, back=None, transit=None):
        """A point-to-point link. `transit`: what the way through `a` costs, when that is not what its network does."""
        back = cost if back is None else back
        self.edges.append((a, b, cost if transit is None else transit, back))
        if net:
            self.stub(a, net, cost)
            self.stub(b, net, back)

    def lan(self, net, *nodes, cost=5, inputs={}):
        """`inputs`: what the way from it to a node costs (RFC 8042)."""
        self.edges += [(node, net, cost, inputs.get(node, 0)) for node in nodes]
        self.stub(net, net, 0)

    def own(self, node):
        """The networks that a node is on itself."""
        links = {b for a, b, _, _ in self.edges if a == node}
        return {net for net, places in self.nets.items() if net in links or any(place == node for place, _ in places)}

    def table(self, source):
        """{network: cost}"""
        known = shortest(self.edges, source)
        costs = {net: min((known[node] + cost for node, cost in places if node in known), default=None)
                 for net, places in self.nets.items()}
        return {net: cost for net, cost in costs.items() if cost is not None}


def gateways(router, net):
    """Of a Xylem router's kernel route, which points at next-hop objects."""
    objects = {each["id"]: each for each in json.loads(lab.output("ip", "-n", router.name, "-j", "nexthop", "show"))}
    chosen = objects[router.routes()[net]["nhid"]]
    return {objects[each["id"]]["gateway"] for each in chosen.get("group", [chosen])}


class OspfTest(unittest.TestCase):
    def knows(self, node, net):
        return net in node.routes()

    def has(self, node, *nets, timeout=60):
        for net in nets:
            wait_until(lambda: self.knows(node, net), f"{node.name} knows {net}", timeout)

    def lacks(self, node, *nets, timeout=30):
        for net in nets:
            wait_until(lambda: not self.knows(node, net), f"{node.name} has forgotten {net}", timeout)

    def neighbors(self, router):
        return {each["address"]: each for each in router.json("show ospf neighbor")}

    def full(self, router, *addresses, timeout=60):
        for address in addresses:
            wait_until(lambda: self.neighbors(router)[address]["state"] == "full", f"{router.name} is full with {address}",
                       timeout)

    def cost(self, router, net):
        return self.table_of(router).get(net)

    def table_of(self, node):
        """{network: cost}, as the node's own OSPF says."""
        if isinstance(node, Router):
            return {route["net"]: int(route["cost"]) for route in node.json("show ospf route")}
        if isinstance(node, Frr):
            told = node.vtysh_json("show ip ospf route")
            return {net: route["cost"] for net, route in told.items() if route["routeType"].startswith("N")}
        return self.bird_table(node)

    @staticmethod
    def bird_table(node, protocol="o"):
        told = node.birdc(f"show route protocol {protocol}")
        return {net: int(cost) for net, cost in re.findall(r"^(\S+) .*\(150/(\d+)\)", told, re.M)}

    def expected(self, model, node):
        """What `table_of` is to be."""
        return model.table(node.name)

    def agree(self, model, *nodes, timeout=90):
        """All of the model is known to these nodes, at its cost, and nothing else."""
        for node in nodes:
            def same(node=node):
                found, wanted = self.table_of(node), self.expected(model, node)
                if found != wanted:
                    raise ValueError(f"{sorted(set(found.items()) ^ set(wanted.items()))}")
                return True

            wait_until(same, f"{node.name} knows what it should, {self.expected(model, node)}", timeout)

    def switch(self, here, *ends):
        """A LAN of these (node, address)."""
        switch = here.host("switch")
        for node, address in ends:
            here.link(node, switch, address)
        switch.ip("link", "add", "lan", "type", "bridge")
        switch.ip("link", "set", "lan", "up")
        for port in switch.interfaces:
            switch.ip("link", "set", port, "master", "lan")

    def multicasts(self, node, interface="eth0"):
        """What the node has sent to the groups of OSPF there, or heard."""
        return lab.output("tcpdump", "-n", "-r", f"{node.directory}/{interface}.pcap", "ip proto 89 and ip multicast")

    @staticmethod
    def flap(node, interface):
        """A hundred times down and up."""
        for i in range(100):
            node.ip("link", "set", interface, "up" if i % 2 else "down")
        node.ip("link", "set", interface, "up")


class Hostile:
    """Who sends packets of `packet(kind, body, length, checksum)`, whose `BODIES` are by type."""

    def hostile(self):
        """Sixty packets, the first of which make the sender a neighbor."""
        dice = random.Random(1)
        yield self.packet(1, bytes.fromhex(self.BODIES[1]))
        for number in range(59):
            kind = number % 6 if number % 6 else 4
            body = bytearray.fromhex(self.BODIES.get(kind, "00"))
            for _ in range(dice.randrange(4)):
                body[dice.randrange(len(body))] = dice.choice((0, 1, 0x7f, 0x80, 0xff))
            body = body[:dice.randrange(len(body) + 1)] if number % 3 == 0 else body
            yield self.packet(kind, bytes(body), dice.choice((None, None, None, 0, 23, 0xffff)) if number % 5 == 0 else None,
                              0 if number % 7 == 0 else None)
