// Who is in which update group.
//
// A group is what has been told and what is yet to be looked at; putting members apart copies both, so the two go on
// from the same place, and each member keeps the bytes that it has not taken. The copy is one walk over what was told,
// some ten milliseconds for a million routes; forgetting it again is done in slices.

#include <protocols/bgp/export.h>

#include <algorithm>

namespace xylem::bgp {

template <typename Net> void UpdateGroups<Net>::join(uint16_t peer, const GroupKind<Net>& kind) {
  KJ_REQUIRE(members.count(peer) == 0, "joined already");
  auto same = std::find_if(all.begin(), all.end(), [&](auto& g) { return g->isFresh() && g->kind.key == kind.key; });
  auto& group = same != all.end() ? **same : adopt(std::make_unique<Group>(table, pool, kind));
  group.add(peer);
  members.emplace(peer, Member{&group, Backlog(peer)});
}

template <typename Net> void UpdateGroups<Net>::leave(uint16_t peer) {
  auto& group = *of(peer).group;
  members.erase(peer);
  group.remove(peer);
  if (group.members().empty()) dissolve(group);
}

template <typename Net> void UpdateGroups<Net>::move(uint16_t peer, Group& to) {
  auto& member = of(peer);
  member.group->remove(peer);
  member.group = &to;
  to.add(peer);
}

template <typename Net> void UpdateGroups<Net>::dissolve(Group& group) {
  retired.push_back(group.retire());
  std::erase_if(all, [&](auto& other) { return other.get() == &group; });
}

template <typename Net> void UpdateGroups<Net>::refresh(uint16_t peer, bool enhanced) {
  auto group = of(peer).group;
  if (group->members().size() > 1) {
    auto& own = adopt(std::make_unique<Group>(*group, group->kind));
    move(peer, own);
    group = &own;
  }
  send(*group, group->refresh(enhanced));
}

template <typename Net> void UpdateGroups<Net>::regroup(uint16_t peer, const GroupKind<Net>& kind) {
  auto& old = *of(peer).group;
  auto& own = adopt(std::make_unique<Group>(old, kind));
  move(peer, own);
  if (old.members().empty()) dissolve(old);
  own.reconsider();
}

template <typename Net> void UpdateGroups<Net>::reexport(const std::string& key) {
  for (auto& group : all)
    if (group->kind.key == key) group->reconsider();
}

template <typename Net> void UpdateGroups<Net>::send(const Group& group, std::shared_ptr<const Bundle> bundle) {
  if (bundle == nullptr) return;
  for (auto peer : group.members()) of(peer).backlog.push(bundle);
}

template <typename Net> size_t UpdateGroups<Net>::slowest(const Group& group) const {
  size_t most = 0;
  for (auto peer : group.members()) most = kj::max(most, of(peer).backlog.size());
  return most;
}

template <typename Net> bool UpdateGroups<Net>::putApart(Group& group) {
  // Those that hold back others, who have nothing to read.
  std::vector<uint16_t> slow;
  bool anyWaits = false;
  for (auto peer : group.members()) {
    if (of(peer).backlog.size() >= limit) slow.push_back(peer);
    anyWaits |= of(peer).backlog.empty();
  }
  if (!anyWaits) return false;
  auto& apart = adopt(std::make_unique<Group>(group, group.kind));
  for (auto peer : slow) move(peer, apart);
  return slowest(group) < limit;
}

template <typename Net> bool UpdateGroups<Net>::canWork(Group& group) {
  return group.isBusy() && (slowest(group) < limit || putApart(group));
}

template <typename Net> bool UpdateGroups<Net>::step(uint destinations) {
  if (!retired.empty() && !retired.back()->drain(destinations)) retired.pop_back();
  for (size_t i = 0, count = all.size(); i < count; ++i) {
    auto& group = *all[(turn + i) % count];
    if (!canWork(group)) continue;
    send(group, group.step(destinations));
    turn = (turn + i + 1) % count;
    break;
  }
  merge();
  return !retired.empty() ||
         std::any_of(all.begin(), all.end(), [&](auto& g) { return g->isBusy() && slowest(*g) < limit; });
}

template <typename Net> void UpdateGroups<Net>::consumed(uint16_t peer, size_t count) {
  of(peer).backlog.consumed(count);
}

template <typename Net> bool UpdateGroups<Net>::canMerge(const Group& group) const {
  return !group.isFresh() && !group.isBusy() && slowest(group) < limit / 2;
}

template <typename Net> void UpdateGroups<Net>::merge() {
  for (size_t i = 0; i < all.size(); ++i) {
    if (!canMerge(*all[i])) continue;
    for (size_t j = i + 1; j < all.size();) {
      if (all[j]->kind.key != all[i]->kind.key || !canMerge(*all[j])) {
        ++j;
        continue;
      }
      auto moving = all[j]->members();
      for (auto peer : moving) move(peer, *all[i]);
      dissolve(*all[j]);
    }
  }
}

template <typename Net> size_t UpdateGroups<Net>::bytes() const {
  size_t sum = 0;
  for (auto& group : all) sum += group->bytes();
  for (auto& old : retired) sum += old->bytes();
  return sum;
}

template class UpdateGroups<net::Ip4Net>;
template class UpdateGroups<net::Ip6Net>;

}  // namespace xylem::bgp
