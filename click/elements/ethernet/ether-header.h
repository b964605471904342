#pragma once
// EtherEncap(ETHERTYPE, SRC, DST), EtherRewrite(SRC, DST), EtherMirror, EnsureEther([ETHERTYPE 0x800, SRC 1:1:1:1:1:1,
// DST 2:2:2:2:2:2])
//
// EtherEncap puts an Ethernet header in front. EtherRewrite sets the addresses of the header that is there, EtherMirror
// exchanges them. EnsureEther puts a header in front of packets that begin with their IP header, and lets pass those
// where it is an Ethernet header ahead.
//
// Ports: 1 input, 1 output, agnostic. Packets too short for a header are dropped; of EnsureEther, what has another
// header is pushed to
//   output 1, if there is one.
// Handlers: EtherEncap: src, dst, ethertype (rw). EtherRewrite: src, dst (rw).
// Example: EtherEncap(0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02)

#include <click/element.h>

namespace xylem::click {

class EtherEncap final : public Simple<EtherEncap> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet);

 private:
  uint16_t type = 0;
  Mac src, dst;
};

class EtherRewrite final : public Simple<EtherRewrite> {
 public:
  static const Kind KIND;
  void configure(Args& args) override { args.mandatory("SRC", src).mandatory("DST", dst).complete(); }
  void addHandlers(Handlers& handlers) override;
  bool isLive() const override { return true; }
  int step(Packet& packet);

 private:
  Mac src, dst;
};

class EtherMirror final : public Simple<EtherMirror> {
 public:
  static const Kind KIND;
  int step(Packet& packet);
};

class EnsureEther final : public Simple<EnsureEther> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  int step(Packet& packet);

 private:
  uint16_t type = 0x0800;
  Mac src{0x010101010101}, dst{0x020202020202};
};

}  // namespace xylem::click
