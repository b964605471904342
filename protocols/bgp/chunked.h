#pragma once
// Chunked<T>: a dense array of plain values that grows by chunks, so that growing neither moves nor copies what is
// there and wastes at most a chunk.
//
//     Chunked<Path> paths;
//     uint32_t index = paths.grow();   // zeroed
//     paths[index].peer = 3;
//
// Sparse<T>: beside one, what is zero for most of its elements. A chunk begins with the first that is not.
//
//     Sparse<uint32_t> pathIds;
//     pathIds.set(index, 7);
//     pathIds.get(index + 1)           // 0

#include <kj/common.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <vector>

namespace xylem::bgp {

using kj::uint;

template <typename T, uint32_t SIZE = 4096> class Chunked {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  T& operator[](uint32_t index) { return chunks[index / SIZE][index % SIZE]; }
  const T& operator[](uint32_t index) const { return chunks[index / SIZE][index % SIZE]; }

  uint32_t size() const { return count; }
  uint32_t grow() {
    // One more; its index.
    growTo(count + 1);
    return count - 1;
  }
  void growTo(uint32_t size) {
    // At least so many.
    while (chunks.size() * SIZE < size) chunks.push_back(std::make_unique<T[]>(SIZE));
    if (size > count) count = size;
  }
  size_t bytes() const { return chunks.size() * SIZE * sizeof(T); }

 private:
  std::vector<std::unique_ptr<T[]>> chunks;
  uint32_t count = 0;
};

template <typename T, uint32_t SIZE = 4096> class Sparse {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  T get(uint32_t index) const {
    auto chunk = index / SIZE;
    return chunk < chunks.size() && chunks[chunk] ? chunks[chunk][index % SIZE] : T();
  }
  void set(uint32_t index, T value) {
    auto chunk = index / SIZE;
    if (chunk >= chunks.size() || !chunks[chunk]) {
      if (value == T()) return;
      if (chunk >= chunks.size()) chunks.resize(chunk + 1);
      chunks[chunk] = std::make_unique<T[]>(SIZE);
    }
    chunks[chunk][index % SIZE] = value;
  }
  size_t bytes() const {
    size_t there = 0;
    for (auto& chunk : chunks) there += chunk ? SIZE * sizeof(T) : 0;
    return there + chunks.size() * sizeof(chunks[0]);
  }

 private:
  std::vector<std::unique_ptr<T[]>> chunks;
};

}  // namespace xylem::bgp
