// A frame may come with its Ethernet header or with only the network header noted: both are tried before it is said
// that this is no ARP (RFC 826).

#include <click/elements/ethernet/arp-print.h>
#include <click/ethernet.h>

namespace xylem::click {

const Kind ARPPrint::KIND = kindOf<ARPPrint>("ARPPrint", "1/1", "a/a");

namespace {

std::string describe(const arp::Message& message) {
  auto sender = ip4::print(Ip4{message.senderIp}), target = ip4::print(Ip4{message.targetIp});
  auto senderMac = ether::print(message.senderMac), targetMac = ether::print(message.targetMac);
  switch (message.operation) {
    case arp::REQUEST:
      return "arp who-has " + target + " tell " + sender;
    case arp::REPLY:
      return "arp reply " + sender + " is-at " + senderMac;
    case arp::REVERSE_REQUEST:
      return "rarp who-is " + targetMac + " tell " + senderMac;
    case arp::REVERSE_REPLY:
      return "rarp reply " + targetMac + " at " + target;
    default:
      return "arp-#" + std::to_string(message.operation);
  }
}

}  // namespace

void ARPPrint::configure(Args& args) {
  args.positional("LABEL", label)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("ETHER", hasEther)
      .keyword("ACTIVE", isActive)
      .complete();
}

int ARPPrint::step(Packet& packet) {
  if (!isActive) return 0;
  arp::Message message;
  bool isWhole = arp::parseFrame(packet, message) ||
                 arp::parse(packet.networkHeader, roomAt(packet, packet.networkHeader), message);
  std::string line = label.empty() ? "" : label + ": ";
  if (hasTimestamp) line += printSeconds(packet.timestamp) + ": ";
  if (hasEther && packet.length() >= ether::HEADER)
    line += ether::print(Mac::fromBytes(packet.data() + ether::SRC)) + " > " +
            ether::print(Mac::fromBytes(packet.data())) + ": ";
  chatter(line + (isWhole ? describe(message) : "truncated-arp"));
  return 0;
}

}  // namespace xylem::click
