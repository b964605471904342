#pragma once
// IP6NDSolicitor(IP6, ETH), IP6NDAdvertiser(ADDR[/MASK] ... ETHER, ...)
//
// IP6NDSolicitor does for IPv6 what ARPQuerier does for IPv4: it puts an Ethernet header in front of each packet, for
// the annotated destination, and asks the neighbors (RFC 4861) for addresses that it does not know, at most ten times a
// second each, while at most CAPACITY packets wait. Answers are good for five minutes. IP6NDAdvertiser answers such
// questions: for addresses in one of the prefixes, the longest of them, with the Ethernet address behind it.
//
// Ports: IP6NDSolicitor: input 0 takes IPv6 packets, input 1 Ethernet frames with advertisements; output 0 sends
// frames, and solicitations too unless there
//   is an output 1; push. IP6NDAdvertiser: 1 input of frames, output 0 sends answers; what it has no answer for is
//   pushed to output 1, or dropped.
// Handlers: IP6NDSolicitor: table, stats, queries, responses, drops (r). IP6NDAdvertiser: table (r).
// Example: IP6NDSolicitor(2001:db8::1, 02:00:00:00:00:01)

#include <click/element.h>

#include <deque>
#include <map>
#include <unordered_map>

namespace xylem::click {

class IP6NDSolicitor final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors&) override;
  void push(int port, PacketPtr packet) override;

 private:
  struct Entry {
    Mac mac;
    bool isKnown = false;
    Nanoseconds liveAt = 0, askedAt = 0;
    std::deque<PacketPtr> waiting;
  };
  void send(PacketPtr packet);
  void hold(Ip6 address, PacketPtr packet);
  void makeRoom();
  void solicit(Ip6 address);
  void learn(const Packet& frame);
  Nanoseconds now() const;
  std::string table() const;

  static constexpr Nanoseconds TIMEOUT = 300 * SECOND, GAP = SECOND / 10;
  static constexpr size_t MOST_ENTRIES = 65536;
  Ip6 ip;
  Mac mac;
  uint32_t capacity = 2048, waiting = 0;
  std::unordered_map<Ip6, Entry> entries;
  uint64_t queries = 0, responses = 0, drops = 0;
};

class IP6NDAdvertiser final : public Changing<IP6NDAdvertiser> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  PacketPtr change(PacketPtr packet);

 private:
  bool parse(const std::string& text, Errors& errors);
  const Mac* lookup(Ip6 address) const;

  std::map<Ip6Net, Mac> entries;
};

}  // namespace xylem::click
