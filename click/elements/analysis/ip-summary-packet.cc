// A packet made from what a summary says: an IP header without options, the header of its protocol, and the payload.

#include <click/elements/analysis/ip-summary.h>
#include <click/elements/standard/timestamps.h>

#include <algorithm>

namespace xylem::click {

namespace {

constexpr uint8_t ICMP = 1, TCP = 6, UDP = 17;
constexpr unsigned IP_HEADER = 20, MOST = 65535;

void put16(uint8_t* at, uint32_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}
void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

uint32_t add(const uint8_t* data, size_t length, uint32_t sum = 0) {
  for (size_t i = 0; i + 1 < length; i += 2) sum += uint32_t(data[i] << 8 | data[i + 1]);
  if (length & 1) sum += uint32_t(data[length - 1] << 8);
  return sum;
}

uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(~sum);
}

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
  put16(ip + 10, fold(add(ip, IP_HEADER)));
  unsigned at = protocol == TCP ? 16 : protocol == UDP ? 6 : protocol == ICMP ? 2 : 0;
  if (at == 0 || !isWhole) return;
  auto transport = ip + IP_HEADER;
  uint32_t sum = protocol == ICMP ? 0 : add(ip + 12, 8, protocol + transportLength);
  auto result = fold(add(transport, packet.length() - IP_HEADER, sum));
  put16(transport + at, protocol == UDP && result == 0 ? 0xffff : result);
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
