"""BGP speakers around a Xylem router, for labs: how each is configured, and what each says it sees.

        r1 (Xylem, AS 65000) eth0 ---- the 1st speaker
                             eth1 ---- the 2nd speaker ...

On the n-th link r1 is 10.0.<n>.1 and 2001:db8:<n>::1, and the speaker is 10.0.<n>.2 and 2001:db8:<n>::2; its router id
is 10.255.0.<n> and its networks are those of its interface `stub`. Each configuration has an IPv4 and an IPv6 session.
"""

import json

from lab import CommandFailed, wait_until
from peers import xylem_bgp

OPEN = "import ACCEPT; export ACCEPT;"


def address(n, version=4, end=2):
    return f"10.0.{n}.{end}" if version == 4 else f"2001:db8:{n}::{end}"


def both(n, end=2):
    return f"{address(n, 4, end)}/24 {address(n, 6, end)}/64"


def neighbor(n, words, versions=(4, 6), more=OPEN):
    """r1's neighbor, over both versions."""
    return "".join(f"        neighbor {address(n, version)} {{ {words} {more} }}\n" for version in versions)


def star(here, speakers, neighbors, policy="", local_as=65000, protocols="", capture=True):
    """Make r1, link it to these speakers, and start all."""
    links = {f"eth{n - 1}": both(n, 1) for n in range(1, len(speakers) + 1)}
    config = xylem_bgp(links, local_as, "10.255.0.100", neighbors, policy)
    r1 = here.router("r1", config.replace("protocols {", "protocols {" + protocols, 1))
    for n, speaker in enumerate(speakers, 1):
        here.link(r1, speaker, "", both(n), capture=capture)
    here.start()
    r1.ready()
    return r1


def bird(n, local_as, options="", ip4="import all; export all;", ip6="import all; export all;", more="",
         remote_as=65000):
    """Of BIRD: protocols x4 and x6."""
    times = "connect retry time 1; connect delay time 1; error wait time 1, 2; startup hold time 20;"
    text = f"""
router id 10.255.0.{n};
protocol device {{ scan time 1; }}
protocol kernel {{ ipv4 {{ import none; export all; }}; }}
protocol kernel {{ ipv6 {{ import none; export all; }}; }}
protocol direct {{ ipv4; ipv6; interface "stub"; }}
template bgp x {{ local as {local_as}; {times} {options} }}
protocol bgp x4 from x {{ neighbor {address(n, 4, 1)} as {remote_as}; ipv4 {{ {ip4} }}; }}
protocol bgp x6 from x {{ neighbor {address(n, 6, 1)} as {remote_as}; ipv6 {{ {ip6} }}; }}
"""
    return more + text


def frr(n, local_as, options=(), ip4=(), ip6=(), more="", top=(), remote_as=65000):
    """Of FRR. The options are lines about a neighbor without `neighbor ADDRESS`, or about its family."""
    def lines(version, options, indent):
        return "".join(f"{indent}neighbor {address(n, version, 1)} {option}\n" for option in options)

    return {"bgpd": f"""
router bgp {local_as}
 bgp router-id 10.255.0.{n}
 no bgp ebgp-requires-policy
 no bgp network import-check
 no bgp default ipv4-unicast
{"".join(f" {line}{chr(10)}" for line in top)}
{lines(4, [f"remote-as {remote_as}", "timers connect 1", "advertisement-interval 0", *options], " ")}
{lines(6, [f"remote-as {remote_as}", "timers connect 1", "advertisement-interval 0", *options], " ")}
 address-family ipv4 unicast
  redistribute connected route-map stub
{lines(4, ["activate", *ip4], "  ")}
 exit-address-family
 address-family ipv6 unicast
  redistribute connected route-map stub
{lines(6, ["activate", *ip6], "  ")}
 exit-address-family
{more}
route-map stub permit 1
 match interface stub
"""}


