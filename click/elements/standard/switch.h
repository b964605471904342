#pragma once
// Elements that choose one of several ways.
//
// Switch([OUTPUT 0]) pushes all packets to one output, -1: none; StaticSwitch(OUTPUT) never changes it.
// PullSwitch([INPUT 0]), SimplePullSwitch([INPUT 0]), StaticPullSwitch(INPUT) pull from one input. InputSwitch([INPUT
// 0]) passes on what is pushed into one input, and drops the rest. RoundRobinSwitch sends each packet to the next
// output, RandomSwitch to any. HashSwitch(OFFSET, LENGTH), HashDemux: packets with the same bytes there go to the same
// output.
//
// Ports: 1 input, any number of outputs, push; the pull ones: any number of inputs, 1 output, pull; InputSwitch: push.
// Handlers: switch, config (rw; live).
// Example: s :: Switch(1); s [0] -> ...; s [1] -> ...;

#include <click/element.h>
#include <click/notifier.h>

namespace xylem::click {

class Chooser : public Element {
  // What has a handler `switch`.
 public:
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return isChangeable; }

 protected:
  explicit Chooser(bool choosesOutput, bool isChangeable = true)
      : isChangeable(isChangeable), choosesOutput(choosesOutput) {}
  virtual void changed() {}
  int ways() const { return choosesOutput ? outputs() : inputs(); }

  int32_t chosen = 0;
  bool isChangeable;

 private:
  bool choosesOutput;
};

class Switch : public Chooser {
 public:
  static const Kind KIND;
  Switch() : Chooser(true) {}
  void push(int, PacketPtr packet) override { pushTo(chosen, std::move(packet)); }
  void pushBatch(int, Batch& batch) override {
    if (chosen >= 0) output(chosen).push(batch);
  }

 protected:
  explicit Switch(bool isChangeable) : Chooser(true, isChangeable) {}
};

class StaticSwitch final : public Switch {
 public:
  static const Kind KIND;
  StaticSwitch() : Switch(false) {}
};

class SimplePullSwitch : public Chooser {
 public:
  static const Kind KIND;
  SimplePullSwitch() : Chooser(false) {}
  PacketPtr pull(int) override { return chosen < 0 ? nullptr : input(chosen).pull(); }

 protected:
  explicit SimplePullSwitch(bool isChangeable) : Chooser(false, isChangeable) {}
};

class PullSwitch : public SimplePullSwitch {
 public:
  static const Kind KIND;
  PullSwitch() = default;
  void initialize(Errors&) override;
  PacketPtr pull(int) override;
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 protected:
  using SimplePullSwitch::SimplePullSwitch;

 private:
  void changed() override { note.wake(); }

  Notifier note;
  std::vector<Signal> signals;
};

class StaticPullSwitch final : public PullSwitch {
 public:
  static const Kind KIND;
  StaticPullSwitch() : PullSwitch(false) {}
};

class InputSwitch final : public Chooser {
 public:
  static const Kind KIND;
  InputSwitch() : Chooser(false) {}
  void push(int port, PacketPtr packet) override {
    if (port == chosen) output(0).push(std::move(packet));
  }
};

class RoundRobinSwitch final : public Sorting<RoundRobinSwitch> {
 public:
  static const Kind KIND;
  int step(Packet&) { return next = next + 1 < outputs() ? next + 1 : 0; }

 private:
  int next = -1;
};

class RandomSwitch final : public Sorting<RandomSwitch> {
 public:
  static const Kind KIND;
  int step(Packet&);
};

class HashSwitch : public Sorting<HashSwitch> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint32_t offset = 0, length = 0;
};

class HashDemux final : public HashSwitch {
 public:
  static const Kind KIND;
};

}  // namespace xylem::click
