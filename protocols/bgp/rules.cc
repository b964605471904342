// A policy sees a route as it came: what BGP does to attributes on the way out is done around it. Where a policy has
// the last word (the next hop, the MED), that it left things as they were is taken as leave to do the usual.

#include <protocols/bgp/rules.h>

#include <algorithm>

namespace xylem::bgp {

using policy::AsPath;
using policy::Attributes;
using policy::Subject;

namespace {

constexpr uint32_t USUAL_LOCAL_PREFERENCE = 100;

bool isPrivate(uint32_t as) { return (as >= 64512 && as <= 65534) || (as >= 4200000000 && as <= 4294967294); }
// RFC 6996

bool isOneOf(const kj::Maybe<Role>& role, std::initializer_list<Role> roles) {
  KJ_IF_MAYBE (ours, role)
    for (auto each : roles)
      if (*ours == each) return true;
  return false;
}

template <typename T> bool same(const kj::Maybe<T>& a, const kj::Maybe<T>& b) {
  if (a == nullptr || b == nullptr) return a == nullptr && b == nullptr;
  return KJ_ASSERT_NONNULL(a) == KJ_ASSERT_NONNULL(b);
}

kj::Maybe<kj::StringPtr> loops(const Terms& terms, const Attributes& attributes) {
  auto own = attributes.path.count(terms.ownAs);
  if (terms.localAs != terms.ownAs && terms.localAs != terms.confederation) own += attributes.path.count(terms.localAs);
  if (own > terms.allowOwnAs) return "own AS in the path"_kj;
  if (terms.confederation != 0 && attributes.path.count(terms.confederation) > terms.allowOwnAs)
    return "own confederation in the path"_kj;
  KJ_IF_MAYBE (originator, attributes.originatorId)
    if (*originator == terms.routerId) return "own originator id"_kj;
  for (auto cluster : attributes.clusters)
    if (cluster == terms.clusterId) return "own cluster id"_kj;
  return nullptr;
}

kj::Maybe<kj::StringPtr> leaks(const Terms& terms, Subject& subject) {
  // RFC 9234 section 5: what came from a customer or a peer goes to customers only.
  KJ_IF_MAYBE (mark, subject.attributes->onlyToCustomer) {
    if (isOneOf(terms.role, {Role::PROVIDER, Role::ROUTE_SERVER})) return "route leak: only to customers"_kj;
    if (isOneOf(terms.role, {Role::PEER}) && *mark != terms.peerAs) return "route leak: only to customers"_kj;
  } else if (isOneOf(terms.role, {Role::CUSTOMER, Role::PEER, Role::ROUTE_SERVER_CLIENT})) {
    subject.attributes.edit().onlyToCustomer = terms.peerAs;
  }
  return nullptr;
}

bool isReflected(const Terms& terms, const Source& from) {
  return terms.kind == Neighbor::INTERNAL && from.kind == Neighbor::INTERNAL;
}

kj::Maybe<kj::StringPtr> mayNotTell(const Terms& terms, const Source& from, const Attributes& attributes) {
  if (isReflected(terms, from) && !terms.client && !from.client) return "from an internal neighbor"_kj;
  auto& communities = attributes.communities;
  bool outside = terms.kind == Neighbor::EXTERNAL;
  if (communities.has(policy::NO_ADVERTISE)) return "community no-advertise"_kj;
  if (outside && communities.has(policy::NO_EXPORT)) return "community no-export"_kj;
  if (terms.kind != Neighbor::INTERNAL && communities.has(policy::NO_EXPORT_SUBCONFED))
    return "community no-export-subconfed"_kj;
  if (!terms.longLived && communities.has(policy::LLGR_STALE)) return "stale for long"_kj;
  if (attributes.onlyToCustomer != nullptr &&
      isOneOf(terms.role, {Role::CUSTOMER, Role::PEER, Role::ROUTE_SERVER_CLIENT}))
    return "only to customers"_kj;
  return nullptr;
}

void setNextHop(const Terms& terms, const Source& from, Attributes& attributes) {
  bool keep = terms.nextHopUnchanged || terms.routeServerClient;
  bool here = from.kind == Neighbor::LOCAL || terms.kind == Neighbor::EXTERNAL ||
              (terms.nextHopSelf && !isReflected(terms, from));
  if (attributes.nextHop.isNone() || (here && !keep)) {
    attributes.nextHop = terms.self;
    attributes.linkLocal = terms.selfLinkLocal;
  } else if (terms.kind != Neighbor::EXTERNAL) {
    attributes.linkLocal = {};
  }
}

void rewriteOutside(const Terms& terms, AsPath& path) {
  path.removeConfederation();
  if (terms.removePrivateAs) path.removeIf(isPrivate);
  if (terms.asOverride)
    path.edit([&](uint32_t& as) {
      if (as == terms.peerAs) as = terms.localAs;
    });
}

void tellOutside(const Terms& terms, Attributes& attributes) {
  attributes.localPreference = nullptr;
  attributes.originatorId = nullptr;
  attributes.clusters.clear();
  rewriteOutside(terms, attributes.path);
  if (!terms.routeServerClient) attributes.path.prepend(terms.localAs);
  if (attributes.onlyToCustomer == nullptr && isOneOf(terms.role, {Role::PROVIDER, Role::PEER, Role::ROUTE_SERVER}))
    attributes.onlyToCustomer = terms.localAs;
}

void tellInside(const Terms& terms, const Source& from, Attributes& attributes) {
  if (attributes.localPreference == nullptr) attributes.localPreference = USUAL_LOCAL_PREFERENCE;
  if (terms.kind == Neighbor::CONFEDERATION) attributes.path.prepend(terms.ownAs, 1, AsPath::CONFED_SEQUENCE);
  if (!isReflected(terms, from)) return;
  if (attributes.originatorId == nullptr) attributes.originatorId = from.routerId;
  attributes.clusters.insert(attributes.clusters.begin(), terms.clusterId);
}

}  // namespace

bool Terms::isUniformOut() const {
  return !defaultOriginate && exportChain.isUniform() &&
         std::all_of(withheldChains.begin(), withheldChains.end(), [](auto& chain) { return chain.isUniform(); });
}

bool Terms::usesRpkiOut() const {
  return exportChain.usesRpki() ||
         std::any_of(withheldChains.begin(), withheldChains.end(), [](auto& chain) { return chain.usesRpki(); });
}

std::string Terms::groupKey() const {
  auto join = [](const std::vector<std::string>& names) {
    return kj::strArray(
        KJ_MAP(name, names) { return kj::StringPtr(name.c_str()); }, " ");
  };
  auto flags = uint(client) | uint(routeServerClient) << 1 | uint(asOverride) << 2 | uint(removePrivateAs) << 3 |
               uint(nextHopSelf) << 4 | uint(nextHopUnchanged) << 5 | uint(longLived) << 6 |
               uint(extendedNextHop) << 7 | uint(defaultOriginate) << 8;
  uint ours = 255;
  KJ_IF_MAYBE (our, role) ours = uint(*our);
  return kj::str(uint(kind), ' ', localAs, ' ', asOverride ? peerAs : 0, ' ', self, ' ', selfLinkLocal, ' ', ours, ' ',
                 version, ' ', flags, ' ', join(exportNames), " - ", join(withheld))
      .cStr();
}

kj::Maybe<kj::StringPtr> refusedIn(const Terms& terms, Subject& subject) {
  KJ_IF_MAYBE (reason, loops(terms, *subject.attributes)) return *reason;
  auto nextHop = subject.attributes->nextHop;
  bool onLink = nextHop.is6() && nextHop.isLinkLocal();
  if (nextHop.isUnspecified() || (nextHop.isMartian() && !onLink)) return "impossible next hop"_kj;
  if (nextHop == terms.self) return "own next hop"_kj;
  if (terms.kind == Neighbor::EXTERNAL) {
    if (terms.importChain.empty()) return "no import policy"_kj;
    KJ_IF_MAYBE (reason, leaks(terms, subject)) return *reason;
    // RFC 8326 section 4.2: whatever else could be used is better.
    if (subject.attributes->communities.has(policy::GRACEFUL_SHUTDOWN)) subject.attributes.edit().localPreference = 0u;
  }
  auto verdict = terms.importChain.run(subject);
  if (verdict == policy::Verdict::ACCEPT) return nullptr;
  if (verdict == policy::Verdict::NONE && terms.kind != Neighbor::EXTERNAL) return nullptr;
  return "import policy"_kj;
}

uint32_t originIn(const Terms& terms, const AsPath& path) {
  auto outside = path;
  outside.removeConfederation();
  if (!outside.empty()) return outside.origin();
  return terms.confederation != 0 ? terms.confederation : terms.ownAs;
}

uint32_t originOut(const Terms& terms, const AsPath& path) {
  if (terms.kind != Neighbor::EXTERNAL) return originIn(terms, path);
  auto outside = path;
  rewriteOutside(terms, outside);
  return outside.empty() ? terms.localAs : outside.origin();
}

kj::Maybe<kj::StringPtr> refusedOut(const Terms& terms, const Source& from, Subject& subject) {
  KJ_IF_MAYBE (reason, mayNotTell(terms, from, *subject.attributes)) return *reason;
  if (terms.defaultOriginate && subject.net.length() == 0) return "default-originate"_kj;
  for (auto& chain : terms.withheldChains) {
    auto scratch = subject;
    if (chain.run(scratch) == policy::Verdict::ACCEPT) return "condition"_kj;
  }
  auto before = subject.attributes->nextHop;
  kj::Maybe<uint32_t> med = subject.attributes->med;
  bool outside = terms.kind == Neighbor::EXTERNAL;
  if (outside && terms.exportChain.empty()) return "no export policy"_kj;
  auto verdict = terms.exportChain.run(subject);
  if (verdict == policy::Verdict::REJECT || (outside && verdict == policy::Verdict::NONE)) return "export policy"_kj;

  auto& attributes = subject.attributes.edit();
  if (attributes.nextHop == before) setNextHop(terms, from, attributes);
  bool fits = subject.net.is4() ? attributes.nextHop.is4() || (attributes.nextHop.is6() && terms.extendedNextHop)
                                : attributes.nextHop.is6();
  if (!fits) return "no next hop of its version"_kj;
  if (outside && from.kind != Neighbor::LOCAL && !terms.routeServerClient && same(attributes.med, med))
    attributes.med = nullptr;
  if (outside)
    tellOutside(terms, attributes);
  else
    tellInside(terms, from, attributes);
  return nullptr;
}

Attributes originated(const Terms& terms) {
  Attributes attributes;
  Source here{Neighbor::LOCAL, false, terms.routerId};
  setNextHop(terms, here, attributes);
  if (terms.kind == Neighbor::EXTERNAL)
    tellOutside(terms, attributes);
  else
    tellInside(terms, here, attributes);
  return attributes;
}

}  // namespace xylem::bgp
