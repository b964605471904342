// Nexthop objects (linux/nexthop.h, kernel 5.3).
//
// The kernel removes an object when the link of it goes down, takes it out of the groups, and removes a group that is
// left empty together with all routes that use it; all that without a word. linkLost does the same here. When the link
// is back, or the writer gives the group another way, the objects are made anew, but the routes are not known here: so
// a group that was without hops remembers that it is missing routes, and asks for a resync as soon as it could have
// them.
//
// A gateway is always "onlink": the RIB has said which interface leads there, and the kernel need not know the address.

#include <fea/kernel-nexthops.h>

#include <kj/debug.h>
#include <linux/nexthop.h>
#include <net/wire.h>
#include <netlink/msg.h>

#include <algorithm>

namespace xylem::fea {

// ---- what the kernel has

void Nexthops::forget(Keep keep) {
  if (keep == Keep::NOTHING) groups.clear();
  for (auto& [id, group] : groups) {
    group.forms[0] = group.forms[1] = Form();
    group.missing = false;
    group.stale = true;
  }
  freed.clear();
  hops.clear();
  staleHops.clear();
  staleGroups.clear();
  taken.clear();
  foreign.clear();
  returned = nullptr;
}

void Nexthops::found(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNEXTHOP) return;
  auto& header = *static_cast<nhmsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
  Attributes attributes(message, sizeof(nhmsg));
  auto id = attributes.u32(NHA_ID);
  taken.insert(id);
  if (header.nh_protocol != protocol || id < BASE || id >= BASE + RANGE) {
    foreign.insert(id);
    return;
  }
  if (attributes.has(NHA_GROUP)) {
    Content content;
    auto bytes = attributes.bytes(NHA_GROUP);
    for (size_t at = 0; at + sizeof(nexthop_grp) <= bytes.size(); at += sizeof(nexthop_grp)) {
      nexthop_grp member;
      memcpy(&member, bytes.begin() + at, sizeof(member));
      content.emplace_back(member.id, uint(member.weight) + 1);
    }
    std::sort(content.begin(), content.end());
    staleGroups.emplace(kj::mv(content), id);
    return;
  }
  HopKey key{uint8_t(header.nh_family == AF_INET6 ? 6 : 4), attributes.u32(NHA_OIF), attributes.ip(NHA_GATEWAY)};
  if (attributes.has(NHA_BLACKHOLE)) key.link = 0;
  bool alike = key.gateway.isNone() || header.nh_flags & RTNH_F_ONLINK;
  // What no group of ours could want is stale all the same: it has the content of no group.
  if (!alike || !staleHops.emplace(key, id).second) staleGroups.emplace(Content(), id);
}

void Nexthops::sweep() {
  for (auto& [content, id] : staleGroups) remove(id);
  for (auto& [key, id] : staleHops) remove(id);
  staleGroups.clear();
  staleHops.clear();
  std::erase_if(groups, [](auto& entry) { return entry.second.stale; });
}

// ---- what the writer says

Nexthops::Group Nexthops::read(rib::NextHopGroup::Reader from) {
  Group group;
  if (from.isBlackhole()) group.kind = Group::BLACKHOLE;
  if (from.isUnreachable()) group.kind = Group::UNREACHABLE;
  if (!from.isHops()) return group;
  for (auto hop : from.getHops()) {
    auto gateway = KJ_ASSERT_NONNULL(net::read(hop.getGateway()));
    group.hops.push_back(Hop{gateway, kj::str(hop.getInterface()), hop.getWeight()});
  }
  return group;
}

bool Nexthops::same(const Group& a, const Group& b) {
  return a.kind == b.kind &&
         std::equal(a.hops.begin(), a.hops.end(), b.hops.begin(), b.hops.end(), [](auto& x, auto& y) {
           return x.gateway == y.gateway && x.link == y.link && x.weight == y.weight;
         });
}

