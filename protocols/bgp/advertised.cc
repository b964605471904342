// Six bytes for a destination in the common case: blocks with the attributes and the sources side by side.

#include <protocols/bgp/advertised.h>

#include <cstring>

namespace xylem::bgp {

void Advertised::tally(Advert advert, int by) {
  if (!advert.isThere()) return;
  if (advert.source >= sources.size()) sources.resize(advert.source + 1);
  count += size_t(by);
  sources[advert.source] += size_t(by);
}

void Advertised::set(uint32_t destination, Advert advert) {
  auto number = destination / BLOCK;
  if (number >= single.size()) single.resize(number + 1);
  if (!single[number]) {
    if (!advert.isThere()) return;
    single[number] = std::make_unique<Block>();
  }
  auto& block = *single[number];
  Advert old{block.attributes[destination % BLOCK], block.sources[destination % BLOCK]};
  block.attributes[destination % BLOCK] = advert.attributes;
  block.sources[destination % BLOCK] = advert.source;
  tally(advert, 1);
  tally(old, -1);
  release(old);
}

Advert Advertised::get(uint32_t destination, uint32_t pathId) const {
  if (destination >= heads.size()) return {};
  auto at = heads[destination];
  while (at != 0 && entries[at].pathId != pathId) at = entries[at].next;
  return at == 0 ? Advert() : entries[at].advert;
}

void Advertised::set(uint32_t destination, uint32_t pathId, Advert advert) {
  heads.growTo(destination + 1);
  auto link = &heads[destination];
  while (*link != 0 && entries[*link].pathId != pathId) link = &entries[*link].next;
  tally(advert, 1);
  if (*link == 0) {
    if (!advert.isThere()) return;
    auto fresh = freed;
    if (fresh != 0)
      freed = entries[fresh].next;
    else
      fresh = entries.grow();
    entries[fresh] = {0, pathId, advert};
    *link = fresh;
    return;
  }
  auto& entry = entries[*link];
  tally(entry.advert, -1);
  release(entry.advert);
  entry.advert = advert;
  if (advert.isThere()) return;
  auto gone = *link;
  *link = entry.next;
  entry.next = freed;
  freed = gone;
}

void Advertised::copy(const Advertised& from) {
  for (auto& block : from.single) {
    single.emplace_back();
    if (!block) continue;
    single.back() = std::make_unique<Block>(*block);
    for (auto id : block->attributes) hold({id, 0});
  }
  for (uint32_t at = 0; at < from.heads.size(); ++at)
    from.each(at, [&](uint32_t pathId, Advert advert) {
      hold(advert);
      set(at, pathId, advert);
    });
  count = from.count;
  sources = from.sources;
}

void Advertised::forget(uint32_t destination) {
  if (get(destination).isThere()) set(destination, Advert());
  while (destination < heads.size() && heads[destination] != 0)
    set(destination, entries[heads[destination]].pathId, Advert());
}

bool Advertised::drain(size_t most) {
  for (; most > 0 && drained < end(); --most) forget(end() - ++drained);
  return drained < end();
}

size_t Advertised::bytes() const {
  size_t blocks = 0;
  for (auto& block : single) blocks += block ? 1 : 0;
  return blocks * sizeof(Block) + heads.bytes() + entries.bytes();
}

}  // namespace xylem::bgp
