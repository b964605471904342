// How a text becomes a value: the formats of args.h.

#include <click/args.h>
#include <click/names.h>
#include <click/router.h>
#include <netdb.h>

#include <cctype>
#include <cmath>
#include <limits>

namespace xylem::click {

namespace {

std::optional<std::string> named(const Reading& reading, Names::Type type, const std::string& text) {
  if (reading.element == nullptr) return std::nullopt;
  return reading.element->router().names.find(type, scopeOf(reading.element->name()), text);
}

std::optional<std::string> alias(const Reading& reading, const std::string& text, const char* suffix,
                                 Names::Type type) {
  // `name:ip` is the address that AddressInfo knows as `name`.
  auto tail = std::string(":") + suffix;
  bool ended = text.size() > tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
  return named(reading, type, ended ? text.substr(0, text.size() - tail.size()) : text);
}

template <typename T> bool integer(const std::string& text, T& out, const Reading& reading) {
  __int128 value;
  if (!parseInteger(text, value)) {
    reading.errors.error("invalid number");
    return false;
  }
  using Limits = std::numeric_limits<T>;
  if (value < Limits::min() || value > Limits::max()) {
    auto bound = value < 0 ? std::to_string(Limits::min()) : std::to_string(Limits::max());
    reading.errors.error("out of range, bound " + bound);
    return false;
  }
  out = T(value);
  return true;
}

bool dotted(const std::string& text, uint32_t& bits, int& bytes) {
  // One to four bytes of an IPv4 address.
  bits = 0;
  bytes = 0;
  for (size_t i = 0; i < text.size();) {
    unsigned value = 0;
    size_t begin = i;
    while (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) && i < begin + 3)
      value = value * 10 + unsigned(text[i++] - '0');
    if (i == begin || value > 255 || bytes == 4) return false;
    bits |= value << (24 - 8 * bytes++);
    if (i == text.size()) return true;
    if (text[i++] != '.') return false;
  }
  return false;
}

struct Unit {
  const char* name;
  double factor;
};

bool withUnit(const std::string& text, std::span<const Unit> units, double& value, const Unit*& unit) {
  size_t end = text.size();
  while (end > 0 && (std::isalpha(static_cast<unsigned char>(text[end - 1])) || text[end - 1] == '/')) --end;
  unit = nullptr;
  // "1e3" is a number.
  if (end > 0 && end < text.size() && parseReal(text, value)) return true;
  auto name = text.substr(end);
  for (auto& each : units)
    if (name == each.name) unit = &each;
  return (name.empty() || unit != nullptr) && parseReal(trim(text.substr(0, end)), value);
}

bool seconds(const std::string& text, Nanoseconds& out, double plain) {
  static const Unit UNITS[] = {{"ns", 1},     {"nsec", 1},    {"us", 1e3},      {"usec", 1e3},  {"ms", 1e6},
                               {"msec", 1e6}, {"s", 1e9},     {"sec", 1e9},     {"m", 60e9},    {"min", 60e9},
                               {"h", 3600e9}, {"hr", 3600e9}, {"hour", 3600e9}, {"d", 86400e9}, {"day", 86400e9}};
  double value;
  const Unit* unit;
  if (!withUnit(text, UNITS, value, unit) || value < 0) return false;
  out = Nanoseconds(std::llround(value * (unit ? unit->factor : plain)));
  return true;
}

bool service(const std::string& text, const char* protocol, uint16_t& out, const Reading& reading) {
  auto type = protocol[0] == 't' ? Names::TCP_PORT : Names::UDP_PORT;
  if (auto known = named(reading, type, text)) return integer(*known, out, reading);
  __int128 value;
  if (parseInteger(text, value)) return integer(text, out, reading);
  auto entry = getservbyname(text.c_str(), protocol);
  if (entry == nullptr) return false;
  out = ntohs(uint16_t(entry->s_port));
  return true;
}

}  // namespace

bool parseInteger(const std::string& text, __int128& out) {
  size_t i = 0;
  bool negative = false;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  int base = 10;
  if (i + 1 < text.size() && text[i] == '0') {
    bool isHex = text[i + 1] == 'x' || text[i + 1] == 'X';
    base = isHex ? 16 : 8;
    i += isHex ? 2 : 1;
  }
  if (i == text.size()) return false;
  out = 0;
  for (; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    int digit = std::isdigit(c) ? c - '0' : std::isalpha(c) ? (c | 0x20) - 'a' + 10 : 99;
    if (digit >= base) return false;
    if (out < (__int128(1) << 100)) out = out * base + digit;
  }
  if (negative) out = -out;
  return true;
}

bool parseReal(const std::string& text, double& out) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0]))) return false;
  char* end;
  out = strtod(text.c_str(), &end);
  return *end == '\0' && std::isfinite(out);
}

std::string print(bool value) { return value ? "true" : "false"; }

std::string print(double value) {
  auto out = format("%.15g", value);
  return out;
}

bool read(const std::string& text, std::string& out, const Reading&) {
  out = unquote(text);
  return true;
}

