#pragma once
// Next hops that routes share: an output and a gateway, each pair with a number, which is what a route table holds.

#include <cstdint>
#include <map>
#include <vector>

namespace xylem::click {

template <typename Address> class NextHops {
 public:
  struct Hop {
    Address gateway;
    int output = -1;
    auto operator<=>(const Hop&) const = default;
  };

  uint32_t use(const Hop& hop) {
    // One route more leads there.
    auto [place, isNew] = numbers.try_emplace(hop);
    if (isNew) {
      if (free.empty()) {
        place->second = uint32_t(all.size());
        all.emplace_back();
      } else {
        place->second = free.back();
        free.pop_back();
      }
      all[place->second] = {hop, 0};
    }
    ++all[place->second].users;
    return place->second;
  }
  void release(uint32_t number) {
    if (--all[number].users > 0) return;
    numbers.erase(all[number].hop);
    free.push_back(number);
  }
  const Hop& operator[](uint32_t number) const { return all[number].hop; }

 private:
  struct Entry {
    Hop hop;
    uint32_t users;
  };
  std::vector<Entry> all;
  std::vector<uint32_t> free;
  std::map<Hop, uint32_t> numbers;
};

}  // namespace xylem::click
