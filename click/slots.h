#pragma once
// The memory of route tables: slots in blocks, which may move when there must be more of them. It can be this process's
// own, or shared with a program in the kernel (click/fast-path.h).

#include <click/xdp/tables.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace xylem::click {

class Slots {
 public:
  virtual ~Slots() = default;
  virtual void grow(size_t count) = 0;
  // At least so many blocks; new ones are zero, the others stay as they are.
  virtual void settle() {}
  // Returns when nobody reads what was read before the call.

  uint32_t& operator[](size_t at) { return slots[at]; }
  uint32_t operator[](size_t at) const { return slots[at]; }
  uint32_t* block(size_t number) { return slots + number * SLOTS_PER_BLOCK; }
  const uint32_t* at(size_t place) const { return slots + place; }
  size_t blocks() const { return count; }

 protected:
  uint32_t* slots = nullptr;
  size_t count = 0;
  // Blocks.
};

std::unique_ptr<Slots> ownSlots();
// Takes memory only where something is written.

}  // namespace xylem::click
