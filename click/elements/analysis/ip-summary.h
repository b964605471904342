#pragma once
// The fields of IP summary dumps: what is said of a packet in a word, and how a word is told to a packet that is made
// from it.

#include <click/packet.h>
#include <net/ip.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xylem::click {

struct SummaryView {
  // A packet as its IP header, if it has one, divides it.
  explicit SummaryView(const Packet& packet, bool countsExtra);

  const Packet& packet;
  uint32_t extra = 0;
  const uint8_t* ip = nullptr;
  unsigned headerLength = 0, ipLength = 0, captured = 0;
  // Of the IP packet: as it says, and as much of it as there is.
  const uint8_t* transport = nullptr;
  unsigned transportCaptured = 0;
  // Null unless this is the first fragment.
  unsigned transportHeader = 0;
  // Length of the TCP, UDP or ICMP header, 0 if it is not whole.
  std::string bad;
  // What is wrong with the headers.

  uint8_t protocol() const { return ip ? ip[9] : 0; }
  bool has(uint8_t wanted, unsigned bytes) const {
    return transport && protocol() == wanted && transportCaptured >= bytes;
  }
  unsigned payloadLength() const;
  std::string_view payload() const;
};

struct SummaryDraft {
  // What a line of a dump says of a packet.
  Nanoseconds timestamp = 0, firstTimestamp = 0;
  net::Ip4 source, destination;
  uint16_t sourcePort = 0, destinationPort = 0, id = 0, fragment = 0, window = 65535, urgent = 0;
  uint8_t protocol = 0, tos = 0, ttl = 100, tcpFlags = 0x10, icmpType = 0, icmpCode = 0;
  uint16_t icmpId = 0, icmpSequence = 0;
  uint32_t sequence = 0, acknowledged = 0, count = 1, paint = 0, aggregate = 0;
  std::optional<uint32_t> ipLength, payloadLength, wireLength;
  std::optional<std::string> payload;
};

struct SummaryField {
  using Writer = std::optional<std::string> (*)(const SummaryView& view);
  // Nothing where it does not apply.
  using Reader = bool (*)(const std::string& word, SummaryDraft& draft);
  // False if the word is wrong.

  const char* name;
  Writer write;
  Reader read;
  // Null: the field is passed over.
};

constexpr char TCP_FLAGS[] = "FSRPAUECN";
// Their letters, from the lowest bit on.

SummaryField::Reader summaryReader(std::string_view name);
// Of a field by its own name.

const SummaryField* findSummaryField(const std::string& name);
// Also by its older names, and with spaces for underscores.
PacketPtr makePacket(const SummaryDraft& draft, bool fillsUp, bool hasChecksum);
// With headers and payload; what is longer is filled with zeros, or noted in the extra length annotation.

}  // namespace xylem::click
