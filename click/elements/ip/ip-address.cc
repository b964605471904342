// Offsets and annotations are checked when the element is configured, and against each packet's own length.

#include <click/elements/ip/ip-address.h>
#include <click/ip4.h>

namespace xylem::click {

const Kind GetIPAddress::KIND = kindOf<GetIPAddress>("GetIPAddress", "1/1", "a/a");
const Kind SetIPAddress::KIND = kindOf<SetIPAddress>("SetIPAddress", "1/1", "a/a");
const Kind StoreIPAddress::KIND = kindOf<StoreIPAddress>("StoreIPAddress", "1/1", "a/a");

namespace {

bool side(const std::string& word, uint32_t& offset) {
  if (word == "src") offset = ip4::SRC;
  if (word == "dst") offset = ip4::DST;
  return word == "src" || word == "dst";
}

void checkAnno(Args& args, unsigned anno) {
  if (args.ok() && anno + 4 > anno::SIZE) args.error("ANNO: annotation too small");
}

}  // namespace

void GetIPAddress::configure(Args& args) {
  std::optional<uint32_t> given;
  std::string word;
  args.positional("OFFSET", given).positional("ANNO", anno, as::annotation).keyword("IP", word, as::word);
  if (!args.complete()) return;
  checkAnno(args, anno);
  isInHeader = !word.empty();
  if (isInHeader && !side(word, offset)) args.error("IP: expected 'src' or 'dst'");
  if (isInHeader == given.has_value()) args.error("specify one of OFFSET and IP");
  if (given) offset = *given;
}

int GetIPAddress::step(Packet& packet) {
  uint8_t* at = nullptr;
  if (isInHeader) {
    auto ip = Ip4View::of(packet);
    if (ip) at = ip + offset;
  } else if (packet.length() >= 4 && offset <= packet.length() - 4) {
    at = packet.data() + offset;
  }
  if (at != nullptr) memcpy(packet.annotations() + anno, at, 4);
  return 0;
}

void SetIPAddress::configure(Args& args) {
  args.mandatory("IPADDR", address).positional("ANNO", anno, as::annotation).complete();
  checkAnno(args, anno);
}

void SetIPAddress::addHandlers(Handlers& handlers) {
  handlers.read("addr", [this]() { return ip4::print(address); });
  handlers.write("addr", [this](const std::string& text, Errors& errors) {
    if (!read(trim(text), address, Reading{this, errors})) errors.error("syntax error");
  });
}

int SetIPAddress::step(Packet& packet) {
  packet.setAnno32(anno, __builtin_bswap32(address.bits));
  return 0;
}

void StoreIPAddress::configure(Args& args) {
  std::string word;
  if (args.size() > 1) args.mandatory("IPADDR", address);
  if (!args.mandatory("OFFSET", word, as::word).complete()) return;
  isInHeader = side(word, offset);
  Prefixed errors(args.errors, "OFFSET: ");
  if (!isInHeader) read(word, offset, Reading{this, errors});
}

int StoreIPAddress::storeInHeader(Packet& packet, uint32_t now) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  auto header = ip.headerLength();
  auto protocol = ip[ip4::PROTOCOL];
  uint8_t* sum = nullptr;
  unsigned at = protocol == ip4::TCP ? 16 : 6;
  bool hasSum = ip.isFirst() && (protocol == ip4::TCP || protocol == ip4::UDP);
  if (hasSum && ip.payloadLength() >= at + 2) sum = ip + header + at;
  // A UDP checksum of 0 is none.
  if (sum != nullptr && protocol == ip4::UDP && get16(sum) == 0) sum = nullptr;
  for (unsigned i = 0; i < 4; i += 2) {
    auto before = get16(ip + offset + i), after = uint16_t(now >> (16 - 8 * i));
    updateChecksum(ip + ip4::CHECKSUM, before, after);
    if (sum != nullptr) updateChecksum(sum, before, after);
  }
  put32(ip + offset, now);
  return 0;
}

int StoreIPAddress::step(Packet& packet) {
  auto now = address ? address->bits : packet.dstIp();
  if (isInHeader) return storeInHeader(packet, now);
  if (packet.length() < 4 || offset > packet.length() - 4) return DROP;
  put32(packet.data() + offset, now);
  return 0;
}

}  // namespace xylem::click
