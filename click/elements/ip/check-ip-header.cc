// RFC 1812, 5.2.2. What lies behind the length that the header says (the padding of short Ethernet frames) is cut off
// here, so that no element behind this one needs to think of it.

#include <click/elements/ip/check-ip-header.h>
#include <click/elements/ip/formats.h>
#include <click/ip4.h>

#include <algorithm>

namespace xylem::click {

const Kind CheckIPHeader::KIND = kindOf<CheckIPHeader>("CheckIPHeader", "1/1-2", "a/ah");
const Kind CheckIPHeader2::KIND = kindOf<CheckIPHeader2>("CheckIPHeader2", "1/1-2", "a/ah");

const char* const CheckIPHeader::REASONS[] = {"tiny packet",   "bad IP version",  "bad IP header length",
                                              "bad IP length", "bad IP checksum", "bad source address"};

void CheckIPHeader::configure(Args& args) {
  std::vector<Ip4> bad, good, old;
  std::string first;
  bool isOld = false;
  __int128 number;
  args.positional("OFFSET", first, as::raw);
  // Long ago the list of bad addresses came first.
  if (!args.has("OFFSET")) args.positional("OFFSET", offset);
  std::vector<Ip4Mask> interfaces;
  args.keyword("INTERFACES", interfaces, as::masks)
      .keyword("BADSRC", bad, as::addresses)
      .keyword("GOODDST", good, as::addresses)
      .keyword("VERBOSE", isVerbose)
      .keyword("DETAILS", hasDetails)
      .keyword("CHECKSUM", hasChecksum);
  if (!args.complete()) return;
  Reading reading{this, args.errors};
  if (!first.empty()) {
    isOld = !parseInteger(first, number);
    if (isOld ? !as::addresses(first, old, reading) : !read(first, offset, reading))
      return args.error("OFFSET: invalid number");
  }
  if (isOld || !interfaces.empty()) old.insert(old.end(), {Ip4{0}, Ip4{~0u}});
  badSources.clear();
  goodDestinations.clear();
  for (auto list : {&bad, &old})
    for (auto each : *list) badSources.push_back(each.bits);
  for (auto each : good) goodDestinations.push_back(each.bits);
  for (auto& each : interfaces) {
    badSources.push_back(each.address.bits | ~each.mask.bits);
    goodDestinations.push_back(each.address.bits);
  }
}

int CheckIPHeader::drop(Reason reason) {
  if (drops.add(reason) == 0 || isVerbose) chatter(name() + ": IP header check failed: " + drops.text(reason));
  return 1;
}

int CheckIPHeader::step(Packet& packet) {
  if (packet.length() < offset || packet.length() - offset < ip4::LEAST) return drop(TINY);
  auto ip = packet.data() + offset;
  auto there = packet.length() - offset;
  if (ip[0] >> 4 != 4) return drop(VERSION);
  auto header = ip4::headerLength(ip);
  if (header < ip4::LEAST) return drop(HEADER_LENGTH);
  unsigned length = ip4::length(ip);
  if (length > there || length < header) return drop(LENGTH);
  if (hasChecksum && internetChecksum(ip, header) != 0) return drop(CHECKSUM);
  auto is = [](auto& list, uint32_t address) { return std::ranges::find(list, address) != list.end(); };
  if (is(badSources, get32(ip + ip4::SRC)) && !is(goodDestinations, get32(ip + ip4::DST))) return drop(SOURCE);
  packet.setNetworkHeader(ip, header);
  packet.take(there - length);
  packet.setDstIp(get32(ip + ip4::DST));
  return 0;
}

}  // namespace xylem::click
