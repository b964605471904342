#pragma once
// IPReassembler([HIMEM 262144])
//
// Puts fragments of IP packets together again. Packets that are no fragments pass. A fragment is kept until the rest
// has come, or for 30 seconds; when more than HIMEM bytes are kept, the oldest go until it is three quarters of that.
//
// Ports: 1 input, 1 or 2 outputs. Of a packet whose time is over, the first fragment, if it came, is pushed to output 1
// for ICMPError. Handlers: dump (r).

#include <click/element.h>
#include <click/ip4.h>
#include <click/scheduler.h>

#include <list>
#include <map>

namespace xylem::click {

class IPReassembler final : public Changing<IPReassembler> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.keyword("HIMEM", highest).complete(); }
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void runTimer(Timer&) override;
  PacketPtr change(PacketPtr packet);

 private:
  struct Key {
    uint32_t src, dst;
    uint16_t id;
    uint8_t protocol;
    auto operator<=>(const Key&) const = default;
  };
  struct Partial {
    PacketPtr packet;
    // The header of the first fragment, or while that is missing of any, and what has come so far behind it.
    std::vector<std::pair<unsigned, unsigned>> holes;
    // Of the payload, from and to.
    bool hasFirst = false;
    Nanoseconds until = 0;
    uint64_t cost = 0;
    // In bytes of memory.
    std::list<Key>::iterator place;
  };
  using Partials = std::map<Key, Partial>;

  PacketPtr insert(Packet& packet, Ip4View ip);
  void fill(Partial& partial, unsigned from, unsigned to, bool isLast);
  void charge(Partial& partial);
  void forget(Partials::iterator partial);
  void shrink();
  PacketPtr finish(Partials::iterator partial);

  static constexpr Nanoseconds PATIENCE = 30 * SECOND, INTERVAL = 10 * SECOND;
  static constexpr size_t MOST_HOLES = 256;
  uint32_t highest = 256 * 1024;
  Partials partials;
  std::list<Key> byAge;
  uint64_t bytes = 0;
  Timer timer;
};

}  // namespace xylem::click
