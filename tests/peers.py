"""Configurations of real peers, for labs and the demo.

All of them speak RIP and RIPng on their interfaces `eth*`, and announce the networks of their interface `stub` (see
Node.stub in the lab). Timers are short, so that a test need not wait.
"""

BIRD_RIP = """
router id 10.255.0.1;
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export all; }; }
protocol kernel { ipv6 { import none; export all; }; }
protocol direct { ipv4; ipv6; interface "stub"; }
protocol rip { ipv4 { import all; export all; }; interface "eth*" { update time 2; timeout time 12; garbage time 8; }; }
protocol rip ng { ipv6 { import all; export all; }; interface "eth*" { update time 2; timeout time 12; garbage time 8; }; }
"""

FRR_RIP = {
    "ripd": """
router rip
 timers basic 5 20 10
 network eth0
 network eth1
 redistribute connected route-map stub
route-map stub permit 1
 match interface stub
""",
    "ripngd": """
router ripng
 timers basic 5 20 10
 network eth0
 network eth1
 redistribute connected route-map stub
route-map stub permit 1
 match interface stub
""",
}


def xylem_rip(interfaces, more=""):
    """Configuration of a Xylem router that speaks RIP and RIPng on these interfaces: {name: addresses}."""
    names = " ".join(f"interface {name};" for name in interfaces)
    timers = "update-interval 2; timeout 12; garbage-collect 8;"
    blocks = "\n".join(f"    interface {name} {{ address {addresses}; }}" for name, addresses in interfaces.items())
    return f"""
interfaces {{
{blocks}
}}
protocols {{
    rip {{ {names} {timers} redistribute static; }}
    ripng {{ {names} {timers} redistribute static; }}
    {more}
}}
"""

ACCEPT = "policy-statement ACCEPT { default-action accept; }"

BIRD_BGP = """
router id 10.255.0.1;
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export all; }; }
protocol kernel { ipv6 { import none; export all; }; }
protocol direct { ipv4; ipv6; interface "stub"; }
template bgp x { local as 65001; connect retry time 1; connect delay time 1; error wait time 1, 2; }
protocol bgp x4 from x { neighbor 10.0.1.1 as 65000; ipv4 { import all; export all; }; }
protocol bgp x6 from x { neighbor 2001:db8:a::1 as 65000; ipv6 { import all; export all; }; }
"""

FRR_BGP = {
    "bgpd": """
router bgp 65002
 bgp router-id 10.255.0.2
 no bgp ebgp-requires-policy
 timers bgp connect 1
 neighbor 10.0.2.1 remote-as 65000
 neighbor 2001:db8:b::1 remote-as 65000
 address-family ipv4 unicast
  redistribute connected route-map stub
  no neighbor 2001:db8:b::1 activate
 address-family ipv6 unicast
  redistribute connected route-map stub
  neighbor 2001:db8:b::1 activate
route-map stub permit 1
 match interface stub
""",
}


def xylem_bgp(interfaces, local_as, router_id, neighbors, policies="", more=""):
    """Configuration of a Xylem router that speaks BGP; the policy ACCEPT is there, beside others."""
    blocks = "\n".join(f"    interface {name} {{ address {addresses}; }}" for name, addresses in interfaces.items())
    return f"""
interfaces {{
{blocks}
}}
protocols {{
    bgp {{
        local-as {local_as};
        router-id {router_id};
{neighbors}
    }}
}}
policy {{
    {ACCEPT}
    {policies}
}}
{more}
"""
