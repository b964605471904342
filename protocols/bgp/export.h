#pragma once
// UpdateGroups: what all peers of one address family are told, the work and the bytes shared by those that can.
//
//     UpdateGroups<net::Ip4Net> groups(table, pool);
//     groups.join(peer, kind);
//     while (groups.step(1000)) ...;              // a slice of work, whenever there is nothing better to do
//     auto bytes = groups.peek(peer);             // write them
//     groups.consumed(peer, written);
//
// Peers with equal keys are in one group as far as they have been told the same. One that comes late, asks for a route
// refresh or is slow is in a group of its own, until it has caught up: when neither has anything left to tell, the two
// become one. So nobody waits for a slow peer, and what is kept for it is bounded: a group in which somebody has
// `limit` bytes yet to take tells nothing more, unless others wait with nothing to read, and then those behind are put
// apart.
//
// Whoever wants peers to hear nothing before there is something to say (RFC 4724 section 4.1) begins to call `step`
// then.

#include <protocols/bgp/update-group.h>

#include <map>

namespace xylem::bgp {

template <typename Net> class UpdateGroups {
 public:
  static constexpr size_t LIMIT = 1 << 20;

  UpdateGroups(Table<Net>& table, AttributePool& pool, size_t limit = LIMIT) : table(table), pool(pool), limit(limit) {}
  // `limit` in bytes: a peer may have this much to take, and the yield of one more step.
  KJ_DISALLOW_COPY(UpdateGroups);

  void join(uint16_t peer, const GroupKind<Net>& kind);
  // A session has come up. Exporter and encoder live as long as a group has them.
  void leave(uint16_t peer);
  void refresh(uint16_t peer, bool enhanced);
  // It asked for everything again (RFC 2918, RFC 7313).
  void regroup(uint16_t peer, const GroupKind<Net>& kind);
  // Its export policy is another: it is told of the differences. The kind of session is as it was.
  void reexport(const std::string& key);
  // The exporter of those groups, or what it goes by, has changed.

  bool step(uint destinations);
  // The next group that can looks at so many. Returns whether there is more to do now; there may be again when the
  // table has changed or a peer has taken something.

  net::Bytes peek(uint16_t peer) const { return of(peer).backlog.peek(); }
  void consumed(uint16_t peer, size_t count);
  size_t pending(uint16_t peer) const { return of(peer).backlog.size(); }
  bool hasCaughtUp(uint16_t peer) const { return of(peer).backlog.empty() && !of(peer).group->isBusy(); }

  size_t advertised(uint16_t peer) const {
    auto& told = of(peer).group->advertised();
    return told.size() - told.from(peer);
  }
  // How many routes.
  template <typename F> bool eachAdvertised(uint16_t peer, uint32_t& at, uint destinations, F&& f) const;
  // f(Net, uint32_t pathId, AttributeId) for the routes of so many destinations from `at` on, which moves; begins with
  // 0. Returns whether there are more.

  size_t groups() const { return all.size(); }
  size_t bytes() const;

 private:
  using Group = UpdateGroup<Net>;

  struct Member {
    Group* group;
    Backlog backlog;
  };
  const Member& of(uint16_t peer) const { return members.at(peer); }
  Member& of(uint16_t peer) { return members.at(peer); }

  Group& adopt(std::unique_ptr<Group> group) { return *all.emplace_back(kj::mv(group)); }
  void move(uint16_t peer, Group& to);
  void dissolve(Group& group);
  void send(const Group& group, std::shared_ptr<const Bundle> bundle);
  size_t slowest(const Group& group) const;
  bool putApart(Group& group);
  bool canWork(Group& group);
  bool canMerge(const Group& group) const;
  void merge();

  Table<Net>& table;
  AttributePool& pool;
  size_t limit;
  std::vector<std::unique_ptr<Group>> all;
  std::map<uint16_t, Member> members;
  std::vector<std::unique_ptr<Advertised>> retired;
  size_t turn = 0;
};

template <typename Net>
template <typename F>
bool UpdateGroups<Net>::eachAdvertised(uint16_t peer, uint32_t& at, uint destinations, F&& f) const {
  auto& group = *of(peer).group;
  auto& told = group.advertised();
  for (; destinations > 0 && at < table.end(); --destinations, ++at) {
    if (!table.exists(at)) continue;
    auto tell = [&](uint32_t pathId, Advert advert) {
      if (advert.isThere() && advert.source != peer) f(table.netOf(at), pathId, advert.attributes);
    };
    if (group.kind.addPath)
      told.each(at, tell);
    else
      tell(0, told.get(at));
  }
  return at < table.end();
}

extern template class UpdateGroups<net::Ip4Net>;
extern template class UpdateGroups<net::Ip6Net>;

}  // namespace xylem::bgp