void Nexthops::define(rib::NextHopGroup::Reader from) {
  auto at = groups.find(from.getId());
  if (from.isHops() && from.getHops().size() == 0) {
    if (at == groups.end()) return;
    freed.push_back(kj::mv(at->second));
    groups.erase(at);
    return;
  }
  auto now = read(from);
  if (at == groups.end()) {
    groups.emplace(from.getId(), kj::mv(now));
    return;
  }
  auto& group = at->second;
  group.stale = false;
  if (same(group, now)) return;
  // Between unreachable and the rest the routes themselves would have to change.
  bool used = group.forms[0].used || group.forms[1].used;
  if (used && (group.kind == Group::UNREACHABLE) != (now.kind == Group::UNREACHABLE)) group.missing = true;
  group.kind = now.kind;
  group.hops = kj::mv(now.hops);
  update(from.getId(), group);
}

void Nexthops::removeFreed() {
  for (auto& group : freed) {
    for (auto& form : group.forms) {
      if (form.id != 0) remove(form.id);
      release(form.members);
    }
  }
  freed.clear();
}

uint32_t Nexthops::target(uint32_t id, uint version) {
  auto at = groups.find(id);
  KJ_ASSERT(at != groups.end());
  auto& group = at->second;
  auto& form = group.form(version);
  if (!form.used) {
    form.used = true;
    group.stale = false;
    update(id, group, version);
  }
  if (group.kind == Group::UNREACHABLE) return UNREACHABLE;
  if (form.id == NONE) group.missing = true;
  return form.id;
}

bool Nexthops::isMissing(uint32_t id) const {
  auto at = groups.find(id);
  return at != groups.end() && at->second.missing;
}

// ---- from one to the other

std::map<Nexthops::HopKey, uint> Nexthops::resolve(const Group& group, uint version) const {
  std::map<HopKey, uint> resolved;
  if (group.kind == Group::BLACKHOLE) resolved[{uint8_t(version), 0, {}}] = 1;
  for (auto& hop : group.hops) {
    KJ_IF_MAYBE (link, links.find(hop.link)) {
      if (!link->running) continue;
      auto family = hop.gateway.isNone() ? version : hop.gateway.version();
      auto& weight = resolved[{uint8_t(family), link->index, hop.gateway}];
      weight = kj::min(weight + hop.weight, 256u);
    }
  }
  return resolved;
}

void Nexthops::update(uint32_t id, Group& group) {
  for (uint version : {4, 6})
    if (group.form(version).used) update(id, group, version);
  if (group.kind == Group::UNREACHABLE && group.missing) {
    group.missing = false;
    returned = kj::str("group ", id, " has become unreachable");
  }
}

void Nexthops::update(uint32_t id, Group& group, uint version) {
  auto& form = group.form(version);
  std::vector<Member> members;
  for (auto& [key, weight] : resolve(group, version)) members.push_back({key, acquire(key), weight});
  std::sort(members.begin(), members.end(), [](auto& a, auto& b) { return a.id < b.id; });
  auto former = kj::mv(form.members);
  form.members = kj::mv(members);
  KJ_DEFER(release(former));

  if (form.members.empty()) {
    if (form.id == NONE) return;
    remove(form.id);
    form.id = NONE;
    group.missing = true;
  } else if (form.id != NONE) {
    if (form.members != former) writeGroup(form);
  } else {
    Content content;
    for (auto& member : form.members) content.emplace_back(member.id, member.weight);
    auto adopted = staleGroups.find(content);
    if (adopted != staleGroups.end()) {
      form.id = adopted->second;
      staleGroups.erase(adopted);
    } else {
      form.id = allocate();
      writeGroup(form);
    }
  }
  if (form.id != NONE && group.missing) {
    group.missing = false;
    returned = kj::str("group ", id, " has a way again");
  }
}

uint32_t Nexthops::acquire(const HopKey& key) {
  auto& object = hops[key];
  ++object.uses;
  if (object.id != 0) return object.id;
  auto adopted = staleHops.find(key);
  if (adopted != staleHops.end()) {
    object.id = adopted->second;
    staleHops.erase(adopted);
  } else {
    object.id = allocate();
    writeHop(object.id, key);
  }
  return object.id;
}

void Nexthops::release(const HopKey& key) {
  auto at = hops.find(key);
  if (at == hops.end() || --at->second.uses > 0) return;
  remove(at->second.id);
  hops.erase(at);
}

