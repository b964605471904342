#pragma once
// RadixHeap: a queue for numbers that never fall, as the distances of a shortest-path search do not.
//
//     RadixHeap<uint32_t> queue;
//     queue.push(distance, vertex);
//     while (!queue.empty()) { auto [distance, vertex] = queue.pop(); ... }
//
// What is pushed is not below what was popped last; if it is, it counts as that. An entry waits in the bucket of the
// highest bit in which its number differs from the last one popped, and moves to lower buckets only: 64 times at most,
// in practice two or three, each a copy within small arrays.

#include <kj/common.h>

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace xylem::ospf {

template <typename Value> class RadixHeap {
 public:
  using Entry = std::pair<uint64_t, Value>;

  bool empty() const { return count == 0; }

  void push(uint64_t number, Value value) {
    if (number < last) number = last;
    buckets[bucketOf(number)].push_back({number, value});
    ++count;
  }

  Entry pop() {
    if (buckets[0].empty()) refill();
    auto entry = buckets[0].back();
    buckets[0].pop_back();
    --count;
    return entry;
  }
  // The least; it is not empty.

  void clear() {
    for (auto& bucket : buckets) bucket.clear();
    last = count = 0;
  }

 private:
  unsigned bucketOf(uint64_t number) const { return unsigned(64 - std::countl_zero(number ^ last)); }

  void refill() {
    unsigned from = 1;
    while (buckets[from].empty()) ++from;
    auto& bucket = buckets[from];
    last = bucket[0].first;
    for (auto& entry : bucket) last = kj::min(last, entry.first);
    for (auto& entry : bucket) buckets[bucketOf(entry.first)].push_back(entry);
    bucket.clear();
  }

  std::vector<Entry> buckets[65];
  uint64_t last = 0;
  size_t count = 0;
};

}  // namespace xylem::ospf
