// A prefix is looked at whenever anything changes that it may come of; what is announced for it then, or nothing,
// follows from what there is.

#include <protocols/bgp/origination.h>

#include <protocols/bgp/speaker.h>

#include <utility>

namespace xylem::bgp {

void Origination::configure() {
  auto& settings = speaker.settings;
  std::vector<std::string> wanted;
  for (auto& [protocol, own] : settings.redistribute) wanted.push_back(protocol);
  if (wanted != protocols) redistribute(kj::mv(wanted));
  for (auto& [net, route] : redistributed) update(net);
  auto before = std::exchange(networks, {});
  for (auto& [net, own] : settings.networks) networks.insert(net);
  for (auto& [net, own] : settings.aggregates) networks.insert(net);
  for (auto& net : before)
    if (networks.count(net) == 0) update(net);
  for (auto& net : networks) update(net);
}

void Origination::redistribute(std::vector<std::string> wanted) {
  protocols = kj::mv(wanted);
  redistribution = nullptr;
  std::vector<net::IpNet> gone;
  for (auto& [net, route] : redistributed)
    if (speaker.settings.redistribute.count(route.protocol) == 0) gone.push_back(net);
  for (auto& net : gone) redistributed.erase(net);
  for (auto& net : gone) update(net);
  if (protocols.empty()) return;
  std::vector<kit::Redistribution::Source> sources;
  for (auto& protocol : protocols) sources.push_back({protocol, ""});
  redistribution.emplace(
      speaker.process, kj::mv(sources), uint8_t(0),
      [this](const kit::Redistribution::Route& route) {
        redistributed[route.net] = {route.protocol.cStr(), route.metric, route.tag};
        update(route.net);
      },
      [this](net::IpNet net) {
        redistributed.erase(net);
        update(net);
      });
}

void Origination::retire() {
  redistribution = nullptr;
  protocols.clear();
}

void Origination::update(net::IpNet net) {
  if (net.is4())
    update(speaker.ip4, net.v4());
  else
    update(speaker.ip6, net.v6());
}

template <typename Net> void Origination::update(Tables<Net>& tables, Net net) {
  auto& settings = speaker.settings;
  policy::Attributes attributes;
  uint32_t tag = 0;
  std::string protocol = "bgp";
  const std::vector<std::string>* policies = nullptr;
  auto network = settings.networks.find(net);
  auto aggregate = settings.aggregates.find(net);
  bool isAggregate =
      network == settings.networks.end() && aggregate != settings.aggregates.end() && tables.presence.hasBelow(net);
  auto found = redistributed.find(net);
  if (network != settings.networks.end()) {
    attributes.origin = policy::Origin::IGP;
    policies = &network->second.policies;
  } else if (isAggregate) {
    attributes.origin = policy::Origin::IGP;
    attributes.atomicAggregate = true;
    attributes.aggregator = policy::Aggregator{settings.localAs, settings.routerId};
    policies = &aggregate->second.policies;
  } else if (found != redistributed.end()) {
    attributes.med = found->second.metric;
    tag = found->second.tag;
    protocol = found->second.protocol;
    policies = &settings.redistribute.at(protocol).policies;
  }
  speaker.wake();
  if (safiOf(tables.family) == 1) speaker.setDiscard(net, isAggregate);
  if (policies == nullptr) {
    tables.table.withdraw(0, 0, net);
    return;
  }
  auto names = KJ_MAP(name, *policies) { return kj::StringPtr(name.c_str()); };
  policy::Subject subject{net, protocol.c_str(), {}, {}, settings.localAs, policy::Validity::UNKNOWN, tag, attributes};
  auto chain = speaker.policies()->chain(names);
  if (chain.run(subject) == policy::Verdict::REJECT) {
    tables.table.withdraw(0, 0, net);
    return;
  }
  auto id = speaker.pool.intern(*subject.attributes);
  tables.table.announce(0, 0, net, id, id, speaker.seconds());
  speaker.pool.release(id);
}

}  // namespace xylem::bgp
