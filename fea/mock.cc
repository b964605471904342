// The mock plane: the rules of forwarder.h in their plainest form. What is where the kernel would have objects is
// looked up again each time it is asked for.

#include <fea/mock.h>

#include <fea/batch.h>
#include <kj/debug.h>
#include <net/wire.h>

#include <algorithm>

namespace xylem::fea {

// ---- interfaces

void Mock::setLink(Link link) {
  if (link.index == 0) link.index = nextIndex;
  nextIndex = kj::max(nextIndex, link.index + 1);
  auto name = kj::str(link.name);
  std::sort(link.addresses.begin(), link.addresses.end());
  auto place = std::find_if(all.begin(), all.end(), [&](auto& each) { return each->name == name; });
  if (place == all.end()) {
    all.add(kj::heap(kj::mv(link)));
    std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a->index < b->index; });
  } else {
    **place = kj::mv(link);
  }
  changed(name);
}

void Mock::removeLink(kj::StringPtr name) {
  auto gone = kj::str(name);
  auto place = std::find_if(all.begin(), all.end(), [&](auto& each) { return each->name == gone; });
  if (place == all.end()) return;
  std::rotate(place, place + 1, all.end());
  all.removeLast();
  changed(gone);
}

void Mock::changed(kj::StringPtr name) {
  auto names = kj::heapArray<kj::String>(1);
  names[0] = kj::str(name);
  listener.linksChanged(names);
}

kj::Vector<Fault> Mock::configure(kj::Vector<DesiredLink> desired) {
  auto former = kj::mv(configured);
  configured = {};
  for (auto& name : former)
    if (std::none_of(desired.begin(), desired.end(), [&](auto& each) { return each.name == name; })) removeLink(name);
  for (auto& each : desired) {
    Link link;
    link.name = kj::str(each.name);
    for (auto& there : all)
      if (there->name == each.name) link.index = there->index;
    link.up = link.running = !each.disable;
    link.multicast = true;
    link.mtu = each.mtu.orDefault(1500);
    link.addresses = kj::mv(each.addresses);
    configured.add(kj::str(link.name));
    setLink(kj::mv(link));
  }
  return {};
}

bool Mock::isRunning(kj::StringPtr name) const {
  return std::any_of(all.begin(), all.end(), [&](auto& link) { return link->name == name && link->running; });
}

// ---- routes

std::string Mock::ways(const Group& group) const {
  if (group.kind == Group::BLACKHOLE) return "blackhole";
  if (group.kind == Group::UNREACHABLE) return "unreachable";
  std::string text;
  for (auto& [hop, weight] : group.hops) {
    auto& [link, gateway] = hop;
    if (!isRunning(link.c_str())) continue;
    if (!text.empty()) text += ", ";
    if (!gateway.isNone()) text += kj::str("via ", gateway, ' ').cStr();
    text += kj::str("dev ", link.c_str(), " weight ", weight).cStr();
  }
  return text;
}

std::string Mock::ways(const Route& route) const {
  auto group = groups.find(route.group);
  return group == groups.end() ? route.kept : ways(group->second);
}

kj::Promise<void> Mock::beginSync() {
  freeze();
  groups.clear();
  begun = true;
  return kj::READY_NOW;
}

void Mock::freeze() {
  for (auto at = routes.begin(); at != routes.end();) {
    auto& route = at->second;
    route.kept = ways(route);
    route.group = 0;
    route.stale = true;
    at = route.kept.empty() ? routes.erase(at) : std::next(at);
  }
}

kj::Promise<void> Mock::push(rib::Batch::Reader batch) {
  KJ_REQUIRE(begun, "beginSync comes first");
  auto problem = whyNot(batch, groups.size(), [this](uint32_t id) { return groups.count(id) > 0; });
  KJ_IF_MAYBE (reason, problem) KJ_FAIL_REQUIRE("batch refused", *reason);
  kj::Vector<uint32_t> freed;
  for (auto from : batch.getGroups()) {
    Group group;
    if (from.isBlackhole()) group.kind = Group::BLACKHOLE;
    if (from.isUnreachable()) group.kind = Group::UNREACHABLE;
    if (from.isHops()) {
      for (auto hop : from.getHops()) {
        auto& weight = group.hops[{hop.getInterface().cStr(), KJ_ASSERT_NONNULL(net::read(hop.getGateway()))}];
        weight = kj::min(weight + hop.getWeight(), 256u);
      }
    }
    if (isFreed(from)) freed.add(from.getId());
    groups[from.getId()] = kj::mv(group);
  }
  for (auto route : batch.getRoutes()) install(netOf(route), route.getNextHop());
  for (auto id : freed) {
    if (!groups[id].hops.empty() || groups[id].kind != Group::HOPS) continue;
    groups.erase(id);
    for (auto at = routes.begin(); at != routes.end();) at = at->second.group == id ? routes.erase(at) : std::next(at);
  }
  return kj::READY_NOW;
}

void Mock::install(net::IpNet net, uint32_t group) {
  if (group == 0) {
    routes.erase(net);
    ++counts.withdrawals;
    return;
  }
  KJ_IF_MAYBE (reason, refuse(net)) {
    ++counts.errors;
    listener.refused(kj::arrayPtr(&net, 1), *reason);
    return;
  }
  auto& route = routes[net];
  if (!route.stale || route.kept != ways(groups[group])) ++counts.installs;
  route = {group, false, {}};
}

kj::Promise<void> Mock::synced() {
  KJ_REQUIRE(begun, "beginSync comes first");
  for (auto at = routes.begin(); at != routes.end();) {
    if (!at->second.stale) {
      ++at;
      continue;
    }
    ++counts.withdrawals;
    at = routes.erase(at);
  }
  return kj::READY_NOW;
}

Counters Mock::counters() const {
  auto now = counts;
  now.groups = uint32_t(groups.size());
  for (auto& [net, route] : routes) now.stale += route.stale;
  return now;
}

// ---- for tests

std::map<std::string, std::string> Mock::table() const {
  std::map<std::string, std::string> table;
  for (auto& [net, route] : routes) {
    auto text = ways(route);
    if (!text.empty()) table[kj::str(net).cStr()] = text;
  }
  return table;
}

bool Mock::isStale(kj::StringPtr net) const {
  auto at = routes.find(KJ_ASSERT_NONNULL(net::IpNet::parse(net)));
  return at != routes.end() && at->second.stale;
}

void Mock::drop(kj::StringPtr text) {
  auto net = KJ_ASSERT_NONNULL(net::IpNet::parse(text));
  if (routes.erase(net) == 0) return;
  ++counts.lost;
  listener.lost(kj::arrayPtr(&net, 1));
}

void Mock::loseTrack(kj::StringPtr reason) {
  freeze();
  ++counts.resyncs;
  listener.resync(reason);
}

}  // namespace xylem::fea
