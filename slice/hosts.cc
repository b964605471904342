// The other end of a tunnel stays in the link, though its node is not there any more: what it is called and where.

#include <slice/hosts.h>

#include <kj/vector.h>
#include <net/near.h>
#include <slice/text.h>

#include <algorithm>

namespace xylem::slice {

namespace {

template <typename T, typename Test> void drop(std::vector<T>& list, Test&& unwanted) {
  list.erase(std::remove_if(list.begin(), list.end(), unwanted), list.end());
}

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
  drop(slice.nodes, [&](auto& each) { return each.host != host; });
  auto isElsewhere = [&](const std::string& node) { return slice.node(node) == nullptr; };
  drop(slice.links, [&](auto& each) { return slice.endsHere(each).empty(); });
  drop(slice.lans, [&](auto& each) { return isElsewhere(each.members[0].node); });
  if (slice.gate) {
    drop(slice.gate->ways, [&](auto& each) { return isElsewhere(each.node); });
    drop(slice.gate->forwards, [&](auto& each) { return isElsewhere(each.node); });
    if (slice.gate->ways.empty()) slice.gate.reset();
  }
  drop(slice.events, [&](auto& each) { return isElsewhere(each.target) && slice.link(each.target) == nullptr; });
  return "";
}

std::string printTunnel(const Slice& slice, const Link& link) {
  if (!link.tunnel) return "";
  auto& tunnel = *link.tunnel;
  auto& to = tunnel.addresses[1 - slice.endsHere(link).at(0)];
  return (tunnel.kind == Tunnel::VXLAN ? "vxlan " : "egre ") + std::to_string(tunnel.key) + " " + text(to.toString());
}

}  // namespace xylem::slice
