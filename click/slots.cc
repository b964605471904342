// Memory is obtained in whole mappings, which grow by being moved: the system copies page tables, not pages.

#include <click/slots.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace xylem::click {

namespace {

class OwnSlots final : public Slots {
 public:
  ~OwnSlots() override {
    if (slots != nullptr) munmap(slots, bytes(count));
  }
  void grow(size_t wanted) override {
    if (wanted <= count) return;
    wanted = std::max(wanted, 2 * count);
    auto memory = slots == nullptr ? mmap(nullptr, bytes(wanted), PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                                   : mremap(slots, bytes(count), bytes(wanted), MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    slots = static_cast<uint32_t*>(memory);
    count = wanted;
  }

 private:
  static size_t bytes(size_t blocks) { return blocks * SLOTS_PER_BLOCK * sizeof(uint32_t); }
};

}  // namespace

std::unique_ptr<Slots> ownSlots() { return std::make_unique<OwnSlots>(); }

}  // namespace xylem::click
