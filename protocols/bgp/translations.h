#pragma once
// Translations: what a policy has lately made of which attribute sets, for policies that look at nothing else.
//
//     KJ_IF_MAYBE (known, translations.find(accepted)) return *known;
//     ...
//     translations.add(accepted, result);
//
// Both sets are held, so that neither id comes to mean another. NONE is a result like others.

#include <protocols/bgp/pool.h>

namespace xylem::bgp {

class Translations {
 public:
  explicit Translations(AttributePool& pool) : pool(pool), places(SIZE) {}
  ~Translations() { clear(); }
  KJ_DISALLOW_COPY(Translations);

  kj::Maybe<AttributeId> find(AttributeId from) const {
    auto& place = places[net::mix(from) % SIZE];
    if (from == AttributePool::NONE || place.from != from) return nullptr;
    return place.to;
  }
  void add(AttributeId from, AttributeId to) {
    pool.hold(from);
    if (to != AttributePool::NONE) pool.hold(to);
    auto& place = places[net::mix(from) % SIZE];
    release(place);
    place = {from, to};
  }
  void clear() {
    // The policy is another.
    for (auto& place : places) release(place);
  }

 private:
  static constexpr size_t SIZE = 256;

  struct Place {
    AttributeId from = AttributePool::NONE, to = AttributePool::NONE;
  };
  void release(Place& place) {
    for (auto id : {place.from, place.to})
      if (id != AttributePool::NONE) pool.release(id);
    place = {};
  }

  AttributePool& pool;
  std::vector<Place> places;
};

}  // namespace xylem::bgp
