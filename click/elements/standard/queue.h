#pragma once
// Queue([CAPACITY 1000]), SimpleQueue, NotifierQueue, FullNoteQueue, QuickNoteQueue, ThreadSafeQueue, FrontDropQueue,
// MixedQueue
//
// Keep packets, first in, first out, until somebody pulls them. A packet that comes while CAPACITY packets are there is
// dropped, or goes to output 1; FrontDropQueue drops the oldest one instead. A SimpleQueue tells nobody whether it is
// empty; a NotifierQueue does; a Queue (that is a FullNoteQueue) tells also when it is full.
//
// A MixedQueue has a second input, whose packets go out first; when it is full they drive out the last ones.
//
// Ports: 1 input (push), 1 or 2 outputs (pull; push).
// Handlers: length, highwater_length, drops (r). capacity (rw, live). reset, reset_counts (w).
// Example: ... -> q :: Queue(200) -> ToDevice(eth0);

#include <click/element.h>
#include <click/elements/standard/storage.h>
#include <click/notifier.h>

#include <vector>

namespace xylem::click {

class SimpleQueue : public Element, public Storage {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  bool isLive() const override { return true; }
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors& errors) override;
  void push(int port, PacketPtr packet) override;
  PacketPtr pull(int port) override;
  void pullBatch(int port, Batch& batch, unsigned most) override;

  size_t stored() const override { return used; }
  size_t limit() const override { return capacity; }
  uint64_t dropped() const { return drops; }
  PacketPtr takeFirst();
  PacketPtr takeLast();
  // What the others call, too: packets go in and out without notes.
  void addFirst(PacketPtr packet);
  void addLast(PacketPtr packet);

 protected:
  virtual void filled() {}
  // A packet has come.
  virtual void missed() {}
  // There was none to pull.
  virtual void drained() {}
  // A packet has gone.
  virtual void overflow(PacketPtr packet);
  void drop(PacketPtr packet);

 private:
  static constexpr size_t LEAST = 64;
  // Places of a ring.

  void setCapacity(uint32_t wanted);
  void makeRoom();
  // For one more.
  void reset();

  std::vector<PacketPtr> ring;
  size_t first = 0, used = 0, highest = 0;
  uint32_t capacity = 1000;
  uint64_t drops = 0;
};

class NotifierQueue : public SimpleQueue {
 public:
  static const Kind KIND;
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &nonEmpty : nullptr; }
  NotifierQueue() { nonEmpty.sleep(); }

 protected:
  static constexpr int PATIENCE = 8;
  // Fruitless pulls before it says that it is empty: who pulls would otherwise fall asleep and wake all the time.

  void filled() override { nonEmpty.wake(); }
  void missed() override {
    if (++misses > patience()) nonEmpty.sleep();
  }
  void drained() override { misses = 0; }
  virtual int patience() const { return PATIENCE; }

  Notifier nonEmpty;
  int misses = 0;
};

class FullNoteQueue : public NotifierQueue {
 public:
  static const Kind KIND;
  Notifier* notifier(Direction side, int port, bool isEmptyNote) override { return isEmptyNote ? &nonEmpty : &nonFull; }

 protected:
  void filled() override;
  void drained() override;

  Notifier nonFull;
};

class Queue final : public FullNoteQueue {
 public:
  static const Kind KIND;
};

class QuickNoteQueue final : public FullNoteQueue {
 public:
  static const Kind KIND;

 private:
  int patience() const override { return 0; }
};

class ThreadSafeQueue final : public FullNoteQueue {
 public:
  static const Kind KIND;
};

class FrontDropQueue final : public NotifierQueue {
 public:
  static const Kind KIND;

 private:
  void overflow(PacketPtr packet) override;
};

class MixedQueue final : public NotifierQueue {
 public:
  static const Kind KIND;
  void push(int port, PacketPtr packet) override;
};

}  // namespace xylem::click
