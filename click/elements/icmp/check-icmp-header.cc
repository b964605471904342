// RFC 792. How long a message must be depends on its type; one that cites a packet must cite as much as tells which
// one.

#include <click/elements/icmp/check-icmp-header.h>
#include <click/elements/ip/icmp-names.h>
#include <click/ip4.h>

namespace xylem::click {

const Kind CheckICMPHeader::KIND = kindOf<CheckICMPHeader>("CheckICMPHeader", "1/1-2", "a/ah");

const char* const CheckICMPHeader::REASONS[] = {"not ICMP", "bad packet length", "bad ICMP checksum"};

namespace {

bool isLengthRight(uint8_t type, unsigned length) {
  constexpr unsigned HEADER = 8, CITED = 28, TIMES = 12;
  if (length < HEADER) return false;
  if (icmp::isError(type)) return length >= HEADER + CITED;
  if (type == icmp::TIMESTAMP || type == icmp::TIMESTAMP_REPLY) return length == HEADER + TIMES;
  if (type == icmp::INFO || type == icmp::INFO_REPLY) return length == HEADER;
  return true;
}

}  // namespace

int CheckICMPHeader::drop(Reason reason) {
  if (drops.add(reason) == 0 || isVerbose) chatter(declaration() + ": ICMP header check failed: " + drops.text(reason));
  return 1;
}

int CheckICMPHeader::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip || ip[ip4::PROTOCOL] != ip4::ICMP) return drop(NOT_ICMP);
  auto icmp = ip.payload();
  auto length = ip.payloadLength();
  if (length == 0 || !isLengthRight(icmp[0], length)) return drop(LENGTH);
  return internetChecksum(icmp, length) == 0 ? 0 : drop(CHECKSUM);
}

}  // namespace xylem::click
