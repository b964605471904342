// A GRE header is four bytes of flags and protocol, then what the flags say: checksum, key, number, four bytes each.
//
// The bits that RFC 1701 used for routing must be zero, or the packet is not for us (RFC 2784 section 2.3); the lower
// reserved ones are ignored.

#include <click/elements/tunnel/gre.h>

namespace xylem::click {

const Kind GREEncap::KIND = kindOf<GREEncap>("GREEncap", "1/1", "a/a");
const Kind EtherGRE::KIND = kindOf<EtherGRE>("EtherGRE", "1/1", "a/a");
const Kind StripGRE::KIND = kindOf<StripGRE>("StripGRE", "1/1-2", "a/ah");
const Kind StripEtherGRE::KIND = kindOf<StripEtherGRE>("StripEtherGRE", "1/1-2", "a/ah");

namespace {

constexpr uint16_t CHECKSUM = 0x8000, KEY = 0x2000, SEQUENCE = 0x1000, UNKNOWN = 0x4c07;
constexpr uint16_t IP4 = 0x0800, IP6 = 0x86dd, ETHERNET = 0x6558;
constexpr unsigned LONGEST = 0xffff;

std::string keyText(const std::optional<uint32_t>& key) { return key ? std::to_string(*key) : ""; }

}  // namespace

EtherGRE::EtherGRE() { protocol = ETHERNET; }

StripEtherGRE::StripEtherGRE() { protocol = ETHERNET; }

void GREEncap::configure(Args& args) {
  std::string to;
  args.mandatory("SRC", ip.source).mandatory("DST", to, readDestination);
  args.keyword("KEY", key).keyword("CHECKSUM", hasChecksum).keyword("SEQUENCE", hasSequence);
  if (&kind() == &KIND) args.keyword("PROTOCOL", protocol);
  if (ip.readOptions(args).complete()) setDestination(ip, to, *this, args.errors);
}

void GREEncap::addHandlers(Handlers& handlers) {
  ip.addHandlers(handlers, *this);
  handlers.read(
      "key", [this]() { return keyText(key); }, Handler::CALM);
  addSetting(handlers, *this, "key", key);
}

PacketPtr GREEncap::change(PacketPtr packet) {
  uint16_t carried = protocol.value_or(packet->length() > 0 && packet->data()[0] >> 4 == 6 ? IP6 : IP4);
  unsigned header = 4u + 4 * (unsigned(hasChecksum) + unsigned(key.has_value()) + unsigned(hasSequence));
  if (packet->length() > LONGEST - header - OuterIp::LENGTH) return nullptr;
  packet->push(header);
  auto at = packet->data();
  put16(at, uint16_t((hasChecksum ? CHECKSUM : 0) | (key ? KEY : 0) | (hasSequence ? SEQUENCE : 0)));
  put16(at + 2, carried);
  auto next = at + 4;
  auto add = [&next](uint32_t value) {
    put32(next, value);
    next += 4;
  };
  if (hasChecksum) add(0);
  if (key) add(*key);
  if (hasSequence) add(sequence++);
  if (hasChecksum) put16(at + 4, internetChecksum(at, packet->length()));
  packet->push(OuterIp::LENGTH);
  ip.write(*packet, ip4::GRE);
  return packet;
}

void StripGRE::configure(Args& args) {
  args.keyword("KEY", key).keyword("SEQUENCE", hasSequence);
  if (&kind() == &KIND) args.keyword("PROTOCOL", protocol);
  args.complete();
}

void StripGRE::addHandlers(Handlers& handlers) {
  drops.addHandlers(handlers);
  handlers.read(
      "key", [this]() { return keyText(key); }, Handler::CALM);
  addSetting(handlers, *this, "key", key);
}

std::optional<StripGRE::Reason> StripGRE::parse(Ip4View ip, Header& header) const {
  if (ip.protocol() != ip4::GRE) return NOT_GRE;
  if (ip.isFragment()) return FRAGMENT;
  auto at = ip.payload();
  auto length = ip.payloadLength();
  if (length < 4 || ip.length() < ip.totalLength()) return TRUNCATED;
  auto flags = get16(at);
  if (flags & UNKNOWN) return BAD_FLAGS;
  header.protocol = get16(at + 2);
  header.length = 4;
  for (auto flag : {CHECKSUM, KEY, SEQUENCE}) {
    if (!(flags & flag)) continue;
    if (length < header.length + 4) return TRUNCATED;
    auto value = get32(at + header.length);
    if (flag == CHECKSUM && internetChecksum(at, length) != 0) return BAD_CHECKSUM;
    if (flag == KEY) header.key = value;
    if (flag == SEQUENCE) header.sequence = value;
    header.length += 4;
  }
  return std::nullopt;
}

std::optional<StripGRE::Reason> StripGRE::check(const Header& header) const {
  if (key && header.key != key) return WRONG_KEY;
  if (protocol && header.protocol != *protocol) return WRONG_PROTOCOL;
  if (!hasSequence) return std::nullopt;
  // Numbers wrap around.
  if (!header.sequence || (last && int32_t(*header.sequence - *last) <= 0)) return OLD_NUMBER;
  return std::nullopt;
}

int StripGRE::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return refuse(NOT_GRE);
  Header header{};
  if (auto reason = parse(ip, header)) return refuse(*reason);
  if (auto reason = check(header)) return refuse(*reason);
  if (hasSequence) last = header.sequence;
  stripTo(packet, ip.payload() + header.length, ip.payloadLength() - header.length, header.protocol);
  return 0;
}

int StripGRE::refuse(Reason reason) {
  drops.add(reason);
  return 1;
}

}  // namespace xylem::click
