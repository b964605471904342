#pragma once
// CoDel([TARGET 5ms, INTERVAL 100ms])
//
// Controlled Delay (RFC 8289): drops packets from a queue when they have waited longer than TARGET for at least
// INTERVAL. How long a packet has waited is told by its first timestamp, or else its timestamp, so that there is a
// SetTimestamp before the queue.
//
// Ports: 1 input, 1 or 2 outputs (the second for what is dropped); pull, the second pushes.
// Handlers: drops, dropping, sojourn (r), target, interval (rw).
// Example: ... -> SetTimestamp(FIRST true) -> Queue -> CoDel -> BandwidthShaper(10Mbps) -> ...;

#include <click/element.h>
#include <click/elements/standard/storage.h>

namespace xylem::click {

class CoDel final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr pull(int) override;

 private:
  struct Next {
    PacketPtr packet;
    bool mayDrop = false;
  };
  Next take(Nanoseconds now);
  void drop(PacketPtr packet);
  Nanoseconds later(Nanoseconds from) const;

  Nanoseconds target = 5 * MILLISECOND, interval = 100 * MILLISECOND;
  Nanoseconds firstAbove = 0, dropNext = 0, sojourn = 0;
  uint32_t count = 0, lastCount = 0;
  bool isDropping = false;
  uint64_t drops = 0;
  std::vector<Storage*> queues;
};

}  // namespace xylem::click
