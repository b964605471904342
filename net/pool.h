#pragma once
// Memory for many small arrays that grow and shrink by single elements.
//
// An array of n elements has room for capacity(n): the next of four sizes a doubling, so that at most a fifth of it is
// spare. The room follows from n alone and is stored nowhere. Freed arrays are used again for arrays of the same bytes.
// Everything goes when the Pool does, or at `clear`; no destructors run.

#include <kj/common.h>
#include <kj/vector.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace xylem::net {

class Pool {
 public:
  Pool() = default;
  ~Pool() { clear(); }
  Pool(Pool&& other)
      : chunks(kj::mv(other.chunks)), free(kj::mv(other.free)), at(other.at), end(other.end), held(other.held) {
    other.forget();
  }
  KJ_DISALLOW_COPY(Pool);

  static constexpr uint capacity(uint n) {
    if (n <= 4) return n;
    uint step = std::bit_floor(n - 1) / 4;
    return (n + step - 1) / step * step;
  }

  template <typename T> void insert(T*& array, uint n, uint at, const T& value) {
    // Put `value` before element `at` of an array of n elements.
    static_assert(std::is_trivially_copyable_v<T>);
    uint room = capacity(n + 1);
    if (room == capacity(n)) {
      memmove(static_cast<void*>(array + at + 1), array + at, (n - at) * sizeof(T));
    } else {
      T* bigger = allocate<T>(room);
      if (n > 0) {
        memcpy(static_cast<void*>(bigger), array, at * sizeof(T));
        memcpy(static_cast<void*>(bigger + at + 1), array + at, (n - at) * sizeof(T));
        release(array, capacity(n));
      }
      array = bigger;
    }
    memcpy(static_cast<void*>(array + at), &value, sizeof(T));
  }

  template <typename T> void erase(T*& array, uint n, uint at) {
    // Remove element `at` of an array of n elements.
    uint room = capacity(n - 1);
    if (room == capacity(n)) {
      memmove(static_cast<void*>(array + at), array + at + 1, (n - at - 1) * sizeof(T));
      return;
    }
    T* smaller = nullptr;
    if (room > 0) {
      smaller = allocate<T>(room);
      memcpy(static_cast<void*>(smaller), array, at * sizeof(T));
      memcpy(static_cast<void*>(smaller + at), array + at + 1, (n - at - 1) * sizeof(T));
    }
    release(array, capacity(n));
    array = smaller;
  }

  void clear() {
    for (auto chunk : chunks) ::free(chunk);
    forget();
  }

  size_t bytes() const { return held; }
  // All memory taken from the system.

 private:
  static constexpr size_t CHUNK = 64 << 10, GRAIN = 8;

  struct Free {
    Free* next;
  };

  template <typename T> T* allocate(uint n) {
    static_assert(alignof(T) <= GRAIN);
    size_t grains = (n * sizeof(T) + GRAIN - 1) / GRAIN;
    if (grains < free.size() && free[grains] != nullptr) {
      auto block = free[grains];
      free[grains] = block->next;
      return reinterpret_cast<T*>(block);
    }
    size_t size = grains * GRAIN;
    if (size_t(end - at) < size) {
      size_t chunk = kj::max(size, CHUNK);
      at = static_cast<kj::byte*>(malloc(chunk));
      KJ_IREQUIRE(at != nullptr, "out of memory");
      end = at + chunk;
      chunks.add(at);
      held += chunk;
    }
    auto block = at;
    at += size;
    return reinterpret_cast<T*>(block);
  }

  template <typename T> void release(T* array, uint n) {
    size_t grains = (n * sizeof(T) + GRAIN - 1) / GRAIN;
    while (free.size() <= grains) free.add(nullptr);
    auto block = reinterpret_cast<Free*>(array);
    block->next = free[grains];
    free[grains] = block;
  }

  void forget() {
    chunks = kj::Vector<void*>();
    free = kj::Vector<Free*>();
    at = end = nullptr;
    held = 0;
  }

  kj::Vector<void*> chunks;
  kj::Vector<Free*> free;
  kj::byte* at = nullptr;
  kj::byte* end = nullptr;
  size_t held = 0;
};

}  // namespace xylem::net
