#pragma once
// IPRateMonitor(TYPE, RATIO, THRESH, [MEMORY 0, ANNO true])
//
// Measures how much comes from and goes to each part of the address space: packets per second (TYPE PACKETS) or bytes
// (BYTES). It begins with the first byte of addresses; where the rate of a part reaches THRESH, that part is measured
// by the next byte, too, down to single addresses. Parts whose rates have fallen far below are folded again. A packet
// on input 0 counts for its source address (forward), one on input 1 for its destination (reverse). Only one packet in
// 1/RATIO (0 to 1) is counted; THRESH is meant as if all were. MEMORY is the most that tables may take, in kilobytes:
// 100 at least, 0 is no limit. With ANNO each packet is annotated with both rates of the smallest part that its address
// is in, FWD_RATE and REV_RATE.
//
// Packets need an IP header annotation; others pass uncounted. A rate is an exponentially weighted moving average over
// periods of 8 ms with weight 1/32.
//
// Ports: 1 or 2 inputs, as many outputs, agnostic.
// Handlers: look (r): periods since the start or the last reset, then a line "PART forward reverse" for each part with
//   traffic, in tabs, smaller ones indented. thresh (r): as it is compared, with RATIO in it. mem (r): bytes taken.
//   memmax: the limit in bytes (r); in kilobytes (w). reset (w). anno_level (w): "ADDRESS, LEVEL, SECONDS": for so
//   long the part of LEVEL + 1 bytes that the address is in is not divided.
// Example: IPRateMonitor(PACKETS, 0.5, 256, 600);

#include <click/element.h>

#include <array>
#include <list>
#include <memory>

namespace xylem::click {

class IPRateMonitor final : public Element {
 public:
  static const Kind KIND;
  IPRateMonitor();
  ~IPRateMonitor() override;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void push(int port, PacketPtr packet) override;
  PacketPtr pull(int port) override;

 private:
  using Period = uint32_t;
  enum Way { FORWARD, REVERSE };
  struct Average;
  struct Part;
  struct Table;
  using Tables = std::list<Table*>;

  Period now() const;
  void count(Packet& packet, Way way);
  void update(Packet& packet, uint32_t address, uint32_t amount, Way way);
  Part* partOf(Table& table, uint8_t byte, const Part* like);
  bool divides(const Part& part, unsigned level, Period at) const;
  bool hasRoomFor(size_t bytes) const { return limit == 0 || taken + bytes <= limit; }
  void divide(Part& part, uint8_t byte);
  void fold(double below);
  void foldToLimit();
  void reset();
  std::string look(Table& table, const std::string& prefix);
  void setLimit(const std::string& text, Errors& errors);
  void setLevel(const std::string& text, Errors& errors);

  bool countsPackets = true, annotates = true;
  double ratio = 1;
  uint32_t threshold = 1;
  size_t limit = 0, taken = 0;
  Tables tables;
  // The oldest first, which is the one of first bytes; a part's is behind the one that it is in.
  std::unique_ptr<Table> first;
  Period start = 0, lastFold = 0;
};

}  // namespace xylem::click
