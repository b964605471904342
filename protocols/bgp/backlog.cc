// A walk through stretches, over those that are for others.

#include <protocols/bgp/backlog.h>

namespace xylem::bgp {

void Backlog::push(std::shared_ptr<const Bundle> bundle) {
  size_t mine = 0, begin = 0;
  for (auto& stretch : bundle->stretches) {
    if (stretch.audience.includes(peer)) mine += stretch.end - begin;
    begin = stretch.end;
  }
  if (mine == 0) return;
  left += mine;
  bundles.push_back(kj::mv(bundle));
  if (bundles.size() == 1) settle();
}

void Backlog::settle() {
  // Go on to the next byte for this peer.
  while (!bundles.empty()) {
    auto& stretches = bundles.front()->stretches;
    for (; stretch < stretches.size(); ++stretch) {
      if (stretches[stretch].audience.includes(peer) && at < stretches[stretch].end) return;
      at = kj::max(at, stretches[stretch].end);
    }
    bundles.pop_front();
    stretch = at = 0;
  }
}

net::Bytes Backlog::peek() const {
  if (left == 0) return nullptr;
  auto& bundle = *bundles.front();
  size_t end = bundle.stretches[stretch].end;
  for (size_t i = stretch + 1; i < bundle.stretches.size() && bundle.stretches[i].audience.includes(peer); ++i)
    end = bundle.stretches[i].end;
  return bundle.bytes.slice(at, end);
}

void Backlog::consumed(size_t count) {
  KJ_REQUIRE(count <= peek().size(), "more than there was");
  at += count;
  left -= count;
  settle();
}

}  // namespace xylem::bgp
