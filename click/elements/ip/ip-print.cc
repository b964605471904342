// What each protocol's line says is the business of the functions at the top; none reads behind what the packet has.

#include <click/elements/ip/icmp-names.h>
#include <click/elements/ip/ip-print.h>
#include <click/ip4.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace xylem::click {

const Kind IPPrint::KIND = kindOf<IPPrint>("IPPrint", "1/1", "a/a");

namespace {

struct Line {
  const uint8_t* ip;
  const uint8_t* transport;
  unsigned length;
  // Of what is there of the transport header and behind it.
  bool isFirst() const { return ip4::isFirstFragment(ip); }
  std::string src() const { return ip4::print(Ip4{get32(ip + ip4::SRC)}); }
  std::string dst() const { return ip4::print(Ip4{get32(ip + ip4::DST)}); }
  std::string pair() const { return src() + " > " + dst() + ": "; }
  std::string ports() const {
    return format("%s.%u > %s.%u: ", src().c_str(), get16(transport), dst().c_str(), get16(transport + 2));
  }
};

std::string tcp(const Line& line, unsigned packetLength) {
  if (!line.isFirst()) return line.pair() + "tcp";
  if (line.length < 4) return line.pair() + "truncated-tcp";
  auto out = line.ports();
  auto transport = line.transport;
  if (line.length < 14) return out + "truncated-tcp";
  constexpr uint8_t FIN = 1, SYN = 2, RST = 4, PUSH = 8, ACK = 16;
  auto flags = transport[13];
  auto length = ip4::length(line.ip);
  int count = int(length) - int(ip4::headerLength(line.ip)) - (transport[12] >> 4) * 4;
  count += ((flags & SYN) != 0) + ((flags & FIN) != 0);
  for (auto [bit, letter] : {std::pair(SYN, 'S'), std::pair(FIN, 'F'), std::pair(RST, 'R'), std::pair(PUSH, 'P')})
    if (flags & bit) out += letter;
  if ((flags & (SYN | FIN | RST | PUSH)) == 0) out += '.';
  auto sequence = get32(transport + 4);
  out += format(" %u:%u(%d,%u,%u)", sequence, sequence + uint32_t(count), count, packetLength, length);
  if (flags & ACK) out += format(" ack %u", get32(transport + 8));
  return out + (line.length < 16 ? "truncated-tcp" : format(" win %u", get16(transport + 14)));
}

std::string udp(const Line& line) {
  if (!line.isFirst()) return line.pair() + "udp";
  if (line.length < 4) return line.pair() + "truncated-udp";
  return line.ports() + (line.length < 8 ? "truncated-udp" : format("udp %u", get16(line.transport + 4)));
}

std::string protocolName(uint8_t protocol, bool hasPrefix) {
  switch (protocol) {
    case ip4::ICMP:
      return "icmp";
    case ip4::TCP:
      return "tcp";
    case ip4::UDP:
      return "udp";
    default:
      return (hasPrefix ? "protocol " : "") + std::to_string(protocol);
  }
}

std::string unreachable(const Line& line) {
  auto icmp = line.transport;
  auto name = icmp::codeName(icmp::UNREACHABLE, icmp[1]);
  auto code = name ? std::string(name) : "code " + std::to_string(icmp[1]);
  if (line.length < 8 + ip4::LEAST) return "icmp unreachable " + code + " truncated-icmp";
  auto inner = icmp + 8;
  auto out = "icmp " + ip4::print(Ip4{get32(inner + ip4::DST)}) + " unreachable " + code;
  constexpr uint8_t PROTOCOL = 2, PORT = 3;
  if (icmp[1] == PROTOCOL) out += " " + protocolName(inner[ip4::PROTOCOL], false);
  if (icmp[1] == PORT) {
    auto header = 8 + ip4::headerLength(inner);
    out += " " + protocolName(inner[ip4::PROTOCOL], true);
    out += line.length < header + 4 ? "truncated-icmp" : format("/%u", get16(icmp + header + 2));
  }
  if (icmp[1] == icmp::NEED_FRAGMENTATION && get16(icmp + 6) != 0) out += format(" (mtu %u)", get16(icmp + 6));
  return out;
}

std::string icmpLine(const Line& line, bool isSwapped) {
  auto icmp = line.transport;
  if (!line.isFirst()) return "icmp";
  if (line.length < 2) return "truncated-icmp";
  if (icmp[0] == icmp::ECHO || icmp[0] == icmp::ECHO_REPLY) {
    std::string out = icmp[0] == icmp::ECHO ? "icmp echo " : "icmp echo-reply ";
    if (line.length < 8) return out + "truncated-icmp";
    auto number = [&](int at) { return isSwapped ? get16(icmp + at) : __builtin_bswap16(get16(icmp + at)); };
    return out + format("(%u, %u)", number(4), number(6));
  }
  if (icmp[0] == icmp::UNREACHABLE) return unreachable(line);
  auto type = icmp::typeName(icmp[0]);
  auto code = icmp::codeName(icmp[0], icmp[1]);
  return "icmp " + (type ? std::string(type) : "type " + std::to_string(icmp[0])) +
         (code      ? std::string(" ") + code
          : icmp[1] ? " code " + std::to_string(icmp[1])
                    : "");
}

}  // namespace

