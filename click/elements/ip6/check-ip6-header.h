#pragma once
// CheckIP6Header([BADADDRS, OFFSET 0]), MarkIP6Header([OFFSET 0])
//
// CheckIP6Header lets pass what is a valid IPv6 packet that begins OFFSET bytes into the data: long enough, version 6,
// and no source address of the list BADADDRS. The header is marked, the destination annotated, and bytes behind the
// packet's length are cut off. The first bad packet is told on standard error. MarkIP6Header only marks.
//
// Ports: 1 input, 1 output, agnostic; bad packets are pushed to an output 1 of CheckIP6Header, or dropped.
// Handlers: CheckIP6Header: drops (r).

#include <click/element.h>

namespace xylem::click {

class CheckIP6Header final : public Simple<CheckIP6Header> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override { handlers.data("drops", drops); }
  int step(Packet& packet);

 private:
  bool isGood(Packet& packet);

  uint32_t offset = 0;
  std::vector<Ip6> bad;
  uint64_t drops = 0;
};

class MarkIP6Header final : public Simple<MarkIP6Header> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.positional("OFFSET", offset).complete(); }
  int step(Packet& packet);

 private:
  uint32_t offset = 0;
};

}  // namespace xylem::click
