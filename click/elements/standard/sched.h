#pragma once
// Schedulers: whoever pulls from one is given a packet from one of its inputs. Inputs that say they are empty are
// passed over, and a scheduler all of whose inputs are empty says so itself.
//
// PrioSched: the first input that has one. RoundRobinSched: each in turn. StrideSched(TICKETS0, ...): each as often as
// it has tickets, for one packet whatever its length. DRRSched([QUANTUM 500]): deficit round robin, QUANTUM bytes a
// round. TimeSortedSched([STOP false]): the one with the earliest timestamp of those that the inputs have; STOP stops
// the router when there is none any more. StrideSwitch(TICKETS0, ...) is the same for outputs: each pushed packet goes
// to one of them.
//
// Ports: any number of inputs, 1 output, pull. StrideSwitch: 1 input, any number of outputs, push.
// Handlers: StrideSched, StrideSwitch: tickets0, tickets1, ... (rw), tickets (r).
// Example: control -> [0] p :: PrioSched; data -> [1] p; p -> ToDevice(eth0);

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class PullScheduler : public Element {
 public:
  void initialize(Errors& errors) override;
  PacketPtr pull(int) override;
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 protected:
  virtual PacketPtr choose() = 0;
  PacketPtr from(int port) { return signals[size_t(port)].active() ? input(port).pull() : nullptr; }
  bool isAnyActive() const;

  Notifier note;
  std::vector<Signal> signals;
};

class PrioSched final : public PullScheduler {
 public:
  static const Kind KIND;

 private:
  PacketPtr choose() override;
};

class RoundRobinSched final : public PullScheduler {
 public:
  static const Kind KIND;

 private:
  PacketPtr choose() override;
  int next = 0;
};

class DRRSched final : public PullScheduler {
 public:
  static const Kind KIND;
  void configure(Args& args) override;

 private:
  PacketPtr choose() override;
  struct Queue {
    PacketPtr head;
    uint64_t deficit = 0;
  };
  std::vector<Queue> queues;
  uint32_t quantum = 500;
  int at = 0;
};

class Strides {
  // The port whose turn it is has the lowest pass; the lower number of several.
 public:
  bool configure(Args& args, int ports);
  void addHandlers(Handlers& handlers);
  std::vector<int> order() const;
  void took(int port) { ports[size_t(port)].pass += ports[size_t(port)].stride(); }

 private:
  static constexpr uint32_t STRIDE1 = 65536, MOST = STRIDE1;
  struct Port {
    uint32_t tickets = 1;
    uint64_t pass = 0;
    uint64_t stride() const { return STRIDE1 / tickets; }
  };
  std::vector<Port> ports;
};

class StrideSched final : public PullScheduler {
 public:
  static const Kind KIND;
  void configure(Args& args) override { strides.configure(args, inputs()); }
  void addHandlers(Handlers& handlers) override { strides.addHandlers(handlers); }

 private:
  PacketPtr choose() override;
  Strides strides;
};

class StrideSwitch final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override { strides.configure(args, outputs()); }
  void addHandlers(Handlers& handlers) override { strides.addHandlers(handlers); }
  void push(int, PacketPtr packet) override;

 private:
  Strides strides;
};

class TimeSortedSched final : public PullScheduler {
 public:
  static const Kind KIND;
  void configure(Args& args) override;

 private:
  PacketPtr choose() override;
  std::vector<PacketPtr> heads;
  bool stops = false;
};

}  // namespace xylem::click
