#pragma once
// RED(MIN_THRESH, MAX_THRESH, MAX_P, [QUEUES "q1 q2", STABILITY 4, GENTLE true])
//
// Random Early Detection (Floyd and Jacobson, 1993): drops packets with a probability that grows with the average
// length of the queues behind it, or, where it is pulled, before it: the nearest ones, or QUEUES. Below MIN_THRESH
// packets none is dropped; up to MAX_THRESH the probability rises to MAX_P, and from there, GENTLE, to 1 at twice that
// length. The average moves by 1/2^STABILITY of the difference with each packet.
//
// AdaptiveRED(TARGET, MAX_P, [QUEUES "q1 q2", STABILITY 4]) is a gentle RED with the thresholds TARGET/2 and
// 3*TARGET/2, TARGET at least 10, which adapts MAX_P twice a second, so that the average stays in the middle (Floyd,
// Gummadi and Shenker, 2001).
//
// PI(W, A, B, TARGET, [QUEUES "q1 q2", STABILITY 4]) drops by a proportional-integral controller (Hollot et al., 2001):
// every W seconds the probability moves by A times how far the queues are above TARGET, less B times how far they were.
// TARGET may be called QREF, too.
//
// Ports: 1 input, 1 or 2 outputs (the second for what is dropped); agnostic, the second pushes.
// Handlers: drops, avg_queue_size, queues, stats (r). RED, AdaptiveRED: min_thresh, max_thresh, max_p (rw), config
//   (live). PI: target, p (r), w, a, b (rw).
// Example: ... -> RED(5, 50, 0.02) -> Queue(100) -> ToDevice(eth0);

#include <click/element.h>
#include <click/elements/standard/storage.h>
#include <click/scheduler.h>

namespace xylem::click {

class EarlyDropper : public Element {
  // What drops by the length of queues.
 public:
  void initialize(Errors& errors) override;
  void push(int, PacketPtr packet) override;
  PacketPtr pull(int) override;

 protected:
  virtual bool shouldDrop() = 0;
  size_t queueSize() const;
  void configureQueues(const std::string& names, Args& args);
  void addCommonHandlers(Handlers& handlers);
  std::string stats(double average) const;

  uint64_t drops = 0;

 private:
  std::vector<Element*> elements;
  std::vector<Storage*> queues;
};

class RED : public EarlyDropper {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors&) override;

 protected:
  struct Settings {
    uint32_t least, most, stability;
    double probability;
  };
  void finishConfigure(const Settings& wanted, bool gentle, const std::string& names, Args& args);
  bool shouldDrop() override;
  double average = 0;
  uint32_t least = 0, most = 0;
  double mostProbability = 0;

 private:
  void check(const Settings& wanted, Errors& errors) const;
  void measure();
  double probability() const;
  void change(Settings wanted, Errors& errors);

  uint32_t stability = 4;
  bool isGentle = true;
  int count = -1;
  // Packets since the last one that was dropped; -1 below the threshold.
  double threshold = 0;
  // Random, for the next one.
  Nanoseconds emptySince = 0;
};

class AdaptiveRED final : public RED {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void runTimer(Timer&) override;

 private:
  Timer timer;
};

class PI final : public EarlyDropper {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void runTimer(Timer&) override;

 private:
  bool shouldDrop() override;
  Nanoseconds period() const;

  uint32_t target = 0, stability = 4;
  double interval = 0, a = 0, b = 0, probability = 0, former = 0, average = 0;
  Timer timer;
};

}  // namespace xylem::click
