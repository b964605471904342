// The packet that an error carries went out translated; its reverse is a reply of the flow, so what becomes of that
// one, reversed again, is how the packet was sent.
//
// All that changes in the carried bytes, its own checksums too, changes the checksum of the error.

#include <click/elements/nat/icmp-ping-rewriter.h>
#include <click/elements/nat/icmp-rewriter.h>
#include <click/router.h>

namespace xylem::click {

const Kind ICMPRewriter::KIND = kindOf<ICMPRewriter>("ICMPRewriter", "1/1-2", "a/ah");

namespace {

constexpr unsigned ICMP_HEADER = 8, ENOUGH = 8;

bool isError(uint8_t type) {
  constexpr uint8_t UNREACHABLE = 3, SOURCE_QUENCH = 4, REDIRECT = 5, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12;
  return type == UNREACHABLE || type == SOURCE_QUENCH || type == REDIRECT || type == TIME_EXCEEDED ||
         type == PARAMETER_PROBLEM;
}

class Patch {
  // Changes words, and keeps account for a checksum around them.
 public:
  void put16(uint8_t* at, uint16_t value) {
    outer.add16(get16(at), value);
    click::put16(at, value);
  }
  void put32(uint8_t* at, uint32_t value) {
    put16(at, uint16_t(value >> 16));
    put16(at + 2, uint16_t(value));
  }
  void update(uint8_t* checksum, const Change& change) {
    auto before = get16(checksum);
    change.apply(checksum);
    outer.add16(before, get16(checksum));
  }
  Change outer;
};

}  // namespace

void ICMPRewriter::configure(Args& args) {
  std::string names;
  std::optional<unsigned> annotation;
  args.mandatory("MAPS", names, as::raw).keyword("DST_ANNO", notesDestination);
  args.keyword("REPLY_ANNO", annotation, as::annotation);
  if (!args.complete()) return;
  for (auto& name : splitWords(names)) {
    auto element = router().find(name, this);
    if (auto map = dynamic_cast<Rewriter*>(element))
      maps.push_back(map);
    else
      args.error(element ? "element " + quoted(name) + " is not an IP rewriter" : "no element named " + quoted(name));
  }
  if (maps.empty()) args.error("no IP rewriters supplied");
}

std::optional<FlowId> ICMPRewriter::original(Ip4View carried) const {
  auto protocol = carried.protocol();
  auto transport = carried.payload();
  FlowId id{carried.source(), 0, carried.destination(), 0};
  if (protocol == ip4::ICMP) {
    if (transport[0] != ICMPPingRewriter::ECHO && transport[0] != ICMPPingRewriter::ECHO_REPLY) return std::nullopt;
    id = ICMPPingRewriter::echoId(id.source, id.destination, get16(transport + 4),
                                  transport[0] == ICMPPingRewriter::ECHO);
  } else if (protocol == ip4::TCP || protocol == ip4::UDP || protocol == ip4::DCCP) {
    id.sourcePort = get16(transport);
    id.destinationPort = get16(transport + 2);
  }
  for (auto map : maps)
    if (auto found = map->translation(protocol, id.reversed())) return found->after.reversed();
  return std::nullopt;
}

void ICMPRewriter::rewrite(Packet& packet, Ip4View ip, Ip4View carried, const FlowId& sent) {
  if (ip.destination() == carried.source()) {
    Change change;
    change.add32(ip.destination().bits, sent.source.bits);
    put32(ip + ip4::DST, sent.source.bits);
    change.apply(ip + ip4::CHECKSUM);
    if (notesDestination) packet.setDstIp(sent.source.bits);
  }
  Change addresses, all;
  addresses.add32(carried.source().bits, sent.source.bits);
  addresses.add32(carried.destination().bits, sent.destination.bits);
  auto transport = carried.payload();
  auto length = carried.payloadLength();
  Patch patch;
  patch.put32(carried + ip4::SRC, sent.source.bits);
  patch.put32(carried + ip4::DST, sent.destination.bits);
  patch.update(carried + ip4::CHECKSUM, addresses);
  if (carried.protocol() == ip4::ICMP) {
    auto identifier = uint16_t(sent.sourcePort | sent.destinationPort);
    all.add16(get16(transport + 4), identifier);
    patch.put16(transport + 4, identifier);
    patch.update(transport + 2, all);
  } else if (carried.protocol() == ip4::TCP || carried.protocol() == ip4::UDP || carried.protocol() == ip4::DCCP) {
    all = addresses;
    all.add16(get16(transport), sent.sourcePort);
    all.add16(get16(transport + 2), sent.destinationPort);
    patch.put16(transport, sent.sourcePort);
    patch.put16(transport + 2, sent.destinationPort);
    bool isTcp = carried.protocol() == ip4::TCP;
    auto checksum = transport + (isTcp ? 16 : 6);
    bool isNone = isTcp ? length < 18 : carried.protocol() == ip4::UDP && get16(checksum) == 0;
    if (!isNone) patch.update(checksum, all);
  }
  patch.outer.apply(ip.payload() + 2);
}

int ICMPRewriter::step(Packet& packet) {
  auto ip = Ip4View::of(packet);
  if (!ip || ip.protocol() != ip4::ICMP || !ip.isFirst() || ip.payloadLength() < ICMP_HEADER) return DROP;
  if (!isError(ip.payload()[0])) return 1;
  auto carried = Ip4View::of(ip.payload() + ICMP_HEADER, ip.payloadLength() - ICMP_HEADER);
  if (!carried || carried.payloadLength() < ENOUGH) return DROP;
  auto sent = carried.isFirst() ? original(carried) : std::nullopt;
  if (!sent) return 1;
  rewrite(packet, ip, carried, *sent);
  return 0;
}

}  // namespace xylem::click