void IPPrint::configure(Args& args) {
  std::string whole = "no", payload = "no";
  args.positional("LABEL", label)
      .keyword("CONTENTS", whole, as::word)
      .keyword("PAYLOAD", payload, as::word)
      .keyword("MAXLENGTH", most);
  if (args.has("NBYTES")) args.keyword("NBYTES", most);
  args.keyword("ID", hasId)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("PAINT", hasPaint)
      .keyword("TOS", hasTos)
      .keyword("TTL", hasTtl)
      .keyword("SWAP", isSwapped)
      .keyword("LENGTH", hasLength)
      .keyword("AGGREGATE", hasAggregate)
      .keyword("ACTIVE", isActive)
      .keyword("OUTFILE", file);
  if (!args.complete()) return;
  auto kind = [&](const std::string& word) -> std::optional<Dump> {
    auto name = toLower(word);
    if (name == "no" || name == "false" || name == "0" || name == "none") return NONE;
    if (name == "yes" || name == "true" || name == "1" || name == "hex") return HEX;
    if (name == "ascii") return ASCII;
    return std::nullopt;
  };
  auto a = kind(whole), b = kind(payload);
  if (!a) return args.error("bad contents value " + quoted(whole) + "; should be 'NONE', 'HEX', or 'ASCII'");
  if (!b) return args.error("bad payload value " + quoted(payload) + "; should be 'false', 'hex', or 'ascii'");
  if (*a != NONE && *b != NONE) return args.error("specify at most one of PAYLOAD and CONTENTS");
  isPayload = *b != NONE;
  contents = isPayload ? *b : *a;
}

void IPPrint::initialize(Errors& errors) {
  if (file.empty()) return;
  out = fopen(file.c_str(), "wbe");
  if (out == nullptr) errors.error(file + ": " + strerror(errno));
}

void IPPrint::cleanup() {
  if (out != nullptr) fclose(out);
  out = nullptr;
}

std::string IPPrint::head(const Packet& packet, const uint8_t* ip) const {
  std::string line = label.empty() ? "" : label + ": ";
  if (hasTimestamp) line += printSeconds(packet.timestamp) + ": ";
  if (hasAggregate) line += "#" + std::to_string(packet.anno32(anno::AGGREGATE));
  if (hasPaint) line += (hasAggregate ? "." : "paint ") + std::to_string(packet.anno8(anno::PAINT));
  if (hasAggregate || hasPaint) line += ": ";
  if (ip == nullptr) return line;
  if (hasId) line += format("id %u ", get16(ip + ip4::ID));
  if (hasTtl) line += format("ttl %u ", ip[ip4::TTL]);
  if (hasTos) line += format("tos %u ", ip[ip4::TOS]);
  if (hasLength) line += format("length %u ", ip4::length(ip));
  return line;
}

std::string IPPrint::dump(const Packet& packet, const uint8_t* ip, unsigned transportLength) const {
  auto end = packet.data() + packet.length();
  auto begin = packet.data();
  if (isPayload) {
    begin = ip + ip4::headerLength(ip);
    auto protocol = ip4::isFirstFragment(ip) ? ip[ip4::PROTOCOL] : 0;
    if (protocol == ip4::TCP && transportLength > 12) begin += std::min<ptrdiff_t>((begin[12] >> 4) * 4, end - begin);
    if (protocol == ip4::UDP) begin += std::min<ptrdiff_t>(8, end - begin);
  }
  auto count = size_t(end - begin);
  if (most >= 0) count = std::min(count, size_t(most));
  std::string text;
  size_t perLine = contents == HEX ? 24 : 48, perGroup = contents == HEX ? 4 : 8;
  for (size_t i = 0; i < count; ++i) {
    text += i % perLine == 0 ? "\n  " : i % perGroup == 0 ? " " : "";
    auto byte = begin[i];
    if (contents == HEX)
      text += format("%02x", byte);
    else
      text += byte < 32 || byte > 126 ? '.' : char(byte);
  }
  return text;
}

int IPPrint::step(Packet& packet) {
  if (!isActive || packet.networkHeader == nullptr) return 0;
  auto ip = Ip4View::of(packet);
  auto text = head(packet, ip);
  if (!ip) {
    text += "truncated-ip";
  } else {
    Line line{ip, ip.payload(), ip.payloadLength()};
    switch (ip[ip4::PROTOCOL]) {
      case ip4::TCP:
        text += tcp(line, packet.length());
        break;
      case ip4::UDP:
        text += udp(line);
        break;
      case ip4::ICMP:
        text += line.pair() + icmpLine(line, isSwapped);
        break;
      default:
        text += line.pair() + "ip-proto-" + std::to_string(ip[ip4::PROTOCOL]);
    }
    if (ip.isFragment()) {
      auto fragment = get16(ip + ip4::FRAGMENT);
      text += format(" (frag %u:%d@%u%s)", get16(ip + ip4::ID), int(ip.totalLength()) - int(ip.headerLength()),
                     (fragment & ip4::OFFSET_MASK) * 8u, fragment & ip4::MORE_FRAGMENTS ? "+" : "");
    }
    if (contents != NONE) text += dump(packet, ip, line.length);
  }
  if (out != nullptr)
    fprintf(out, "%s\n", text.c_str());
  else
    chatter(text);
  return 0;
}

}  // namespace xylem::click
