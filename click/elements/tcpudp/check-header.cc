// UDP says its own length, which may be less than what IP carries; that of TCP is the rest of the IP packet.

#include <click/elements/tcpudp/check-header.h>

namespace xylem::click {

const Kind CheckUDPHeader::KIND = kindOf<CheckUDPHeader>("CheckUDPHeader", "1/1-2", "a/ah");
const Kind CheckTCPHeader::KIND = kindOf<CheckTCPHeader>("CheckTCPHeader", "1/1-2", "a/ah");

namespace {

constexpr const char* UDP_REASONS[] = {"not UDP", "bad packet length", "bad UDP checksum"};
constexpr const char* TCP_REASONS[] = {"not TCP", "bad packet length", "bad TCP checksum"};

}  // namespace

CheckUDPHeader::CheckUDPHeader() : TransportCheck(ip4::UDP, "UDP", UDP_REASONS) {}

CheckTCPHeader::CheckTCPHeader() : TransportCheck(ip4::TCP, "TCP", TCP_REASONS) {}

void TransportCheck::configure(Args& args) {
  args.keyword("VERBOSE", isVerbose).keyword("DETAILS", hasDetails).complete();
}

int TransportCheck::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  auto reason = ip && ip.protocol() == protocol ? check(ip) : WRONG_PROTOCOL;
  if (!reason) return 0;
  if (drops.add(*reason) == 0 || isVerbose)
    chatter(std::string(protocolName) + " header check failed: " + drops.text(*reason));
  return 1;
}

std::optional<TransportCheck::Reason> CheckUDPHeader::check(Ip4View ip) const {
  if (ip.payloadLength() < 8) return BAD_LENGTH;
  unsigned length = get16(ip.payload() + 4);
  if (length < 8 || length > ip.payloadLength()) return BAD_LENGTH;
  // A checksum of 0 is none.
  if (get16(ip.payload() + 6) != 0 && ip.transportChecksum(length) != 0) return BAD_CHECKSUM;
  return std::nullopt;
}

std::optional<TransportCheck::Reason> CheckTCPHeader::check(Ip4View ip) const {
  constexpr unsigned SHORTEST = 20;
  auto length = ip.payloadLength();
  if (ip.totalLength() > ip.length() || length < SHORTEST) return BAD_LENGTH;
  unsigned header = unsigned(ip.payload()[12] >> 4) * 4;
  if (header < SHORTEST || header > length) return BAD_LENGTH;
  if (ip.transportChecksum(length) != 0) return BAD_CHECKSUM;
  return std::nullopt;
}

}  // namespace xylem::click
