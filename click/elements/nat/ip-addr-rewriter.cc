// Keys without ports: an address alone, as source of packets and as destination of replies, or a pair of addresses.

#include <click/elements/nat/ip-addr-rewriter.h>

namespace xylem::click {

const Kind IPAddrRewriter::KIND = kindOf<IPAddrRewriter>("IPAddrRewriter", "1-/1-", "h/h");
const Kind IPAddrPairRewriter::KIND = kindOf<IPAddrPairRewriter>("IPAddrPairRewriter", "1-/1-", "h/h");

AddressRewriter::AddressRewriter() { timeouts[0].usual = 2 * 3600 * SECOND; }

void AddressRewriter::readTimeouts(Args& args) {
  args.keyword("TIMEOUT", timeouts[0].usual, as::time).keyword("GUARANTEE", timeouts[0].guaranteed, as::time);
}

void AddressRewriter::addHandlers(Handlers& handlers) {
  for (auto name : {"table", "mappings"}) handlers.read(name, [this]() { return tableText(0); });
  Rewriter::addHandlers(handlers);
}

void AddressRewriter::updateTransport(Ip4View ip, const Change& change) {
  // Addresses are part of the checksums of TCP and UDP.
  bool isTcp = ip.protocol() == ip4::TCP;
  if (!ip.isFirst() || (!isTcp && ip.protocol() != ip4::UDP) || ip.payloadLength() < (isTcp ? 18 : 8)) return;
  auto field = ip.payload() + (isTcp ? 16 : 6);
  if (!isTcp && get16(field) == 0) return;
  change.apply(field);
  if (!isTcp) put16(field, udpChecksum(get16(field)));
}

bool IPAddrRewriter::accepts(const RewriterPattern& pattern, Errors& errors) const {
  if (!pattern.hasDestination()) return true;
  errors.error("IPAddrRewriter pattern destination address must be '-'");
  return false;
}

void IPAddrRewriter::apply(Packet& packet, Ip4View ip, Flow& flow, Way way) {
  auto after = flow.after(way);
  if (way == FORWARD)
    put32(ip + ip4::SRC, after.source.bits);
  else
    put32(ip + ip4::DST, after.destination.bits);
  flow.addresses[way].apply(ip + ip4::CHECKSUM);
  updateTransport(ip, flow.addresses[way]);
  if (way == REPLY) note(packet, ip, flow, way);
}

std::optional<Rewriter::Translation> IPAddrRewriter::translation(uint8_t, const FlowId& id) const {
  auto out = Translation{id, id};
  if (auto [flow, way] = find({{id.source, 0, {}, 0}}); flow != nullptr) {
    out.after.source = flow->after(way).source;
    return out;
  }
  if (auto [flow, way] = find({{{}, 0, id.destination, 0}}); flow != nullptr) {
    out.after.destination = flow->after(way).destination;
    return out;
  }
  return std::nullopt;
}

std::string IPAddrRewriter::describe(const FlowId& before, const FlowId& after, Way way) const {
  return way == FORWARD ? "(" + ip4::print(before.source) + ", -) => (" + ip4::print(after.source) + ", -)"
                        : "(-, " + ip4::print(before.destination) + ") => (-, " + ip4::print(after.destination) + ")";
}

void IPAddrPairRewriter::apply(Packet& packet, Ip4View ip, Flow& flow, Way way) {
  Rewriter::apply(packet, ip, flow, way);
  updateTransport(ip, flow.addresses[way]);
}

std::optional<Rewriter::Translation> IPAddrPairRewriter::translation(uint8_t, const FlowId& id) const {
  auto [flow, way] = find({{id.source, 0, id.destination, 0}});
  if (flow == nullptr) return std::nullopt;
  auto out = Translation{id, id};
  out.after.source = flow->after(way).source;
  out.after.destination = flow->after(way).destination;
  return out;
}

std::string IPAddrPairRewriter::describe(const FlowId& before, const FlowId& after, Way) const {
  return "(" + ip4::print(before.source) + ", " + ip4::print(before.destination) + ") => (" + ip4::print(after.source) +
         ", " + ip4::print(after.destination) + ")";
}

}  // namespace xylem::click
