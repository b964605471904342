#pragma once
// Memory for many small arrays that grow and shrink by single elements.
//
// An array of n elements has room for capacity(n): the next of four sizes a doubling, so that at most a fifth of it is
// spare. The room follows from n alone and is stored nowhere. Everything goes when the Pool does, or at `clear`; no
// destructors run.
//
// How it works: a slab is a page of blocks of one size. Arrays that grow leave blocks behind that nobody may want at
// that size again, since all arrays grow; so a slab of which all blocks are free becomes one of any other size, and
// blocks are taken from slabs that have been full before others, to let those become free. Larger arrays are malloc's.

#include <kj/common.h>
#include <kj/vector.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

namespace xylem::net {

class Pool {
 public:
  Pool() = default;
  ~Pool() { clear(); }
  Pool(Pool&& other)
      : chunks(kj::mv(other.chunks)),
        open(kj::mv(other.open)),
        unused(other.unused),
        large(other.large),
        held(other.held) {
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
    while (large != nullptr) ::free(std::exchange(large, large->next));
    for (auto chunk : chunks) ::free(chunk);
    forget();
  }

  size_t bytes() const { return held; }
  // All memory taken from the system.

 private:
  static constexpr size_t SLAB = 4096, CHUNK = 16 * SLAB;
  static constexpr size_t GRAIN = 4, ALIGNMENT = 8;
  static constexpr size_t LARGEST = SLAB / 4;
  // Of a slab's blocks, in bytes.

  struct Links {
    Links* previous;
    Links* next;
  };
  struct Slab : Links {
    // At the beginning of a page; the blocks follow. Linked to others of its size while some block is free.
    uint16_t size;
    uint16_t used;
    // Blocks.
    uint16_t freed;
    // Where the first free block is, which begins with where the next one is; 0: none.
    uint16_t fresh;
    // From here on none has been used yet.

    bool isFull() const { return freed == 0 && size_t(fresh) + size > SLAB; }
    kj::byte* at(uint16_t offset) { return reinterpret_cast<kj::byte*>(this) + offset; }
    kj::byte* take() {
      ++used;
      auto block = at(freed);
      if (freed != 0) {
        memcpy(&freed, block, sizeof(freed));
      } else {
        block = at(fresh);
        fresh = uint16_t(fresh + size);
      }
      return block;
    }
    void put(kj::byte* block) {
      --used;
      memcpy(block, &freed, sizeof(freed));
      freed = uint16_t(block - at(0));
    }
    static Slab& of(void* block) {
      return *reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) & ~uintptr_t(SLAB - 1));
    }
  };
  static_assert(sizeof(Slab) % ALIGNMENT == 0 && sizeof(Links) % ALIGNMENT == 0);

  static constexpr size_t sizeFor(size_t bytes) { return (bytes + GRAIN - 1) / GRAIN * GRAIN; }

  template <typename T> T* allocate(uint n) {
    // The size of a block is a multiple of the alignment of what is in it, and so is its place.
    static_assert(alignof(T) <= ALIGNMENT);
    size_t size = sizeFor(n * sizeof(T));
    return reinterpret_cast<T*>(size > LARGEST ? allocateLarge(size) : allocateSmall(size));
  }

  template <typename T> void release(T* array, uint n) {
    size_t size = sizeFor(n * sizeof(T));
    auto block = reinterpret_cast<kj::byte*>(array);
    if (size > LARGEST)
      releaseLarge(block, size);
    else
      releaseSmall(block);
  }

  kj::byte* allocateSmall(size_t size) {
    while (open.size() <= size / GRAIN) open.add(nullptr);
    auto& list = open[size / GRAIN];
    if (list == nullptr) link(list, newSlab(size));
    auto& slab = static_cast<Slab&>(*list);
    auto block = slab.take();
    if (slab.isFull()) unlink(list, slab);
    return block;
  }

  void releaseSmall(kj::byte* block) {
    auto& slab = Slab::of(block);
    auto& list = open[slab.size / GRAIN];
    if (slab.isFull()) link(list, slab);
    slab.put(block);
    if (slab.used > 0) return;
    unlink(list, slab);
    link(unused, slab);
  }

  Slab& newSlab(size_t size) {
    if (unused == nullptr) addChunk();
    auto& slab = static_cast<Slab&>(*unused);
    unlink(unused, slab);
    slab.size = uint16_t(size);
    slab.used = slab.freed = 0;
    slab.fresh = sizeof(Slab);
    return slab;
  }

  void addChunk() {
    auto chunk = static_cast<kj::byte*>(aligned_alloc(SLAB, CHUNK));
    KJ_IREQUIRE(chunk != nullptr, "out of memory");
    chunks.add(chunk);
    held += CHUNK;
    for (size_t at = CHUNK; at > 0; at -= SLAB) link(unused, *reinterpret_cast<Slab*>(chunk + at - SLAB));
  }

  kj::byte* allocateLarge(size_t size) {
    auto block = static_cast<Links*>(malloc(sizeof(Links) + size));
    KJ_IREQUIRE(block != nullptr, "out of memory");
    link(large, *block);
    held += sizeof(Links) + size;
    return reinterpret_cast<kj::byte*>(block + 1);
  }

  void releaseLarge(kj::byte* block, size_t size) {
    auto links = reinterpret_cast<Links*>(block) - 1;
    unlink(large, *links);
    held -= sizeof(Links) + size;
    ::free(links);
  }

  static void link(Links*& list, Links& item) {
    item.previous = nullptr;
    item.next = list;
    if (list != nullptr) list->previous = &item;
    list = &item;
  }
  static void unlink(Links*& list, Links& item) {
    (item.previous == nullptr ? list : item.previous->next) = item.next;
    if (item.next != nullptr) item.next->previous = item.previous;
  }

  void forget() {
    chunks = kj::Vector<void*>();
    open = kj::Vector<Links*>();
    unused = large = nullptr;
    held = 0;
  }

  kj::Vector<void*> chunks;
  kj::Vector<Links*> open;
  // Slabs with a free block, by size.
  Links* unused = nullptr;
  Links* large = nullptr;
  size_t held = 0;
};

}  // namespace xylem::net
