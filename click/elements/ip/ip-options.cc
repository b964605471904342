// RFC 791 section 3.1. Pointers in options count from 1, and from the option's first byte.

#include <click/elements/ip/formats.h>
#include <click/elements/ip/ip-options.h>
#include <click/ip4.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind IPGWOptions::KIND = kindOf<IPGWOptions>("IPGWOptions", "1/1-2", "a/ah");

namespace {

constexpr uint8_t END = 0, NOTHING = 1, RECORD_ROUTE = 7, TIMESTAMP = 68;
constexpr int AT_LENGTH = 1, AT_POINTER = 2, AT_FLAGS = 3;

}  // namespace

void IPGWOptions::configure(Args& args) {
  others.clear();
  args.mandatory("MYADDR", own).positional("OTHERADDRS", others, as::addresses).complete();
  others.push_back(own);
}

int IPGWOptions::recordRoute(uint8_t* option, unsigned length) const {
  if (length < 3) return AT_LENGTH;
  if (option[AT_POINTER] < 4) return AT_POINTER;
  unsigned at = option[AT_POINTER] - 1u;
  if (at + 4 <= length) {
    put32(option + at, own.bits);
    option[AT_POINTER] += 4;
    return 0;
  }
  return at == length ? 0 : AT_POINTER;
}

int IPGWOptions::timestamp(uint8_t* option, unsigned length) const {
  constexpr unsigned ONLY_TIMES = 0, WITH_ADDRESSES = 1, FOR_ADDRESSES = 3;
  if (length < 4) return AT_LENGTH;
  if (option[AT_POINTER] < 5) return AT_POINTER;
  unsigned at = option[AT_POINTER] - 1u;
  unsigned overflow = option[AT_FLAGS] >> 4, flag = option[AT_FLAGS] & 15;
  auto today = uint32_t(router().scheduler.clock.now() / MILLISECOND % (86400 * 1000));
  if (flag == FOR_ADDRESSES) {
    if (at + 8 > length) return AT_FLAGS;
    if (std::ranges::find(others, Ip4{get32(option + at)}) == others.end()) return 0;
    put32(option + at + 4, today);
    option[AT_POINTER] += 8;
    return 0;
  }
  if (flag != ONLY_TIMES && flag != WITH_ADDRESSES) return AT_FLAGS;
  unsigned size = flag == ONLY_TIMES ? 4 : 8;
  if (at + size <= length) {
    if (flag == WITH_ADDRESSES) put32(option + at, own.bits);
    put32(option + at + size - 4, today);
    option[AT_POINTER] = uint8_t(option[AT_POINTER] + size);
    return 0;
  }
  if (overflow == 15) return AT_FLAGS;
  option[AT_FLAGS] = uint8_t((overflow + 1) << 4 | flag);
  return 0;
}

int IPGWOptions::process(uint8_t* ip, unsigned header) {
  bool isChanged = false;
  for (unsigned at = ip4::LEAST; at < header && ip[at] != END;) {
    if (ip[at] == NOTHING) {
      ++at;
      continue;
    }
    unsigned length = at + 1 < header ? ip[at + 1] : 0;
    if (length < 2 || at + length > header) return int(at) + AT_LENGTH;
    bool isOurs = ip[at] == RECORD_ROUTE || ip[at] == TIMESTAMP;
    int fault = !isOurs ? 0 : ip[at] == RECORD_ROUTE ? recordRoute(ip + at, length) : timestamp(ip + at, length);
    if (fault != 0) return int(at) + fault;
    isChanged = isChanged || isOurs;
    at += length;
  }
  if (isChanged) ip4::setChecksum(ip);
  return 0;
}

int IPGWOptions::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip) return DROP;
  auto header = ip.headerLength();
  if (header == ip4::LEAST) return 0;
  auto fault = process(ip, header);
  if (fault == 0) return 0;
  ++drops;
  packet.setAnno8(anno::ICMP_PARAMPROB, uint8_t(fault));
  return 1;
}

}  // namespace xylem::click
