#pragma once
// InfiniteSource([DATA, LIMIT -1, BURST 1, ACTIVE true, LENGTH n, TIMESTAMP true, STOP false, END_CALL handler]),
// RandomSource(LENGTH, [...])
//
// Sends copies of a packet with these bytes as fast as it can, or as fast as it is pulled: LIMIT in all (-1: no limit),
// BURST at a time. With LENGTH the bytes are cut or repeated to that length. When the limit is reached, STOP stops the
// router, and END_CALL calls a write handler.
//
// Ports: 1 output, agnostic.
// Handlers: count (r), limit, burst, active, data, length (rw), reset (w).
// RandomSource(LENGTH, [LIMIT, BURST, ACTIVE, ...]): the same with LENGTH random bytes in each packet.
// Example: InfiniteSource(DATA \<08 00>, LIMIT 5, STOP true) -> ToDump(out.pcap);

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>

namespace xylem::click {

class InfiniteSource : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors&) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr pull(int) override;
  bool runTask(Task&) override;
  Notifier* notifier(Direction, int, bool isEmptyNote) override { return isEmptyNote ? &note : nullptr; }

 protected:
  virtual void fill(Packet&) {}
  // Makes the packet what it is to be.
  Args& common(Args& args);
  void finishData(Args& args);

  int32_t length = -1;

 private:
  PacketPtr make();
  bool ended() const { return limit >= 0 && count >= uint64_t(limit); }
  void end();
  void wake();

  std::string data = "Random bytes in a packet that is at least 64 bytes long, as it now is.";
  std::string whole;
  // Of the wanted length.
  int64_t limit = -1;
  int32_t burst = 1;
  bool isActive = true, hasTimestamp = true, stops = false;
  std::string endCall;
  uint64_t count = 0;
  Task task;
  Notifier note;
  Signal full;
};

class RandomSource final : public InfiniteSource {
 public:
  static const Kind KIND;
  void configure(Args& args) override;

 private:
  void fill(Packet& packet) override;
};

}  // namespace xylem::click
