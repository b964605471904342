// Headers are looked at only as far as they were captured; what is not there, or does not apply, has no value.

#include <click/args.h>
#include <click/elements/analysis/ip-summary.h>
#include <click/elements/standard/timestamps.h>

#include <algorithm>
#include <map>

namespace xylem::click {

namespace {

constexpr uint8_t ICMP = 1, TCP = 6, UDP = 17;

uint16_t word16(const uint8_t* at) { return uint16_t(at[0] << 8 | at[1]); }
uint32_t word32(const uint8_t* at) { return uint32_t(word16(at)) << 16 | word16(at + 2); }

}  // namespace

SummaryView::SummaryView(const Packet& packet, bool countsExtra) : packet(packet) {
  extra = countsExtra ? packet.anno32(anno::EXTRA_LENGTH) : 0;
  auto begin = packet.data() - packet.headroom(), end = packet.data() + packet.length();
  auto at = packet.networkHeader;
  if (at == nullptr || at < begin || at >= end) {
    bad = "no IP header";
    return;
  }
  auto length = unsigned(end - at);
  if (at[0] >> 4 != 4) {
    bad = "IP version " + std::to_string(at[0] >> 4);
    return;
  }
  headerLength = unsigned(at[0] & 15) * 4;
  if (headerLength < 20 || length < headerLength) {
    bad = headerLength < 20 ? "IP header length " + std::to_string(headerLength) : "truncated IP header";
    return;
  }
  ip = at;
  ipLength = word16(ip + 2);
  if (ipLength < headerLength) bad = "IP length " + std::to_string(ipLength);
  if (uint64_t(length) + extra < ipLength) bad = "truncated IP length";
  captured = std::min(std::max(ipLength, headerLength), length);
  if ((word16(ip + 6) & 0x1fff) != 0) return;
  transport = ip + headerLength;
  transportCaptured = captured - headerLength;
  if (protocol() == TCP && transportCaptured >= 20) {
    auto header = unsigned(transport[12] >> 4) * 4;
    if (header < 20 || header > transportCaptured)
      bad = "TCP header length " + std::to_string(header);
    else
      transportHeader = header;
  } else if ((protocol() == UDP || protocol() == ICMP) && transportCaptured >= 8) {
    transportHeader = 8;
  }
}

unsigned SummaryView::payloadLength() const {
  if (ip == nullptr) return packet.length() + extra;
  auto headers = headerLength + transportHeader;
  return ipLength > headers ? ipLength - headers : 0;
}

std::string_view SummaryView::payload() const {
  if (ip == nullptr) return packet.bytes();
  auto headers = headerLength + transportHeader;
  return {reinterpret_cast<const char*>(ip + headers), captured > headers ? captured - headers : 0};
}

namespace {

using Word = std::optional<std::string>;
Word number(uint64_t value) { return std::to_string(value); }

// ---- fields of the IP header

template <unsigned AT> Word ipByte(const SummaryView& view) { return view.ip ? number(view.ip[AT]) : std::nullopt; }
template <unsigned AT> Word ipWord(const SummaryView& view) {
  return view.ip ? number(word16(view.ip + AT)) : std::nullopt;
}
template <unsigned AT> Word ipAddress(const SummaryView& view) {
  if (view.ip == nullptr) return std::nullopt;
  auto at = view.ip + AT;
  return format("%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
}

Word fragment(const SummaryView& view) {
  if (view.ip == nullptr) return std::nullopt;
  auto bits = word16(view.ip + 6);
  return (bits & 0x1fff) ? "f" : (bits & 0x2000) ? "F" : (bits & 0x4000) ? "!" : ".";
}

Word fragmentOffset(const SummaryView& view) {
  if (view.ip == nullptr) return std::nullopt;
  auto bits = word16(view.ip + 6);
  return std::to_string((bits & 0x1fff) * 8) + ((bits & 0x2000) ? "+" : "") + ((bits & 0x4000) ? "!" : "");
}

Word protocol(const SummaryView& view) {
  if (view.ip == nullptr) return std::nullopt;
  auto value = view.protocol();
  return value == TCP ? "T" : value == UDP ? "U" : value == ICMP ? "I" : std::to_string(value);
}

Word ecn(const SummaryView& view) {
  static const char* const NAMES[] = {"no", "ect2", "ect1", "ce"};
  return view.ip ? Word(NAMES[view.ip[1] & 3]) : std::nullopt;
}

// ---- options

std::string bytesAsNumbers(const uint8_t* begin, const uint8_t* end) {
  std::string out;
  for (; begin < end; ++begin) out += (out.empty() ? "" : ":") + std::to_string(*begin);
  return out;
}

template <typename One> Word options(const uint8_t* at, const uint8_t* end, One one) {
  // Each but EOL and NOP; '?' when one is wrong.
  std::string out;
  while (at < end && *at != 0) {
    if (*at == 1) {
      ++at;
      continue;
    }
    if (end - at < 2 || at[1] < 2 || at[1] > end - at) return "?";
    auto text = one(at, at + at[1]);
    if (!text.empty()) out += (out.empty() ? "" : ";") + text;
    at += at[1];
  }
  return out.empty() ? "." : out;
}

std::string otherOption(const uint8_t* at, const uint8_t* end) {
  return std::to_string(at[0]) + (end - at > 2 ? "=" + bytesAsNumbers(at + 2, end) : "");
}

std::string ipOption(const uint8_t* at, const uint8_t* end) {
  bool isRoute = at[0] == 131 || at[0] == 137;
  if ((at[0] != 7 && !isRoute) || end - at < 3 || at[2] < 4) return otherOption(at, end);
  auto pointer = std::min(at + at[2] - 1, end);
  std::string out = at[0] == 7 ? "rr{" : at[0] == 131 ? "lsrr{" : "ssrr{";
  for (auto next = at + 3; next + 4 <= (isRoute ? end : pointer); next += 4)
    out += (next == at + 3    ? next == pointer && isRoute ? "^" : ""
            : next == pointer ? "^"
                              : ",") +
           format("%u.%u.%u.%u", next[0], next[1], next[2], next[3]);
  if (isRoute && pointer >= end) out += "^";
  out += "}";
  return at[0] == 7 && pointer < end ? out + "+" + std::to_string((end - pointer) / 4) : out;
}

Word ipOptions(const SummaryView& view) {
  return view.ip ? options(view.ip + 20, view.ip + view.headerLength, ipOption) : std::nullopt;
}

enum TcpOptions { ALL, NOT_TIME, SACK };

std::string sackBlocks(const uint8_t* at, const uint8_t* end) {
  std::string out;
  for (at += 2; at + 8 <= end; at += 8)
    out += (out.empty() ? "sack" : ";sack") + std::to_string(word32(at)) + "-" + std::to_string(word32(at + 4));
  return out;
}

template <TcpOptions WHICH> std::string tcpOption(const uint8_t* at, const uint8_t* end) {
  auto length = end - at;
  if (at[0] == 5 && (length - 2) % 8 == 0) return sackBlocks(at, end);
  if (at[0] == 4 && length == 2) return "sackok";
  if (WHICH == SACK) return "";
  if (at[0] == 8 && length == 10)
    return WHICH == NOT_TIME ? "" : "ts" + std::to_string(word32(at + 2)) + ":" + std::to_string(word32(at + 6));
  if (at[0] == 2 && length == 4) return "mss" + std::to_string(word16(at + 2));
  if (at[0] == 3 && length == 3) return "wscale" + std::to_string(at[2]);
  return otherOption(at, end);
}

template <TcpOptions WHICH> Word tcpOptions(const SummaryView& view) {
  if (view.protocol() != TCP || view.transportHeader == 0) return std::nullopt;
  return options(view.transport + 20, view.transport + view.transportHeader, tcpOption<WHICH>);
}

// ---- transport

template <unsigned AT> Word port(const SummaryView& view) {
  return view.has(TCP, 4) || view.has(UDP, 4) ? number(word16(view.transport + AT)) : std::nullopt;
}
template <uint8_t PROTOCOL, unsigned AT> Word inWord(const SummaryView& view) {
  return view.has(PROTOCOL, AT + 2) ? number(word16(view.transport + AT)) : std::nullopt;
}
template <uint8_t PROTOCOL, unsigned AT> Word inLong(const SummaryView& view) {
  return view.has(PROTOCOL, AT + 4) ? number(word32(view.transport + AT)) : std::nullopt;
}
template <unsigned AT> Word icmpByte(const SummaryView& view) {
  return view.has(ICMP, 2) ? number(view.transport[AT]) : std::nullopt;
}

bool isIcmpQuery(const SummaryView& view) {
  if (!view.has(ICMP, 8)) return false;
  auto type = view.transport[0];
  return type == 0 || type == 8 || (type >= 13 && type <= 18);
}
template <unsigned AT> Word icmpQuery(const SummaryView& view) {
  return isIcmpQuery(view) ? number(word16(view.transport + AT)) : std::nullopt;
}

Word icmpTypeName(const SummaryView& view) {
  static const std::pair<uint8_t, const char*> NAMES[] = {{0, "echo-reply"},
                                                          {3, "unreachable"},
                                                          {4, "sourcequench"},
                                                          {5, "redirect"},
                                                          {8, "echo"},
                                                          {9, "routeradvert"},
                                                          {10, "routersolicit"},
                                                          {11, "timeexceeded"},
                                                          {12, "parameterproblem"},
                                                          {13, "timestamp"},
                                                          {14, "timestamp-reply"},
                                                          {15, "inforeq"},
                                                          {16, "inforeq-reply"},
                                                          {17, "maskreq"},
                                                          {18, "maskreq-reply"}};
  if (!view.has(ICMP, 1)) return std::nullopt;
  for (auto& [type, name] : NAMES)
    if (type == view.transport[0]) return name;
  return number(view.transport[0]);
}

Word icmpCodeName(const SummaryView& view) {
  static const char* const UNREACHABLE[] = {"net", "host", "protocol", "port", "needfrag", "srcroutefail"};
  static const char* const REDIRECT[] = {"net", "host", "tosnet", "toshost"};
  static const char* const TIME[] = {"transit", "reassembly"};
  if (!view.has(ICMP, 2)) return std::nullopt;
  auto type = view.transport[0], code = view.transport[1];
  if (type == 3 && code < 6) return UNREACHABLE[code];
  if (type == 5 && code < 4) return REDIRECT[code];
  if (type == 11 && code < 2) return TIME[code];
  return number(code);
}

Word nextMtu(const SummaryView& view) {
  bool isThere = view.has(ICMP, 8) && view.transport[0] == 3 && view.transport[1] == 4;
  return isThere ? number(word16(view.transport + 6)) : std::nullopt;
}

Word tcpFlags(const SummaryView& view) {
  if (!view.has(TCP, 14)) return std::nullopt;
  unsigned bits = view.transport[13] | (view.transport[12] & 1) << 8;
  std::string out;
  for (int i = 0; i < 9; ++i)
    if (bits & (1u << i)) out += TCP_FLAGS[i];
  return out.empty() ? "." : out;
}

Word tcpOffset(const SummaryView& view) {
  return view.has(TCP, 13) ? number((view.transport[12] >> 4) * 4) : std::nullopt;
}

// ---- what was noted of the packet

template <bool SOURCE> Word ether(const SummaryView& view) {
  auto at = view.packet.macHeader;
  auto begin = view.packet.data() - view.packet.headroom(), end = view.packet.data() + view.packet.length();
  if (at == nullptr || at < begin || end - at < 14) return std::nullopt;
  at += SOURCE ? 6 : 0;
  return format("%02X-%02X-%02X-%02X-%02X-%02X", at[0], at[1], at[2], at[3], at[4], at[5]);
}

Word direction(const SummaryView& view) {
  auto paint = view.packet.anno8(anno::PAINT);
  return paint == 0 ? ">" : paint == 1 ? "<" : std::to_string(paint);
}

Word nanoseconds(Nanoseconds time) {
  return format("%lld.%09lld", (long long)(time / SECOND), (long long)(time % SECOND));
}
Word microseconds(Nanoseconds time) {
  return format("%lld.%06lld", (long long)(time / SECOND), (long long)(time % SECOND / MICROSECOND));
}

using V = const SummaryView&;

const std::pair<const char*, SummaryField::Writer> FIELDS[] = {
    {"timestamp", [](V view) -> Word { return printSeconds(view.packet.timestamp); }},
    {"utimestamp", [](V view) { return microseconds(view.packet.timestamp); }},
    {"ntimestamp", [](V view) { return nanoseconds(view.packet.timestamp); }},
    {"first_timestamp", [](V view) -> Word { return printSeconds(firstTimestamp(view.packet)); }},
    {"ts_sec", [](V view) { return number(uint64_t(view.packet.timestamp / SECOND)); }},
    {"ts_usec", [](V view) { return number(uint64_t(view.packet.timestamp % SECOND / MICROSECOND)); }},
    {"ts_usec1", [](V view) { return number(uint64_t(view.packet.timestamp / MICROSECOND)); }},
    {"ip_src", ipAddress<12>},
    {"ip_dst", ipAddress<16>},
    {"ip_frag", fragment},
    {"ip_fragoff", fragmentOffset},
    {"ip_len", [](V view) { return view.ip ? number(view.ipLength) : number(view.packet.length() + view.extra); }},
    {"ip_proto", protocol},
    {"ip_hl", [](V view) { return view.ip ? number(view.headerLength) : std::nullopt; }},
    {"ip_id", ipWord<4>},
    {"ip_tos", ipByte<1>},
    {"ip_dscp", [](V view) { return view.ip ? number(view.ip[1] >> 2) : std::nullopt; }},
    {"ip_ecn", ecn},
    {"ip_ttl", ipByte<8>},
    {"ip_sum", ipWord<10>},
    {"ip_opt", ipOptions},
    {"ip_capture_len", [](V view) { return view.ip ? number(view.captured) : number(view.packet.length()); }},
    {"sport", port<0>},
    {"dport", port<2>},
    {"tcp_seq", inLong<TCP, 4>},
    {"tcp_ack", inLong<TCP, 8>},
    {"tcp_off", tcpOffset},
    {"tcp_flags", tcpFlags},
    {"tcp_window", inWord<TCP, 14>},
    {"tcp_sum", inWord<TCP, 16>},
    {"tcp_urp", inWord<TCP, 18>},
    {"tcp_opt", tcpOptions<ALL>},
    {"tcp_ntopt", tcpOptions<NOT_TIME>},
    {"tcp_sack", tcpOptions<SACK>},
    {"udp_len", inWord<UDP, 4>},
    {"udp_sum", inWord<UDP, 6>},
    {"icmp_type", icmpByte<0>},
    {"icmp_code", icmpByte<1>},
    {"icmp_type_name", icmpTypeName},
    {"icmp_code_name", icmpCodeName},
    {"icmp_sum", inWord<ICMP, 2>},
    {"icmp_flowid", icmpQuery<4>},
    {"icmp_seq", icmpQuery<6>},
    {"icmp_nextmtu", nextMtu},
    {"payload", [](V view) -> Word { return quote(view.payload(), true); }},
    {"payload_len", [](V view) { return number(view.payloadLength()); }},
    {"count", [](V view) { return number(uint64_t(view.packet.anno32(anno::EXTRA_PACKETS)) + 1); }},
    {"direction", direction},
    {"link", [](V view) { return number(view.packet.anno8(anno::PAINT)); }},
    {"paint", [](V view) { return number(view.packet.anno8(anno::PAINT)); }},
    {"aggregate", [](V view) { return number(view.packet.anno32(anno::AGGREGATE)); }},
    {"eth_src", ether<true>},
    {"eth_dst", ether<false>},
    {"wire_len", [](V view) { return number(uint64_t(view.packet.length()) + view.extra); }},
    {"-", [](V) -> Word { return std::nullopt; }},
};

const std::pair<const char*, const char*> OLDER_NAMES[] = {{"ts", "timestamp"},
                                                           {"sec", "ts_sec"},
                                                           {"usec", "ts_usec"},
                                                           {"usec1", "ts_usec1"},
                                                           {"src", "ip_src"},
                                                           {"dst", "ip_dst"},
                                                           {"frag", "ip_frag"},
                                                           {"fragoff", "ip_fragoff"},
                                                           {"len", "ip_len"},
                                                           {"length", "ip_len"},
                                                           {"proto", "ip_proto"},
                                                           {"ip_p", "ip_proto"},
                                                           {"id", "ip_id"},
                                                           {"ipid", "ip_id"},
                                                           {"ttl", "ip_ttl"},
                                                           {"tos", "ip_tos"},
                                                           {"tcp_win", "tcp_window"},
                                                           {"packets", "count"},
                                                           {"pkt_count", "count"},
                                                           {"packet_count", "count"},
                                                           {"payload_length", "payload_len"},
                                                           {"tcp_seqno", "tcp_seq"},
                                                           {"tcp_ackno", "tcp_ack"},
                                                           {"first_ts", "first_timestamp"},
                                                           {"agg", "aggregate"},
                                                           {"none", "-"},
                                                           {"cap_len", "ip_capture_len"},
                                                           {"capture_len", "ip_capture_len"}};

}  // namespace

const SummaryField* findSummaryField(const std::string& given) {
  auto name = toLower(given);
  std::replace(name.begin(), name.end(), ' ', '_');
  for (auto& [older, now] : OLDER_NAMES)
    if (name == older) name = now;
  static const auto ALL = []() {
    std::map<std::string, SummaryField> all;
    for (auto& [each, writer] : FIELDS) all[each] = {each, writer, summaryReader(each)};
    return all;
  }();
  auto found = ALL.find(name);
  return found == ALL.end() ? nullptr : &found->second;
}

}  // namespace xylem::click
