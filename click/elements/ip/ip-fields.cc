// Each changes a word or two, and the checksum by the difference (RFC 1624): one that was wrong stays wrong.

#include <click/elements/ip/formats.h>
#include <click/elements/ip/ip-fields.h>
#include <click/ip4.h>

namespace xylem::click {

const Kind DecIPTTL::KIND = kindOf<DecIPTTL>("DecIPTTL", "1/1-2", "a/ah");
const Kind FixIPSrc::KIND = kindOf<FixIPSrc>("FixIPSrc", "1/1", "a/a");
const Kind SetIPChecksum::KIND = kindOf<SetIPChecksum>("SetIPChecksum", "1/1", "a/a");
const Kind SetIPDSCP::KIND = kindOf<SetIPDSCP>("SetIPDSCP", "1/1", "a/a");
const Kind SetIPECN::KIND = kindOf<SetIPECN>("SetIPECN", "1/1", "a/a");
const Kind MarkIPCE::KIND = kindOf<MarkIPCE>("MarkIPCE", "1/1-2", "a/ah");
const Kind DropBroadcasts::KIND = kindOf<DropBroadcasts>("DropBroadcasts", "1/1-2", "a/ah");

namespace {

void setTos(uint8_t* ip, uint8_t tos) {
  auto before = get16(ip);
  ip[ip4::TOS] = tos;
  updateChecksum(ip + ip4::CHECKSUM, before, get16(ip));
}

}  // namespace

int DecIPTTL::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  if (!isActive || (!hasMulticast && ip[ip4::DST] >> 4 == 0xe)) return 0;
  if (ip[ip4::TTL] <= 1) {
    ++drops;
    return 1;
  }
  auto before = get16(ip + ip4::TTL);
  --ip[ip4::TTL];
  updateChecksum(ip + ip4::CHECKSUM, before, get16(ip + ip4::TTL));
  return 0;
}

void DecIPTTL::addHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  handlers.dataRw("active", isActive);
}

int FixIPSrc::step(Packet& packet) {
  if (packet.anno8(anno::FIX_IP_SRC) == 0) return 0;
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  packet.setAnno8(anno::FIX_IP_SRC, 0);
  put32(ip + ip4::SRC, address.bits);
  ip4::setChecksum(ip);
  return 0;
}

void FixIPSrc::addHandlers(Handlers& handlers) {
  handlers.read("src", [this]() { return ip4::print(address); });
  handlers.write("src", [this](const std::string& text, Errors& errors) {
    if (!read(trim(text), address, Reading{this, errors})) errors.error("syntax error");
  });
}

int SetIPChecksum::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  ip4::setChecksum(ip);
  return 0;
}

void SetIPDSCP::configure(Args& args) {
  uint32_t given = 0;
  if (!args.mandatory("DSCP", given).complete()) return;
  if (given > 0x3f) return args.error("diffserv code point out of range");
  dscp = given;
}

void SetIPDSCP::addHandlers(Handlers& handlers) {
  handlers.data("dscp", dscp);
  handlers.write("dscp", [this](const std::string& text, Errors& errors) {
    uint32_t now;
    if (!read(trim(text), now, Reading{this, errors})) return;
    if (now > 0x3f) return errors.error("diffserv code point out of range");
    dscp = now;
  });
}

int SetIPDSCP::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  setTos(ip, uint8_t((ip[ip4::TOS] & 3) | dscp << 2));
  return 0;
}

void SetIPECN::configure(Args& args) { args.mandatory("ECN", ecn, as::ecn).complete(); }

int SetIPECN::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  setTos(ip, uint8_t((ip[ip4::TOS] & ~3) | ecn));
  return 0;
}

int MarkIPCE::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip || ((ip[ip4::TOS] & 3) == 0 && !isForced)) {
    ++drops;
    return 1;
  }
  setTos(ip, ip[ip4::TOS] | 3);
  return 0;
}

}  // namespace xylem::click
