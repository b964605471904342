#pragma once
// The next-hop groups of the writer as nexthop objects of the kernel.
//
// Each hop is an object, and each group, even of one hop, a group object of these: so a group may change from any set
// of hops to any other by one message, and all its routes move at once. A hop without a gateway, and a blackhole, is
// bound to an IP version in the kernel; so a group has a form for IPv4 routes and one for IPv6 routes, made when the
// first such route comes. "Unreachable" is no nexthop object; its routes say so themselves.
//
// All changes are added to a Stream; whoever calls flushes it.

#include <fea/kernel-links.h>
#include <fea/kernel-stream.h>

#include <map>
#include <unordered_map>
#include <unordered_set>

namespace xylem::fea {

class Nexthops {
 public:
  static constexpr uint32_t BASE = 0x58000000;
  static constexpr uint32_t RANGE = 1 << 26;
  // Where the kernel ids of our objects are; ids in it that others have taken are left out.

  static constexpr uint32_t NONE = 0, UNREACHABLE = ~uint32_t(0);

  Nexthops(Stream& stream, const KernelLinks& links, uint8_t protocol)
      : stream(stream), links(links), protocol(protocol) {}
  KJ_DISALLOW_COPY(Nexthops);

  enum class Keep { NOTHING, GROUPS };
  void forget(Keep keep);
  // No object of the kernel is known, and no group but what the writer says of it, if that is kept.
  void found(const nlmsghdr& message);
  // An object that the kernel has (a message of its dump). Ours are stale: adopted when a group comes that is the same.
  void sweep();
  // Remove those that are stale, and forget groups that the writer neither told again nor used.

  bool holds(uint32_t group) const { return groups.count(group) > 0; }
  size_t size() const { return groups.size(); }
  bool isOurs(uint32_t kernelId) const { return taken.count(kernelId) > 0 && foreign.count(kernelId) == 0; }

  void define(rib::NextHopGroup::Reader group);
  // New, changed or freed. What was freed goes with the next removeFreed, behind the routes that leave it.
  void removeFreed();

  uint32_t target(uint32_t group, uint version);
  // The kernel id for a route of this version, or UNREACHABLE, or NONE while no hop of it is up.
  bool isMissing(uint32_t group) const;
  // Routes that were pushed with this group may not be in the kernel, since it had no hop for a time.

  void linkLost(uint index);
  void linkChanged(kj::StringPtr name);
  void refused(Stream::Subject subject);
  // The kernel did not make this object.

  kj::Maybe<kj::String> whyResync();
  // Why routes have to be pushed again, if a group that was missing is there again; once.

 private:
  struct HopKey {
    uint8_t version;
    uint link;
    // 0: the blackhole.
    net::Ip gateway;

    auto operator<=>(const HopKey&) const = default;
  };
  struct Object {
    uint32_t id = 0;
    uint uses = 0;
  };
  struct Member {
    HopKey hop;
    uint32_t id;
    uint weight;

    bool operator==(const Member& other) const { return id == other.id && weight == other.weight; }
  };
  struct Form {
    uint32_t id = 0;
    bool used = false;
    std::vector<Member> members;
    // By id.
  };
  struct Hop {
    net::Ip gateway;
    kj::String link;
    uint weight;
  };
  struct Group {
    enum Kind { HOPS, BLACKHOLE, UNREACHABLE } kind = HOPS;
    std::vector<Hop> hops;
    Form forms[2];
    bool missing = false;
    bool stale = false;
    // Not told again since the plane was read anew, nor used.

    Form& form(uint version) { return forms[version == 6]; }
  };
  using Content = std::vector<std::pair<uint32_t, uint>>;

  static Group read(rib::NextHopGroup::Reader from);
  static bool same(const Group& a, const Group& b);
  void update(uint32_t id, Group& group);
  void update(uint32_t id, Group& group, uint version);
  std::map<HopKey, uint> resolve(const Group& group, uint version) const;
  uint32_t acquire(const HopKey& key);
  void release(const HopKey& key);
  void release(std::vector<Member>& members);
  void writeHop(uint32_t id, const HopKey& key);
  void writeGroup(const Form& form);
  void remove(uint32_t id);
  void dropHop(const HopKey& key);
  uint32_t allocate();

  Stream& stream;
  const KernelLinks& links;
  uint8_t protocol;

  std::unordered_map<uint32_t, Group> groups;
  std::vector<Group> freed;
  std::map<HopKey, Object> hops;
  std::map<HopKey, uint32_t> staleHops;
  std::multimap<Content, uint32_t> staleGroups;
  std::unordered_set<uint32_t> taken, foreign;
  uint32_t next = BASE;
  kj::Maybe<kj::String> returned;
};

}  // namespace xylem::fea
