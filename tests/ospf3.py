"""OSPFv3 in labs: what ospf.py is for OSPFv2. Link n is the network 2001:db8:n::/64."""

import json

import ospf
from lab import Frr, Router, wait_until

PTP = " ipv6 ospf6 network point-to-point\n"


def bird3(router_id, areas, families=("ipv6",), extra=""):
    """BIRD with areas {id: text}, for each family."""
    blocks = " ".join(f"area {area} {{ {text} }};" for area, text in areas.items())
    protocols = "\n".join(f"""protocol kernel {{ {family} {{ import none; export all; }}; }}
protocol ospf v3 o{family} {{ {family} {{ import all; export none; }}; {extra} {blocks} }}""" for family in families)
    return f"router id {router_id};\nprotocol device {{ scan time 1; }}\n{protocols}\n"


def bird_interface(name, options="", cost=5):
    return f'interface "{name}" {{ hello 1; dead 4; cost {cost}; {options} }};'


BIRD_STUB = 'interface "stub" { stub; cost 1; };'


def frr3(router_id, interfaces, more="", area="0"):
    """FRR: interfaces {name: options, or (area, options)}."""
    blocks = ""
    for name, options in interfaces.items():
        where, options = options if isinstance(options, tuple) else (area, options)
        blocks += (f"interface {name}\n ipv6 ospf6 area {where}\n ipv6 ospf6 hello-interval 1\n ipv6 ospf6 dead-interval 4\n"
                   f"{options}\n")
    return {"ospf6d": f"""
{blocks}
interface stub
 ipv6 ospf6 area {area}
 ipv6 ospf6 cost 1
 ipv6 ospf6 passive
router ospf6
 ospf6 router-id {router_id}
 timers throttle spf 0 50 500
{more}
"""}


def xylem3(router_id, links, families, more="", rest=""):
    """A Xylem router: links {interface: addresses}, families {family: {area: text}}."""
    blocks = "\n".join(f"    interface {name} {{ {f'address {addresses};' if addresses else ''} }}" for name, addresses in links.items())
    inside = ""
    for family, areas in families.items():
        text = "\n".join(f"            area {area} {{ {said} }}" for area, said in areas.items())
        inside += f"        address-family {family} {{\n{text}\n            {more} }}\n"
    return f"""
interfaces {{
{blocks}
}}
protocols {{
    ospf3 {{
        router-id {router_id};
{inside}    }}
    {rest}
}}
"""


class Ospf3Test(ospf.OspfTest):
    def knows(self, node, net):
        return net in node.routes(4 if "." in net else 6)

    def neighbors(self, router):
        return {each["router"]: each for each in router.json("show ospf3 neighbor")}

    def cost(self, router, net):
        return self.table_of(router).get(net)

    def table_of(self, node):
        """{network: cost}. FRR tells costs of routes that it uses alone, and those do not lead to its own networks."""
        if isinstance(node, Router):
            return {route["net"]: int(route["cost"]) for route in node.json("show ospf3 route")}
        if isinstance(node, Frr):
            told = node.vtysh_json("show ipv6 route ospf6")
            return {net: routes[0]["metric"] for net, routes in told.items() if routes[0].get("selected")}
        return self.bird_table(node, "oipv6")

    def expected(self, model, node):
        own = model.own(node.name) if isinstance(node, Frr) else ()
        return {net: cost for net, cost in model.table(node.name).items() if net not in own}

    def link_local(self, node, interface="eth0"):
        """The node's link-local address there."""
        def found():
            told = json.loads(node.run("ip", "-6", "-j", "address", "show", "dev", interface, "scope", "link"))
            return [each["local"] for link in told for each in link.get("addr_info", ()) if "local" in each][0]

        return wait_until(found, f"{node.name} has a link-local address")
