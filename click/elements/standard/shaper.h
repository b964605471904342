#pragma once
// Elements that keep to a rate: RATE packets per second, or for the Bandwidth kinds bytes per second ("10Mbps"; a bare
// number is bytes).
//
// Shaper(RATE), BandwidthShaper(RATE): packets are pulled through no faster than that; whoever pulls may sleep
// meanwhile. RatedUnqueue(RATE, [BURST_DURATION 20ms, BURST_SIZE]), BandwidthRatedUnqueue: pull packets at the rate and
// push them on; after a pause they catch up as much as comes in BURST_DURATION, or BURST_SIZE packets or bytes.
// RatedSplitter(RATE, [BURST_DURATION, BURST_SIZE]), BandwidthRatedSplitter: up to the rate packets go to output 0, the
// rest to output 1.
//
// Ports: 1 input; Shaper: 1 output, pull; RatedUnqueue: pull to push; RatedSplitter: 2 outputs, push.
// Handlers: rate (rw). config (live).
// Example: Queue -> BandwidthShaper(10Mbps) -> ToDevice(eth0);

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>
#include <click/token-bucket.h>

namespace xylem::click {

class Rated : public Element {
 public:
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;

 protected:
  Rated(bool inBytes, bool hasBurst) : inBytes(inBytes), hasBurst(hasBurst) {}
  uint64_t cost(const Packet& packet) const { return inBytes ? packet.length() : 1; }
  void refill();

  TokenBucket bucket;
  const bool inBytes;

 private:
  void settle();
  void setRate(const std::string& text, Errors& errors);

  const bool hasBurst;
  uint64_t rate = 0;
  std::optional<uint64_t> burstSize;
  Nanoseconds burstDuration = 20 * MILLISECOND;
};

class Shaper : public Rated {
 public:
  static const Kind KIND;
  explicit Shaper(bool inBytes = false) : Rated(inBytes, false) {}
  void initialize(Errors&) override;
  PacketPtr pull(int) override;
  void runTimer(Timer&) override { note.wake(); }
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 private:
  Notifier note;
  Signal signal;
  Timer timer;
};

class BandwidthShaper final : public Shaper {
 public:
  static const Kind KIND;
  BandwidthShaper() : Shaper(true) {}
};

class RatedUnqueue : public Rated {
 public:
  static const Kind KIND;
  explicit RatedUnqueue(bool inBytes = false) : Rated(inBytes, true) {}
  void initialize(Errors&) override;
  bool runTask(Task&) override;
  void runTimer(Timer&) override { task.reschedule(); }

 private:
  Task task;
  Timer timer;
  Signal signal;
};

class BandwidthRatedUnqueue final : public RatedUnqueue {
 public:
  static const Kind KIND;
  BandwidthRatedUnqueue() : RatedUnqueue(true) {}
};

class RatedSplitter : public Rated {
 public:
  static const Kind KIND;
  explicit RatedSplitter(bool inBytes = false) : Rated(inBytes, true) {}
  void push(int, PacketPtr packet) override;
};

class BandwidthRatedSplitter final : public RatedSplitter {
 public:
  static const Kind KIND;
  BandwidthRatedSplitter() : RatedSplitter(true) {}
};

}  // namespace xylem::click
