#pragma once
// The IPv4 header that a tunnel puts in front of what it carries.

#include <click/args.h>
#include <click/handler.h>
#include <click/ip4.h>

#include <string>

namespace xylem::click {

struct OuterIp {
  static constexpr unsigned LENGTH = 20;

  Ip4 source, destination;
  bool isToAnnotation = false;
  // The destination is the packet's destination annotation ("DST_ANNO").
  uint8_t tos = 0, ttl = 250;
  bool isUnfragmentable = false;
  uint16_t identification = 0;

  Args& readOptions(Args& args) { return args.keyword("TOS", tos).keyword("TTL", ttl).keyword("DF", isUnfragmentable); }
  void addHandlers(Handlers& handlers, Element& element);
  // src and dst.
  Ip4 write(Packet& packet, uint8_t protocol);
  // Into the first bytes of the packet, whose length is already that of all. Sets annotations; returns the destination.
};

void putUdp(Packet& packet, uint16_t source, uint16_t destination, bool hasChecksum);
// The UDP header behind the outer one; all behind that is its payload.
void stripTo(Packet& packet, uint8_t* at, unsigned length, uint16_t etherType);
// Leaves so many bytes from that place on, which are all in the buffer and before the packet's end, and notes what lies
// there: IP (0x0800, 0x86dd) or an Ethernet frame (0x6558). The annotations of the outer header do not hold any more.

bool readDestination(const std::string& text, std::string& out, const Reading& reading);
// A format: an address or DST_ANNO, as it stands.
void setDestination(OuterIp& ip, const std::string& text, Element& element, Errors& errors);

template <typename T, typename... Format>
void addSetting(Handlers& handlers, Element& element, const char* name, T& variable, Format... format) {
  // A write handler that reads as the argument of the configuration does.
  handlers.write(name, [&element, &variable, format...](const std::string& text, Errors& errors) {
    Args args({trim(text)}, &element, errors);
    args.mandatory("VALUE", variable, format...).complete();
  });
}

}  // namespace xylem::click
