// How the words of a line are told to the packet that is to be made of it. Fields that stand for part of the same
// number, as seconds and microseconds, may come in any order.

#include <click/args.h>
#include <click/elements/analysis/ip-summary.h>
#include <click/ip4.h>

namespace xylem::click {

namespace {

template <typename T, T SummaryDraft::*FIELD> bool take(const std::string& word, SummaryDraft& draft) {
  __int128 value;
  if (!parseInteger(word, value) || value < 0 || value > __int128(T(-1))) return false;
  draft.*FIELD = T(value);
  return true;
}
template <std::optional<uint32_t> SummaryDraft::*FIELD> bool takeLength(const std::string& word, SummaryDraft& draft) {
  __int128 value;
  if (!parseInteger(word, value) || value < 0 || value > UINT32_MAX) return false;
  draft.*FIELD = uint32_t(value);
  return true;
}
template <net::Ip4 SummaryDraft::*FIELD> bool takeAddress(const std::string& word, SummaryDraft& draft) {
  SilentErrors silent;
  return read(word, draft.*FIELD, Reading{nullptr, silent});
}
template <Nanoseconds SummaryDraft::*FIELD> bool takeTime(const std::string& word, SummaryDraft& draft) {
  // Exactly: a double has too few digits.
  auto dot = word.find('.');
  __int128 seconds, part = 0;
  if (!parseInteger(word.substr(0, dot), seconds) || seconds < 0 || seconds > UINT32_MAX) return false;
  if (dot != std::string::npos) {
    auto digits = word.substr(dot + 1, 9);
    if (digits.find_first_not_of("0123456789") != std::string::npos) return false;
    digits.resize(9, '0');
    part = std::stoll(digits);
  }
  draft.*FIELD = Nanoseconds(seconds * SECOND + part);
  return true;
}

bool takeSeconds(const std::string& word, SummaryDraft& draft) {
  auto part = draft.timestamp % SECOND;
  bool good = takeTime<&SummaryDraft::timestamp>(word, draft);
  draft.timestamp += part;
  return good;
}
bool takeMicroseconds(const std::string& word, SummaryDraft& draft) {
  __int128 value;
  if (!parseInteger(word, value) || value < 0 || value > __int128(1) << 52) return false;
  draft.timestamp += Nanoseconds(value) * MICROSECOND;
  return true;
}

bool takeProtocol(const std::string& word, SummaryDraft& draft) {
  for (auto [letter, value] : {std::pair("T", ip4::TCP), {"U", ip4::UDP}, {"I", ip4::ICMP}})
    if (word == letter) {
      draft.protocol = value;
      return true;
    }
  return take<uint8_t, &SummaryDraft::protocol>(word, draft);
}

bool takeFragment(const std::string& word, SummaryDraft& draft) {
  static const std::pair<const char*, uint16_t> NAMES[] = {{"F", 0x2000}, {"f", 0x0064}, {"!", 0x4000}, {".", 0}};
  for (auto& [name, bits] : NAMES)
    if (word == name) {
      draft.fragment = bits;
      return true;
    }
  return false;
}

bool takeFragmentOffset(const std::string& word, SummaryDraft& draft) {
  auto digits = word.substr(0, word.find_first_of("+!"));
  __int128 value;
  if (!parseInteger(digits, value) || value < 0 || value > 0xffff || value % 8 != 0) return false;
  bool more = word.find('+') != std::string::npos, whole = word.find('!') != std::string::npos;
  draft.fragment = uint16_t(value / 8 | (more ? 0x2000 : 0) | (whole ? 0x4000 : 0));
  return true;
}

bool takeFlags(const std::string& word, SummaryDraft& draft) {
  __int128 bits = 0;
  if (word != "." && !parseInteger(word, bits)) {
    for (char letter : word) {
      auto at = std::string_view(TCP_FLAGS).find(letter == 'W' || letter == 'Y' ? 'C' : letter == 'X' ? 'E' : letter);
      if (at == std::string_view::npos || at > 8) return false;
      bits |= 1 << at;
    }
  }
  draft.tcpFlags = uint8_t(bits);
  return bits >= 0 && bits < 512;
}

bool takePaint(const std::string& word, SummaryDraft& draft) {
  if (word == ">" || word == "L") return draft.paint = 0, true;
  if (word == "<" || word == "R" || word == "X") return draft.paint = 1, true;
  return take<uint32_t, &SummaryDraft::paint>(word, draft) && draft.paint < 256;
}

bool takePayload(const std::string& word, SummaryDraft& draft) {
  draft.payload = unquote(word);
  return draft.payload->size() <= 65535;
}

bool takeDscp(const std::string& word, SummaryDraft& draft) {
  __int128 value;
  if (!parseInteger(word, value) || value < 0 || value > 63) return false;
  draft.tos = uint8_t((draft.tos & 3) | int(value) << 2);
  return true;
}

bool takeEcn(const std::string& word, SummaryDraft& draft) {
  static const std::pair<const char*, uint8_t> NAMES[] = {{"no", 0}, {"ect1", 2}, {"ect2", 1}, {"ce", 3}};
  for (auto& [name, bits] : NAMES)
    if (word == name) {
      draft.tos = uint8_t((draft.tos & ~3) | bits);
      return true;
    }
  return false;
}

using D = SummaryDraft;

const std::pair<std::string_view, SummaryField::Reader> READERS[] = {
    {"timestamp", takeTime<&D::timestamp>},
    {"utimestamp", takeTime<&D::timestamp>},
    {"ntimestamp", takeTime<&D::timestamp>},
    {"first_timestamp", takeTime<&D::firstTimestamp>},
    {"ts_sec", takeSeconds},
    {"ts_usec", takeMicroseconds},
    {"ts_usec1", takeMicroseconds},
    {"ip_src", takeAddress<&D::source>},
    {"ip_dst", takeAddress<&D::destination>},
    {"ip_frag", takeFragment},
    {"ip_fragoff", takeFragmentOffset},
    {"ip_len", takeLength<&D::ipLength>},
    {"ip_proto", takeProtocol},
    {"ip_id", take<uint16_t, &D::id>},
    {"ip_tos", take<uint8_t, &D::tos>},
    {"ip_dscp", takeDscp},
    {"ip_ecn", takeEcn},
    {"ip_ttl", take<uint8_t, &D::ttl>},
    {"sport", take<uint16_t, &D::sourcePort>},
    {"dport", take<uint16_t, &D::destinationPort>},
    {"tcp_seq", take<uint32_t, &D::sequence>},
    {"tcp_ack", take<uint32_t, &D::acknowledged>},
    {"tcp_flags", takeFlags},
    {"tcp_window", take<uint16_t, &D::window>},
    {"tcp_urp", take<uint16_t, &D::urgent>},
    {"icmp_type", take<uint8_t, &D::icmpType>},
    {"icmp_code", take<uint8_t, &D::icmpCode>},
    {"icmp_flowid", take<uint16_t, &D::icmpId>},
    {"icmp_seq", take<uint16_t, &D::icmpSequence>},
    {"payload", takePayload},
    {"payload_len", takeLength<&D::payloadLength>},
    {"count", take<uint32_t, &D::count>},
    {"direction", takePaint},
    {"link", takePaint},
    {"paint", takePaint},
    {"aggregate", take<uint32_t, &D::aggregate>},
    {"wire_len", takeLength<&D::wireLength>},
};

}  // namespace

SummaryField::Reader summaryReader(std::string_view name) {
  for (auto& [each, reader] : READERS)
    if (each == name) return reader;
  return nullptr;
}

}  // namespace xylem::click
