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