void Nexthops::release(std::vector<Member>& members) {
  for (auto& member : members) release(member.hop);
  members.clear();
}

void Nexthops::writeHop(uint32_t id, const HopKey& key) {
  nhmsg header{};
  header.nh_family = key.version == 6 ? AF_INET6 : AF_INET;
  header.nh_protocol = protocol;
  if (!key.gateway.isNone()) header.nh_flags = RTNH_F_ONLINK;
  Message message(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, header);
  message.put(NHA_ID, id);
  if (key.link == 0) {
    message.put(NHA_BLACKHOLE, kj::ArrayPtr<const kj::byte>());
  } else {
    if (!key.gateway.isNone()) message.put(NHA_GATEWAY, key.gateway);
    message.put(NHA_OIF, uint32_t(key.link));
  }
  stream.add(message, {Stream::HOP, id});
}

void Nexthops::writeGroup(const Form& form) {
  nhmsg header{};
  header.nh_family = AF_UNSPEC;
  header.nh_protocol = protocol;
  Message message(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE, header);
  message.put(NHA_ID, form.id);
  std::vector<nexthop_grp> members;
  for (auto& member : form.members) members.push_back({member.id, uint8_t(member.weight - 1), 0, 0});
  message.put(NHA_GROUP, kj::arrayPtr(members.data(), members.size()).asBytes());
  stream.add(message, {Stream::GROUP, form.id});
}

void Nexthops::remove(uint32_t id) {
  nhmsg header{};
  Message message(RTM_DELNEXTHOP, 0, header);
  message.put(NHA_ID, id);
  stream.add(message, {Stream::REMOVAL, id});
  taken.erase(id);
}

uint32_t Nexthops::allocate() {
  KJ_REQUIRE(taken.size() < RANGE / 2, "too many nexthop objects");
  for (;;) {
    auto id = next;
    next = next + 1 == BASE + RANGE ? BASE : next + 1;
    if (taken.insert(id).second) return id;
  }
}

// ---- what happens to them

void Nexthops::dropHop(const HopKey& key) {
  // The kernel has no such object; no group has it as a member.
  auto at = hops.find(key);
  if (at == hops.end()) return;
  taken.erase(at->second.id);
  hops.erase(at);
  for (auto& [id, group] : groups) {
    for (auto& form : group.forms) {
      auto end =
          std::remove_if(form.members.begin(), form.members.end(), [&](auto& member) { return member.hop == key; });
      if (end == form.members.end()) continue;
      form.members.erase(end, form.members.end());
      if (!form.members.empty()) continue;
      taken.erase(form.id);
      form.id = NONE;
      group.missing = true;
    }
  }
}

void Nexthops::linkLost(uint index) {
  std::vector<HopKey> lost;
  for (auto& [key, object] : hops)
    if (key.link == index) lost.push_back(key);
  for (auto& key : lost) dropHop(key);
  std::erase_if(staleHops, [&](auto& entry) { return entry.first.link == index; });
}

void Nexthops::linkChanged(kj::StringPtr name) {
  for (auto& [id, group] : groups)
    if (std::any_of(group.hops.begin(), group.hops.end(), [&](auto& hop) { return hop.link == name; }))
      update(id, group);
}

void Nexthops::refused(Stream::Subject subject) {
  if (subject.what == Stream::HOP) {
    for (auto& [key, object] : hops) {
      if (object.id != subject.id) continue;
      auto copy = key;
      return dropHop(copy);
    }
  }
  if (subject.what != Stream::GROUP) return;
  for (auto& [id, group] : groups) {
    for (auto& form : group.forms) {
      if (form.id != subject.id) continue;
      // If it was to be changed, it still is what it was, and that is not what the writer wants.
      remove(form.id);
      release(form.members);
      form.id = NONE;
      group.missing = true;
      return;
    }
  }
}

kj::Maybe<kj::String> Nexthops::whyResync() {
  auto reason = kj::mv(returned);
  returned = nullptr;
  return reason;
}

}  // namespace xylem::fea