bool read(const std::string& text, bool& out, const Reading&) {
  for (auto word : {"1", "true", "yes", "t", "y"})
    if (text == word) return out = true;
  for (auto word : {"0", "false", "no", "f", "n"})
    if (text == word) return !(out = false);
  return false;
}

bool read(const std::string& text, int32_t& out, const Reading& reading) { return integer(text, out, reading); }
bool read(const std::string& text, uint32_t& out, const Reading& reading) { return integer(text, out, reading); }
bool read(const std::string& text, int64_t& out, const Reading& reading) { return integer(text, out, reading); }
bool read(const std::string& text, uint64_t& out, const Reading& reading) { return integer(text, out, reading); }
bool read(const std::string& text, uint16_t& out, const Reading& reading) { return integer(text, out, reading); }
bool read(const std::string& text, uint8_t& out, const Reading& reading) { return integer(text, out, reading); }

bool read(const std::string& text, double& out, const Reading& reading) {
  if (!parseReal(text, out)) reading.errors.error("invalid number");
  return true;
}

bool read(const std::string& text, Ip4& out, const Reading& reading) {
  int bytes;
  if (dotted(text, out.bits, bytes) && bytes == 4) return true;
  auto known = alias(reading, text, "ip", Names::IP);
  if (!known) {
    // `name:bcast` is the broadcast address of the network of that name.
    if (auto net =
            text.ends_with(":bcast") ? named(reading, Names::IP_NET, text.substr(0, text.size() - 6)) : std::nullopt) {
      Ip4Net prefix;
      if (!read(*net, prefix, reading)) return false;
      out = prefix.last();
      return true;
    }
    return false;
  }
  return dotted(*known, out.bits, bytes);
}

bool read(const std::string& text, Ip4Mask& out, const Reading& reading) {
  if (auto known = alias(reading, text, "ipnet", Names::IP_NET)) return read(*known, out, reading);
  auto slash = text.find('/');
  auto address = text.substr(0, slash);
  int bytes;
  if (!dotted(address, out.address.bits, bytes)) {
    if (!read(address, out.address, reading)) return false;
    bytes = 4;
  }
  if (slash == std::string::npos) {
    out.mask = Ip4::mask(32);
    return bytes == 4;
  }
  auto after = text.substr(slash + 1);
  __int128 length;
  int maskBytes;
  if (after.find('.') == std::string::npos && parseInteger(after, length)) {
    if (length < 0 || length > 32 || length > 8 * bytes) return false;
    out.mask = Ip4::mask(unsigned(length));
  } else if (bytes != 4 || !dotted(after, out.mask.bits, maskBytes) || maskBytes != 4) {
    return false;
  }
  out.address = out.address & out.mask;
  return true;
}

bool read(const std::string& text, Ip4Net& out, const Reading& reading) {
  Ip4Mask masked;
  if (!read(text, masked, reading)) return false;
  KJ_IF_MAYBE (length, masked.mask.maskLength()) {
    out = Ip4Net(masked.address, *length);
    return true;
  }
  return false;
}

bool read(const std::string& text, Ip6& out, const Reading& reading) {
  auto known = alias(reading, text, "ip6", Names::IP6);
  KJ_IF_MAYBE (parsed, Ip6::parse((known ? *known : text).c_str())) {
    out = *parsed;
    return true;
  }
  return false;
}

bool read(const std::string& text, Ip6Net& out, const Reading& reading) {
  if (auto known = alias(reading, text, "ip6net", Names::IP6_NET)) return read(*known, out, reading);
  auto slash = text.find('/');
  Ip6 address;
  if (!read(text.substr(0, slash), address, reading)) return false;
  __int128 length = 128;
  if (slash != std::string::npos && (!parseInteger(text.substr(slash + 1), length) || length < 0 || length > 128))
    return false;
  out = Ip6Net(address, unsigned(length));
  return true;
}

bool read(const std::string& text, Mac& out, const Reading& reading) {
  auto known = alias(reading, text, "eth", Names::ETHER);
  auto& given = known ? *known : text;
  out.bits = 0;
  size_t i = 0;
  for (int byte = 0; byte < 6; ++byte) {
    if (byte > 0 && (i >= given.size() || (given[i] != ':' && given[i] != '-'))) return false;
    i += byte > 0;
    unsigned value = 0, digits = 0;
    for (; i < given.size() && std::isxdigit(static_cast<unsigned char>(given[i])) && digits < 2; ++i, ++digits)
      value = value << 4 | unsigned(std::isdigit(static_cast<unsigned char>(given[i])) ? given[i] - '0'
                                                                                       : (given[i] | 0x20) - 'a' + 10);
    if (digits == 0) return false;
    out.bits = out.bits << 8 | value;
  }
  return i == given.size();
}

bool read(const std::string& text, Element*& out, const Reading& reading) {
  auto name = unquote(text);
  out = reading.element ? reading.element->router().find(name, reading.element) : nullptr;
  if (out == nullptr) reading.errors.error("no element named " + quoted(name));
  return true;
}

