// The identifier of an echo stands in the place of one port, the other one is zero: so a request and its reply are each
// other reversed, as those of UDP are.

#include <click/elements/nat/icmp-ping-rewriter.h>

namespace xylem::click {

const Kind ICMPPingRewriter::KIND = kindOf<ICMPPingRewriter>("ICMPPingRewriter", "1-/1-", "h/h");

void ICMPPingRewriter::readTimeouts(Args& args) {
  args.keyword("TIMEOUT", timeouts[0].usual, as::time).keyword("GUARANTEE", timeouts[0].guaranteed, as::time);
}

void ICMPPingRewriter::addHandlers(Handlers& handlers) {
  for (auto name : {"table", "mappings"}) handlers.read(name, [this]() { return tableText(0); });
  Rewriter::addHandlers(handlers);
}

FlowId ICMPPingRewriter::echoId(Ip4 source, Ip4 destination, uint16_t identifier, bool isRequest) {
  return isRequest ? FlowId{source, identifier, destination, 0} : FlowId{source, 0, destination, identifier};
}

std::optional<Rewriter::Key> ICMPPingRewriter::keyOf(Ip4View ip) const {
  if (ip.protocol() != ip4::ICMP || !ip.isFirst() || ip.payloadLength() < 8) return std::nullopt;
  auto type = ip.payload()[0];
  if (type != ECHO && type != ECHO_REPLY) return std::nullopt;
  return Key{echoId(ip.source(), ip.destination(), get16(ip.payload() + 4), type == ECHO)};
}

void ICMPPingRewriter::apply(Packet& packet, Ip4View ip, Flow& flow, Way way) {
  Rewriter::apply(packet, ip, flow, way);
  auto field = ip.payload() + 4;
  Change change;
  auto after = flow.after(way);
  auto identifier = uint16_t(after.sourcePort | after.destinationPort);
  change.add16(get16(field), identifier);
  change.apply(ip.payload() + 2);
  put16(field, identifier);
}

std::optional<Rewriter::Translation> ICMPPingRewriter::translation(uint8_t protocol, const FlowId& id) const {
  auto [flow, way] = protocol == ip4::ICMP ? find({id}) : std::pair<Flow*, Way>(nullptr, FORWARD);
  if (flow == nullptr) return std::nullopt;
  return Translation{flow->before(way), flow->after(way)};
}

std::string ICMPPingRewriter::describe(const FlowId& before, const FlowId& after, Way) const {
  auto text = [](const FlowId& id) {
    return "(" + ip4::print(id.source) + ", " + ip4::print(id.destination) + ", " +
           std::to_string(id.sourcePort | id.destinationPort) + ")";
  };
  return text(before) + " => " + text(after);
}

}  // namespace xylem::click
