// A packet made from what a summary says: an IP header without options, the header of its protocol, and the payload.

#include <click/elements/analysis/ip-summary.h>
#include <click/elements/standard/timestamps.h>
#include <click/ip4.h>

#include <algorithm>

namespace xylem::click {

namespace {

using ip4::ICMP, ip4::TCP, ip4::UDP;
constexpr unsigned IP_HEADER = ip4::LEAST, MOST = 65535;

unsigned headerOf(uint8_t protocol) { return protocol == TCP ? 20 : protocol == UDP || protocol == ICMP ? 8 : 0; }

void writeTransport(const SummaryDraft& draft, uint8_t* at, unsigned length) {
  if (draft.protocol == TCP || draft.protocol == UDP) {
    put16(at, draft.sourcePort);
    put16(at + 2, draft.destinationPort);
  }
  if (draft.protocol == TCP) {
    put32(at + 4, draft.sequence);
    put32(at + 8, draft.acknowledged);
    at[12] = 0x50;
    at[13] = draft.tcpFlags;
    put16(at + 14, draft.window);
    put16(at + 18, draft.urgent);
  } else if (draft.protocol == UDP) {
    put16(at + 4, length);
  } else if (draft.protocol == ICMP) {
    at[0] = draft.icmpType;
    at[1] = draft.icmpCode;
    put16(at + 4, draft.icmpId);
    put16(at + 6, draft.icmpSequence);
  }
}

void writeChecksums(Packet& packet, uint8_t protocol, unsigned transportLength, bool isWhole) {
  auto ip = packet.data();
  ip4::setChecksum(ip);
  unsigned at = protocol == TCP ? 16 : protocol == UDP ? 6 : protocol == ICMP ? 2 : 0;
  if (at == 0 || !isWhole) return;
  auto transport = ip + IP_HEADER;
  auto sum = protocol == ICMP ? Checksum() : Checksum::pseudo4(ip, transportLength, protocol);
  auto result = sum.add(transport, packet.length() - IP_HEADER).value();
  put16(transport + at, protocol == UDP ? udpChecksum(result) : result);
}

}  // namespace

PacketPtr makePacket(const SummaryDraft& draft, bool fillsUp, bool hasChecksum) {
  bool isFirst = (draft.fragment & 0x1fff) == 0;
  unsigned headers = IP_HEADER + (isFirst ? headerOf(draft.protocol) : 0);
  unsigned carried = draft.payload ? unsigned(draft.payload->size()) : 0;
  unsigned total = headers + carried;
  if (draft.payloadLength) total = headers + std::min(*draft.payloadLength, MOST);
  if (draft.ipLength) total = std::clamp(*draft.ipLength, IP_HEADER, MOST);
  total = std::min(total, MOST);
  auto there = fillsUp ? total : std::min(total, headers + carried);
  auto room = std::max(there, headers);
  auto packet = Packet::make(room);
  auto ip = packet->data();
  memset(ip, 0, room);
  ip[0] = 0x45;
  ip[1] = draft.tos;
  put16(ip + 2, total);
  put16(ip + 4, draft.id);
  put16(ip + 6, draft.fragment);
  ip[8] = draft.ttl;
  ip[9] = draft.protocol;
  put32(ip + 12, draft.source.bits);
  put32(ip + 16, draft.destination.bits);
  if (isFirst) writeTransport(draft, ip + IP_HEADER, total > IP_HEADER ? total - IP_HEADER : 0);
  if (carried > 0) memcpy(ip + headers, draft.payload->data(), std::min(carried, room - headers));
  packet->take(room - there);
  if (hasChecksum)
    writeChecksums(*packet, draft.protocol, total - IP_HEADER, isFirst && there == total && total >= headers);
  packet->setNetworkHeader(ip, IP_HEADER);
  packet->setDstIp(draft.destination.bits);
  packet->timestamp = draft.timestamp;
  auto missing = total - there;
  if (draft.wireLength && *draft.wireLength > there) missing = *draft.wireLength - there;
  packet->setAnno8(anno::PAINT, uint8_t(draft.paint));
  packet->setAnno32(anno::AGGREGATE, draft.aggregate);
  packet->setAnno32(anno::EXTRA_LENGTH, missing);
  packet->setAnno32(anno::EXTRA_PACKETS, draft.count > 0 ? draft.count - 1 : 0);
  if (draft.firstTimestamp != 0) setFirstTimestamp(*packet, draft.firstTimestamp);
  return packet;
}

}  // namespace xylem::click