bool read(const std::string& text, HandlerRef& out, const Reading& reading) {
  if (reading.element == nullptr) return false;
  reading.element->router().resolve(unquote(text), out, reading.element, reading.errors);
  return true;
}

namespace as {

bool word(const std::string& text, std::string& out, const Reading&) {
  out = unquote(text);
  return isWord(out);
}

bool raw(const std::string& text, std::string& out, const Reading&) {
  out = text;
  return true;
}

bool time(const std::string& text, Nanoseconds& out, const Reading&) { return seconds(text, out, 1e9); }

bool milliseconds(const std::string& text, Nanoseconds& out, const Reading&) { return seconds(text, out, 1e6); }

bool bandwidth(const std::string& text, uint64_t& out, const Reading& reading) {
  static const Unit UNITS[] = {{"bps", 0.125},  {"b/s", 0.125},  {"kbps", 125},   {"kb/s", 125},   {"Kbps", 125},
                               {"Mbps", 125e3}, {"Mb/s", 125e3}, {"Gbps", 125e6}, {"Gb/s", 125e6}, {"baud", 0.125},
                               {"Bps", 1},      {"B/s", 1},      {"kBps", 1e3},   {"kB/s", 1e3},   {"KBps", 1e3},
                               {"MBps", 1e6},   {"MB/s", 1e6},   {"GBps", 1e9},   {"GB/s", 1e9}};
  double value;
  const Unit* unit;
  if (!withUnit(text, UNITS, value, unit) || value < 0) return false;
  if (unit == nullptr) reading.errors.warning("no units on bandwidth " + quoted(text) + ", assuming Bps");
  out = uint64_t(std::llround(value * (unit ? unit->factor : 1)));
  return true;
}

bool fraction(const std::string& text, double& out, const Reading& reading) {
  bool percent = !text.empty() && text.back() == '%';
  if (!parseReal(percent ? trim(text.substr(0, text.size() - 1)) : text, out)) {
    reading.errors.error("invalid number");
    return false;
  }
  if (percent) out /= 100;
  if (out < 0 || out > 1) reading.errors.error("out of range, bound " + std::string(out < 0 ? "0" : "1"));
  return true;
}

bool tcpPort(const std::string& text, uint16_t& out, const Reading& reading) {
  return service(text, "tcp", out, reading);
}
bool udpPort(const std::string& text, uint16_t& out, const Reading& reading) {
  return service(text, "udp", out, reading);
}

bool ipProtocol(const std::string& text, uint8_t& out, const Reading& reading) {
  __int128 value;
  if (parseInteger(text, value)) return integer(text, out, reading);
  static const std::pair<const char*, uint8_t> KNOWN[] = {
      {"icmp", 1}, {"igmp", 2},   {"ipip", 4},  {"tcp", 6},    {"udp", 17},  {"gre", 47},  {"esp", 50},
      {"ah", 51},  {"icmp6", 58}, {"ospf", 89}, {"sctp", 132}, {"dccp", 33}, {"ipv6", 41}, {"tcpudp", 0}};
  for (auto& [name, number] : KNOWN)
    if (text == name) {
      out = number;
      return number != 0;
    }
  auto entry = getprotobyname(text.c_str());
  if (entry != nullptr) out = uint8_t(entry->p_proto);
  return entry != nullptr;
}

bool hex(const std::string& text, uint32_t& out, const Reading& reading) {
  return integer(text.starts_with("0x") || text.starts_with("0X") ? text : "0x" + text, out, reading);
}

bool annotation(const std::string& text, unsigned& out, const Reading&) {
  static const std::pair<const char*, unsigned> KNOWN[] = {
      {"DST_IP", anno::DST_IP},
      {"DST_IP6", anno::DST_IP6},
      {"PAINT", anno::PAINT},
      {"ICMP_PARAMPROB", anno::ICMP_PARAMPROB},
      {"FIX_IP_SRC", anno::FIX_IP_SRC},
      {"VLAN", anno::VLAN_TCI},
      {"VLAN_TCI", anno::VLAN_TCI},
      {"AGGREGATE", anno::AGGREGATE},
      {"FWD_RATE", anno::FWD_RATE},
      {"MISC_IP", anno::MISC_IP},
      {"EXTRA_PACKETS", anno::EXTRA_PACKETS},
      {"REV_RATE", anno::REV_RATE},
      {"EXTRA_LENGTH", anno::EXTRA_LENGTH},
      {"IPREASSEMBLER", anno::IPREASSEMBLER},
      {"FIRST_TIMESTAMP", anno::FIRST_TIMESTAMP},
      {"PACKET_NUMBER", anno::PACKET_NUMBER},
      {"IPSEC_SPI", anno::IPSEC_SPI},
      {"SEQUENCE_NUMBER", anno::SEQUENCE_NUMBER},
      {"PERFCTR", anno::PERFCTR},
  };
  for (auto& [name, offset] : KNOWN)
    if (text == name) {
      out = offset;
      return true;
    }
  __int128 value;
  if (!parseInteger(text, value) || value < 0 || value >= anno::SIZE) return false;
  out = unsigned(value);
  return true;
}

}  // namespace as
}  // namespace xylem::click
