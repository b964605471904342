// The walk through the table: for routes to sweep, and for routes of groups that have become live or dead.
//
// It goes prefix by prefix and may stop after each. IPv4 is walked by blocks of /8 from the top of the address space
// downwards, and last the few shorter prefixes: Linux removes routes in ascending order ten times as slowly, since its
// trie then searches ever more empty children for what is left.
//
// What becomes wanted while a walk is going waits for the next one.

#include <kj/debug.h>
#include <rib/followers.h>
#include <rib/table.h>

#include <algorithm>

namespace xylem::rib {

namespace {

constexpr int BLOCKS = 256, SHORT = BLOCKS, IP6 = SHORT + 1, END = IP6 + 1;
// Stages of a walk: block 255 down to 0, then the rest.
constexpr uint BLOCK_LENGTH = 8;

net::Ip4Net block(int stage) { return net::Ip4Net(net::Ip4{uint32_t(BLOCKS - 1 - stage) << 24}, BLOCK_LENGTH); }

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
  walk.at4 = decltype(walk.at4)(block(0));
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
  for (; walk.stage < BLOCKS; walk.at4 = decltype(walk.at4)(block(++walk.stage)))
    if (walkIn<net::Ip4Net>(walk.at4)) return true;
  if (walk.stage == SHORT) {
    ++walk.stage;
    for (uint length = 0; length < BLOCK_LENGTH; ++length)
      for (uint32_t i = 0; i < 1u << length; ++i) {
        net::Ip4Net net(net::Ip4{length == 0 ? 0 : i << (32 - length)}, length);
        auto head = ip4.trie.find(net);
        if (head != nullptr) visit(net, *head);
      }
  }
  if (walk.stage == IP6) {
    if (walkIn<net::Ip6Net>(walk.at6)) return true;
    walk.stage = END;
  }
  return false;
}

template <typename Net> bool Table::walkIn(typename net::Trie<Net, uint32_t>::Cursor& cursor) {
  auto next = cursor.next(familyOf<Net>().trie);
  KJ_IF_MAYBE (entry, next) {
    visit(entry->net, entry->value);
    return true;
  }
  return false;
}

template <typename Net> void Table::visit(Net net, uint32_t& head) {
  bool affected = false;
  for (auto handle = head & ~QUEUED; handle != 0; handle = candidates[handle].next) {
    auto& candidate = candidates[handle];
    if (groups[candidate.group].walking) {
      candidate.since = now;
      affected = true;
      break;
    }
    if (groups.isLive(candidate.group)) break;
  }
  if (affected) mayHaveChanged(net, head, NOBODY);
  if (walk.sweeps.empty()) return;
  for (auto handle = head & ~QUEUED; handle != 0;) {
    auto next = candidates[handle].next;
    auto& origin = *origins[candidates[handle].origin];
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
