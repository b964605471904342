#pragma once
// Up to 64 packets on their way together. Whoever is given a batch takes all that is in it, or leaves it for its end.

#include <click/packet.h>

#include <span>

namespace xylem::click {

class Batch {
 public:
  static constexpr unsigned MOST = 64;

  Batch() = default;
  ~Batch() { clear(); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  unsigned size() const { return count; }
  bool empty() const { return count == 0; }
  bool full() const { return count == MOST; }
  Packet& operator[](unsigned i) { return *packets[i]; }

  void add(PacketPtr packet) { packets[count++] = packet.release(); }
  // When not full.
  void add(Packet* packet) { packets[count++] = packet; }
  // As above, for a packet that another batch gave up.
  std::span<Packet*> release() {
    // All of them, which are the caller's to keep or kill. The batch is empty, and must not be used while these are.
    auto all = std::span<Packet*>(packets, count);
    count = 0;
    return all;
  }
  void clear() {
    for (unsigned i = 0; i < count; ++i) Recycle()(packets[i]);
    count = 0;
  }

 private:
  Packet* packets[MOST];
  unsigned count = 0;
};

}  // namespace xylem::click
