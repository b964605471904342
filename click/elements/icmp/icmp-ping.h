#pragma once
// ICMPPingResponder, ICMPPingSource(SRC, DST [, INTERVAL 1, IDENTIFIER 0, DATA, LIMIT -1, ACTIVE true, VERBOSE true,
// STOP false]), ICMPSendPings(...), ICMPPingEncap(SRC, DST [, IDENTIFIER 0]), ICMPIPEncap(SRC, DST, TYPE [, CODE 0,
// IDENTIFIER 0])
//
// ICMPPingResponder turns echo requests into replies; other packets are pushed to output 1, or dropped. ICMPPingSource
// (of old, ICMPSendPings) sends an echo request each INTERVAL, LIMIT in all, and with STOP stops the router then.
// Replies go to its input; it prints a line for each if VERBOSE, and counts them. ICMPPingEncap puts the headers of an
// echo request in front of packets, ICMPIPEncap those of any ICMP message.
//
// Ports: ICMPPingResponder: 1 input, 1 or 2 outputs. ICMPPingSource: 0 or 1 input that is pushed to, 1 output that
// pushes or is pulled. The encaps: 1 input, 1
//   output, agnostic.
// Handlers: ICMPPingSource: active, src, dst (rw), count (r), limit, interval (w), reset_counts (w); with an input
// summary, rtt_min, rtt_avg, rtt_max
//   (r). The encaps: src, dst (rw).

#include <click/element.h>
#include <click/scheduler.h>

#include <map>

namespace xylem::click {

class ICMPPingResponder final : public Simple<ICMPPingResponder> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class ICMPPingSource : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void runTimer(Timer&) override;
  void push(int, PacketPtr packet) override;
  PacketPtr pull(int) override;

 private:
  struct Sent {
    Nanoseconds at = 0;
    bool isAnswered = false;
  };
  bool ended() const { return limit >= 0 && int64_t(count) >= limit; }
  PacketPtr make();
  void wake(Nanoseconds delay);
  void note(const Packet& packet, const uint8_t* ip, Sent& sent);
  std::string summary() const;
  std::string seconds(uint64_t microseconds) const;

  Ip4 src, dst;
  Nanoseconds interval = SECOND;
  uint16_t identifier = 0;
  std::string data;
  int64_t limit = -1;
  bool isActive = true, isVerbose = true, stops = false;
  uint64_t count = 0;
  Timer timer;
  std::map<uint16_t, Sent> sent;
  uint64_t received = 0, duplicates = 0, least = 0, greatest = 0, sum = 0, squares = 0;
  // Microseconds.
};

class ICMPSendPings final : public ICMPPingSource {
 public:
  static const Kind KIND;
};

class ICMPIPEncap : public Changing<ICMPIPEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  PacketPtr change(PacketPtr packet);

 protected:
  Ip4 src, dst;
  uint8_t type = 0, code = 0;
  uint16_t identifier = 0, id = 1;
};

class ICMPPingEncap final : public ICMPIPEncap {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
};

}  // namespace xylem::click