def openbgpd(n, local_as, options="", more="", remote_as=65000, networks=()):
    neighbors = "".join(f"neighbor {address(n, version, 1)} {{\n remote-as {remote_as}\n announce IPv{version} unicast\n {options}\n}}\n"
                        for version in (4, 6))
    networks = "".join(f"network {net}\n" for net in networks)
    return f"""
AS {local_as}
router-id 10.255.0.{n}
connect-retry 1
fib-update no
listen on {address(n)}
listen on {address(n, 6)}
{networks}
{neighbors}
allow from any
allow to any
{more}
"""


def gobgp(n, local_as, options="", tables="", family_tables="", remote_as=65000):
    """Of GoBGP. The options are of `[neighbors.config]`, the tables beside it, and those beside a family."""
    text = f'[global.config]\nas = {local_as}\nrouter-id = "10.255.0.{n}"\n'
    for version in 4, 6:
        text += f"""
[[neighbors]]
[neighbors.config]
neighbor-address = "{address(n, version, 1)}"
peer-as = {remote_as}
{options}
[neighbors.timers.config]
connect-retry = 1
idle-hold-time-after-reset = 1
{tables}
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv{version}-unicast"
{family_tables}
"""
    return text


def exabgp(n, local_as, options="", capability="", versions=(4, 6), local=None, router_id=None, remote_as=65000):
    """Of ExaBGP. `local`: other last numbers of addresses than 2, a neighbor each."""
    text = ""
    for end in local or [2]:
        for version in versions:
            identifier = router_id or (f"10.255.0.{n}" if local is None else f"10.255.{n}.{end}")
            text += f"""
neighbor {address(n, version, 1)} {{
    router-id {identifier}; local-address {address(n, version, end)}; local-as {local_as}; peer-as {remote_as}; hold-time 90;
    {options}
    family {{ ipv{version} unicast; }}
    capability {{ asn4 enable; route-refresh enable; {capability} }}
    api {{ processes [ lab ]; neighbor-changes; receive {{ parsed; update; }} }}
}}
"""
    return text


# ---- what r1 says

def neighbor_of(r1, name):
    return r1.json(f"show bgp neighbor {name}")[0]


def up(r1, *names, timeout=40):
    """Wait until these sessions of r1, or all, are established."""
    def are():
        rows = r1.json("show bgp summary")
        wanted = [row for row in rows if not names or row["name"] in names]
        return len(wanted) >= len(names) and all(row["state"] == "established" for row in wanted)

    wait_until(are, f"the sessions with {', '.join(names) or 'all'} are up", timeout)


def paths(r1, net):
    """r1's paths to exactly this prefix, best first."""
    return [path for path in r1.json(f"show bgp routes {net}") if path["net"] == net]


def best(r1, net):
    return next(path for path in paths(r1, net) if path["verdict"] == "best")


def ways(node, net):
    """The gateways of a route in the kernel of r1, in order."""
    return sorted(weights(node, net))


def weights(node, net):
    """The gateways of a route in the kernel of r1, each with its weight."""
    route = node.routes(6 if ":" in net else 4)[net]
    objects = {each["id"]: each for each in json.loads(node.run("ip", "-j", "nexthop"))}
    return {objects[member["id"]]["gateway"]: member.get("weight", 1) for member in objects[route["nhid"]]["group"]}


# ---- what the speakers say

def bird_route(node, net):
    """BIRD's route to this prefix with all attributes, or an empty text."""
    try:
        return node.birdc(f"show route {net} all")
    except CommandFailed:  # Network not found
        return ""


def frr_paths(node, net):
    """FRR's BGP paths to this prefix."""
    family = "ipv6" if ":" in net else "ipv4"
    return json.loads(node.vtysh(f"show bgp {family} unicast {net} json") or "{}").get("paths", [])


def gobgp_paths(node, net):
    """GoBGP's paths to this prefix: {attribute type: value}."""
    rib = node.gobgp_json("global", "rib", *(["-a", "ipv6"] if ":" in net else []))
    return [{attribute["type"]: attribute for attribute in path["attrs"]} for path in rib.get(net, [])]


def openbgpd_paths(node, net):
    """OpenBGPD's paths to this prefix."""
    return [path for path in node.bgpctl("show", "rib", "detail").get("rib", []) if path["prefix"] == net]
