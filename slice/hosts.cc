// Nothing is asked of other hosts: what is there is a part of the file (part.h), and where a tunnel leads stands in it.

#include <slice/hosts.h>

#include <kj/vector.h>
#include <net/near.h>
#include <slice/part.h>
#include <slice/text.h>

#include <set>

namespace xylem::slice {

namespace {

std::string wrong(const Slice& slice, const std::string& host) {
  std::string names;
  kj::Vector<kj::StringPtr> known;
  for (auto& each : slice.hosts) {
    names += (names.empty() ? "" : ", ") + each.name;
    known.add(ptr(each.name));
  }
  if (slice.hosts.empty()) return host.empty() ? "" : "it names no hosts, so there is no \"" + host + "\"";
  if (host.empty()) return "it is on the hosts " + names + "; say which of them this is: --host NAME";
  for (auto& each : slice.hosts)
    if (each.name == host) return "";
  return "there is no host \"" + host + "\" in it" + text(net::didYouMean(ptr(host), known));
}

}  // namespace

std::string choose(Slice& slice, const std::string& host) {
  if (auto problem = wrong(slice, host); !problem.empty() || slice.hosts.empty()) return problem;
  std::set<std::string> here;
  for (auto& each : slice.nodes)
    if (each.host == host) here.insert(each.name);
  slice = part(slice, here);
  return "";
}

std::string printTunnel(const Slice& slice, const Link& link) {
  if (!link.tunnel) return "";
  auto& tunnel = *link.tunnel;
  auto& to = tunnel.addresses[1 - slice.endsHere(link).at(0)];
  return (tunnel.kind == Tunnel::VXLAN ? "vxlan " : "egre ") + std::to_string(tunnel.key) + " " + text(to.toString());
}

}  // namespace xylem::slice
