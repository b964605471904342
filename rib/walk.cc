// The walk through the table: for routes to sweep, and for routes of groups that have become live or dead.
//
// It goes prefix by prefix and may stop after each. IPv4 is walked in four passes, each of which sees to one prefix of
// four neighbours: Linux removes routes in ascending order ten times as slowly, since its trie then searches ever more
// empty children for what is left, and in descending order still a third more slowly than so.
//
// What becomes wanted while a walk is going waits for the next one.

#include <kj/debug.h>
#include <rib/followers.h>
#include <rib/table.h>

#include <algorithm>

namespace xylem::rib {

namespace {

constexpr int PASSES = 4, IP6 = PASSES, END = IP6 + 1;
// Stages of a walk.

int passOf(net::Ip4Net net) {
  return net.length() == 0 ? 0 : int(net.address().bits >> (32 - net.length())) & (PASSES - 1);
}

}  // namespace

void Table::advance(uint steps) {
  while (steps > 0 && isBusy()) {
    if (groups.isBusy()) {
      groups.resolveSome(1);
      collectFlips();
      --steps;
    } else if (!walk.going) {
      beginWalk();
    } else if (walkStep()) {
      --steps;
    } else {
      endWalk();
    }
  }
  if (!isBusy()) groups.atRest();
}

void Table::beginWalk() {
  walkWanted = false;
  walk = Walk();
  walk.going = true;
  for (uint32_t id = 1; id < groups.end(); ++id) {
    KJ_IF_MAYBE (group, groups.find(id)) {
      if (!group->walkWaiting) continue;
      group->walkWaiting = false;
      group->walking = true;
      walk.groups.push_back(id);
    }
  }
  for (auto& origin : origins) {
    if (origin == nullptr || !origin->sweepWaiting) continue;
    origin->sweepWaiting = false;
    origin->sweeping = true;
    walk.sweeps.push_back(origin->id);
  }
}

bool Table::walkStep() {
  // One prefix, or false at the end.
  bool nothingLeft = walk.groups.empty() && std::all_of(walk.sweeps.begin(), walk.sweeps.end(), [this](auto id) {
                       return origins[id] == nullptr || !origins[id]->sweeping || origins[id]->old == 0;
                     });
  if (nothingLeft) return false;
  for (; walk.stage < PASSES; ++walk.stage, walk.at4 = decltype(walk.at4)()) {
    auto next = walk.at4.next(ip4.trie);
    KJ_IF_MAYBE (entry, next) {
      if (passOf(entry->net) == walk.stage) visit(entry->net, entry->value);
      return true;
    }
  }
  if (walk.stage == IP6) {
    auto next = walk.at6.next(ip6.trie);
    KJ_IF_MAYBE (entry, next) {
      visit(entry->net, entry->value);
      return true;
    }
    walk.stage = END;
  }
  return false;
}

template <typename Net> void Table::visit(Net net, uint32_t& head) {
  bool affected = false;
  for (auto handle = head & ~QUEUED; handle != 0; handle = candidates[handle].next) {
    auto group = candidates.offerOf(handle).group;
    if (groups[group].walking) {
      candidates[handle].since = now;
      affected = true;
      break;
    }
    if (groups.isLive(group)) break;
  }
  if (affected) mayHaveChanged(net, head, NOBODY);
  if (walk.sweeps.empty()) return;
  for (auto handle = head & ~QUEUED; handle != 0;) {
    auto next = candidates[handle].next;
    auto& origin = *origins[candidates.offerOf(handle).origin];
    bool last = (head & ~QUEUED) == handle && next == 0;
    if (origin.sweeping && origin.isSwept(candidates[handle])) {
      unuse(net, head, handle);
      if (last) return;
    }
    handle = next;
  }
}

void Table::endWalk() {
  walk.going = false;
  for (auto id : walk.groups) {
    KJ_IF_MAYBE (group, groups.find(id)) {
      if (!group->walking) continue;
      group->walking = false;
      retire(id);
    }
  }
  for (auto id : walk.sweeps) {
    if (origins[id] == nullptr || !std::exchange(origins[id]->sweeping, false)) continue;
    if (!origins[id]->sweepWaiting) endSweep(*origins[id]);
  }
}

}  // namespace xylem::rib
