// The header is made once for each packet, fields and checksum; the identification counts up.

#include <click/elements/ip/ip-encap.h>
#include <click/ip4.h>

namespace xylem::click {

const Kind IPEncap::KIND = kindOf<IPEncap>("IPEncap", "1/1", "a/a");

bool IPEncap::setDestination(const std::string& text, Errors& errors) {
  isAnnotated = text == "DST_ANNO";
  return isAnnotated || read(text, dst, Reading{this, errors});
}

void IPEncap::configure(Args& args) {
  std::string destination;
  std::optional<uint8_t> givenTos, dscp;
  bool isCapable = false, isCongested = false;
  args.mandatory("PROTO", protocol, as::ipProtocol)
      .mandatory("SRC", src)
      .mandatory("DST", destination)
      .keyword("TOS", givenTos)
      .keyword("TTL", ttl)
      .keyword("DSCP", dscp)
      .keyword("ECT", isCapable)
      .keyword("CE", isCongested)
      .keyword("DF", isWhole);
  if (!args.complete()) return;
  if (!setDestination(destination, args.errors)) return args.error("DST: type mismatch");
  if (givenTos && dscp) return args.error("cannot set both TOS and DSCP");
  if (isCapable && isCongested) return args.error("cannot set both ECN bits");
  if (dscp && *dscp > 63) return args.error("DSCP too large; max 63");
  tos = dscp ? uint8_t(*dscp << 2) : givenTos.value_or(0);
  if (isCapable) tos |= 2;
  if (isCongested) tos |= 3;
}

void IPEncap::addHandlers(Handlers& handlers) {
  handlers.read("src", [this]() { return ip4::print(src); });
  handlers.write("src", [this](const std::string& text, Errors& errors) {
    if (!read(trim(text), src, Reading{this, errors})) errors.error("syntax error");
  });
  handlers.read("dst", [this]() { return isAnnotated ? "DST_ANNO" : ip4::print(dst); });
  handlers.write("dst", [this](const std::string& text, Errors& errors) {
    if (!setDestination(trim(text), errors)) errors.error("syntax error");
  });
}

PacketPtr IPEncap::change(PacketPtr packet) {
  constexpr unsigned LONGEST = 65535;
  if (packet->length() > LONGEST - ip4::LEAST) return nullptr;
  packet->push(ip4::LEAST);
  auto ip = packet->data();
  memset(ip, 0, ip4::LEAST);
  ip[0] = 0x45;
  ip[ip4::TOS] = tos;
  put16(ip + ip4::LENGTH, packet->length());
  put16(ip + ip4::ID, id++);
  put16(ip + ip4::FRAGMENT, isWhole ? ip4::DONT_FRAGMENT : 0);
  ip[ip4::TTL] = ttl;
  ip[ip4::PROTOCOL] = protocol;
  put32(ip + ip4::SRC, src.bits);
  put32(ip + ip4::DST, isAnnotated ? packet->dstIp() : dst.bits);
  ip4::setChecksum(ip);
  packet->setDstIp(get32(ip + ip4::DST));
  ip4::mark(*packet, ip);
  return packet;
}

}  // namespace xylem::click
