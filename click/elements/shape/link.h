#pragma once
// Link([RATE, DELAY 0, JITTER 0, LOSS 0, DUPLICATE 0, REORDER 0, QUEUE 1000, SEED])
//
// Emulates one direction of a link. A packet waits in a queue of QUEUE packets, is sent at RATE ("10Mbps"; 0, or none:
// at once), and arrives DELAY later, or up to JITTER earlier or later than that, each as likely. Before that it is lost
// with probability LOSS, or comes twice with probability DUPLICATE. With probability REORDER it is not delayed once it
// is sent, and so overtakes those before it; otherwise packets keep their order, whatever the jitter.
//
// Sending one packet begins when the one before has been sent, however late the timers are: rate and delay do not
// drift. With a SEED every run with the same packets is the same. What is changed while it runs holds for packets that
// are sent from then on; everything else stays as it is.
//
// Ports: 1 input, 1 output, push.
// Handlers: rate, delay, jitter, loss, duplicate, reorder, queue, seed (rw). config (rw, live).
//   count, byte_count: what came out; lost, duplicated, reordered, overflows; length: packets that wait to be sent,
//   in_flight: those on their way (r). reset_counts, reset (w).
// Example: FromDevice(a) -> Link(10Mbps, 20ms, JITTER 1ms, LOSS 0.01) -> Queue -> ToDevice(b);

#include <click/element.h>
#include <click/elements/standard/storage.h>
#include <click/random.h>
#include <click/scheduler.h>

#include <deque>

namespace xylem::click {

class Link final : public Element, public Storage {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors&) override;
  // Packets that are on their way arrive when they would have.
  void cleanup() override;
  void push(int, PacketPtr packet) override;
  void runTimer(Timer&) override;
  size_t stored() const override { return waiting.size(); }
  size_t limit() const override { return settings.queue; }

 private:
  struct Settings {
    uint64_t rate = 0;
    // Bytes per second.
    Nanoseconds delay = 0, jitter = 0;
    double loss = 0, duplicate = 0, reorder = 0;
    uint32_t queue = 1000;
    uint64_t seed = 0;
  };
  struct Arrival {
    Nanoseconds at;
    uint64_t order;
    Packet* packet;
    bool operator>(const Arrival& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  struct Counts {
    uint64_t packets = 0, bytes = 0, lost = 0, duplicated = 0, reordered = 0, overflows = 0;
  };

  void enqueue(PacketPtr packet, Nanoseconds now);
  void startSending(Nanoseconds from);
  void sent();
  void arrive();
  void schedule();
  void clear();
  void addSettings(Handlers& handlers);

  Settings settings;
  Counts counts;
  Random random;
  std::deque<PacketPtr> waiting;
  // The first one is being sent.
  Nanoseconds sendingUntil = 0;
  uint64_t remainder = 0;
  // What is left over of a nanosecond, in parts of the rate.
  std::vector<Arrival> underway;
  // A heap.
  Nanoseconds lastArrival = 0;
  uint64_t order = 0;
  Timer timer;
  bool isRunning = false;
};

}  // namespace xylem::click
