// Ports of TCP, UDP and DCCP lie at the same place; checksums and the end of a flow differ.

#include <click/elements/nat/ip-rewriter.h>

namespace xylem::click {

const Kind IPRewriter::KIND = kindOf<IPRewriter>("IPRewriter", "1-/1-", "h/h");
const Kind TCPRewriter::KIND = kindOf<TCPRewriter>("TCPRewriter", "1-/1-", "h/h");
const Kind UDPRewriter::KIND = kindOf<UDPRewriter>("UDPRewriter", "1-/1-", "h/h");

namespace {

constexpr uint8_t FIN = 1, SYN = 2, RST = 4;
constexpr unsigned TCP_HEADER = 20, UDP_HEADER = 8, TCP_CHECKSUM = 16, UDP_CHECKSUM = 6;

}  // namespace

std::optional<Rewriter::Key> TransportRewriter::keyOf(Ip4View ip) const {
  Table table = DCCP;
  if (ip.protocol() == ip4::TCP) table = TCP;
  if (ip.protocol() == ip4::UDP) table = UDP;
  if (table == DCCP && ip.protocol() != ip4::DCCP) return std::nullopt;
  if (!(protocols >> table & 1) || !ip.isFirst()) return std::nullopt;
  if (ip.payloadLength() < (table == TCP ? TCP_HEADER : UDP_HEADER)) return std::nullopt;
  auto ports = ip.payload();
  return Key{{ip.source(), get16(ports), ip.destination(), get16(ports + 2)}, table};
}

void TransportRewriter::apply(Packet& packet, Ip4View ip, Flow& flow, Way way) {
  Rewriter::apply(packet, ip, flow, way);
  auto after = flow.after(way);
  auto transport = ip.payload();
  put16(transport, after.sourcePort);
  put16(transport + 2, after.destinationPort);
  auto checksum = transport + (flow.table == TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  bool isUdp = flow.table == UDP;
  if (!isUdp || get16(checksum) != 0) {
    flow.all[way].apply(checksum);
    if (isUdp) put16(checksum, udpChecksum(get16(checksum)));
  }
  track(ip, flow, way);
}

void TransportRewriter::track(Ip4View ip, Flow& flow, Way way) const {
  auto done = uint8_t(Flow::FORWARD_DONE << way), data = uint8_t(Flow::FORWARD_DATA << way);
  if (flow.table != TCP) {
    flow.state |= data;
    return;
  }
  auto flags = ip.payload()[13];
  bool hasData = unsigned(ip.payload()[12] >> 4) * 4 < ip.payloadLength();
  if (flags & RST)
    flow.state |= Flow::BOTH_DONE;
  else if (flags & FIN)
    flow.state |= done;
  else if ((flags & SYN) || hasData)
    flow.state &= uint8_t(~done);
  if (hasData) flow.state |= data;
}

Nanoseconds TransportRewriter::timeoutOf(const Flow& flow) const {
  auto usual = timesOf(flow.table).usual;
  bool isBothWays = (flow.state & Flow::BOTH_DATA) == Flow::BOTH_DATA;
  if (flow.table != TCP) return isBothWays ? streamingTimeout.value_or(usual) : usual;
  if (!tracksTcp) return usual;
  if ((flow.state & Flow::BOTH_DONE) == Flow::BOTH_DONE) return doneTimeout;
  return isBothWays ? dataTimeout : usual;
}

void TransportRewriter::readTcpTimeouts(Args& args) {
  args.keyword("TCP_NODATA_TIMEOUT", timeouts[TCP].usual, as::time)
      .keyword("TCP_GUARANTEE", timeouts[TCP].guaranteed, as::time)
      .keyword("TIMEOUT", dataTimeout, as::time)
      .keyword("TCP_TIMEOUT", dataTimeout, as::time)
      .keyword("TCP_DONE_TIMEOUT", doneTimeout, as::time);
}

void TransportRewriter::addTable(Handlers& handlers, const std::string& prefix, Table table) {
  for (auto name : {"table", "mappings"}) handlers.read(prefix + name, [this, table]() { return tableText(table); });
  handlers.readWith(prefix + "lookup", [this, table](const std::string& argument, Errors& errors) {
    return lookup(table, argument, errors);
  });
}

void IPRewriter::readTimeouts(Args& args) {
  readTcpTimeouts(args);
  args.keyword("UDP_TIMEOUT", timeouts[UDP].usual, as::time)
      .keyword("UDP_STREAMING_TIMEOUT", streamingTimeout, as::time)
      .keyword("UDP_GUARANTEE", timeouts[UDP].guaranteed, as::time);
}

void IPRewriter::addHandlers(Handlers& handlers) {
  addTable(handlers, "tcp_", TCP);
  addTable(handlers, "udp_", UDP);
  for (auto name : {"table", "mappings"}) handlers.read(name, [this]() { return tableText(TCP) + tableText(UDP); });
  handlers.readWith("lookup", [this](const std::string& argument, Errors& errors) {
    auto found = lookup(TCP, argument, errors);
    return found.empty() && errors.count() == 0 ? lookup(UDP, argument, errors) : found;
  });
  Rewriter::addHandlers(handlers);
}

void TCPRewriter::readTimeouts(Args& args) { readTcpTimeouts(args); }

void TCPRewriter::addHandlers(Handlers& handlers) {
  addTable(handlers, "", TCP);
  Rewriter::addHandlers(handlers);
}

void UDPRewriter::readTimeouts(Args& args) {
  args.keyword("TIMEOUT", timeouts[UDP].usual, as::time)
      .keyword("UDP_TIMEOUT", timeouts[UDP].usual, as::time)
      .keyword("STREAMING_TIMEOUT", streamingTimeout, as::time)
      .keyword("UDP_STREAMING_TIMEOUT", streamingTimeout, as::time)
      .keyword("GUARANTEE", timeouts[UDP].guaranteed, as::time)
      .keyword("UDP_GUARANTEE", timeouts[UDP].guaranteed, as::time);
}

void UDPRewriter::addHandlers(Handlers& handlers) {
  for (auto name : {"table", "mappings"})
    handlers.read(name, [this]() { return tableText(TCP) + tableText(UDP) + tableText(DCCP); });
  handlers.readWith("lookup",
                    [this](const std::string& argument, Errors& errors) { return lookup(UDP, argument, errors); });
  Rewriter::addHandlers(handlers);
}

}  // namespace xylem::click
