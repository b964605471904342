// Answers to RFC 826 requests. The longest prefix wins, as in a routing table, so that one address of a network can be
// somebody else's; a handler that is given nonsense leaves the table as it was.

#include <click/elements/ethernet/arp-responder.h>
#include <click/ethernet.h>

#include <algorithm>

namespace xylem::click {

const Kind ARPResponder::KIND = kindOf<ARPResponder>("ARPResponder", "1/1-2", "a/ah");

bool ARPResponder::parse(const std::string& text, Entries& into, Errors& errors) {
  std::vector<Ip4Net> nets;
  std::optional<Mac> mac;
  SilentErrors silent;
  Reading reading{this, silent};
  auto fail = [&](const std::string& what) {
    errors.error(what);
    return false;
  };
  for (auto& word : splitWords(text)) {
    Ip4Net net;
    Mac given;
    bool isNet = read(word, net, reading), isMac = read(word, given, reading);
    if (!isNet && !isMac) return fail("expected IP/MASK or ETHER, not " + quoted(word));
    if (isNet) nets.push_back(net);
    if (isMac && mac) return fail("more than one ETHER");
    if (isMac) mac = given;
  }
  if (nets.empty()) return fail("missing IP/MASK");
  if (!mac) return fail("missing ETHER");
  for (auto net : nets) into[net] = *mac;
  return true;
}

void ARPResponder::configure(Args& args) {
  Strings given;
  args.rest(given);
  Entries fresh;
  for (size_t i = 0; i < given.size(); ++i) {
    Prefixed errors(args.errors, "argument " + std::to_string(i + 1) + ": ");
    parse(given[i], fresh, errors);
  }
  if (args.complete()) entries = std::move(fresh);
}

const Mac* ARPResponder::lookup(Ip4 address) const {
  // Prefixes that cover an address stand before it, and shorter ones before longer ones, but others may be in between.
  for (int length = 32; length >= 0; --length)
    if (auto found = entries.find(Ip4Net(address, unsigned(length))); found != entries.end()) return &found->second;
  return nullptr;
}

PacketPtr ARPResponder::change(PacketPtr packet) {
  arp::Message query;
  const Mac* own = nullptr;
  if (arp::parseFrame(*packet, query) && query.operation == arp::REQUEST) own = lookup(Ip4{query.targetIp});
  if (own == nullptr) {
    pushTo(1, std::move(packet));
    return nullptr;
  }
  auto reply = arp::make(query.senderMac, *own, {arp::REPLY, *own, query.targetIp, query.senderMac, query.senderIp});
  reply->timestamp = packet->timestamp;
  reply->setAnno16(anno::VLAN_TCI, packet->anno16(anno::VLAN_TCI));
  return reply;
}

void ARPResponder::addHandlers(Handlers& handlers) {
  handlers.read("table", [this]() {
    std::string out;
    for (auto& [net, mac] : entries)
      out += ip4::print(net.address()) + "/" + std::to_string(net.length()) + " " + ether::print(mac) + "\n";
    return out;
  });
  handlers.readWith("lookup", [this](const std::string& text, Errors& errors) -> std::string {
    Ip4 address;
    if (!read(trim(text), address, Reading{this, errors})) {
      errors.error("expected IP address");
      return "";
    }
    auto mac = lookup(address);
    return mac != nullptr ? ether::print(*mac) : "";
  });
  handlers.write("add", [this](const std::string& text, Errors& errors) { parse(text, entries, errors); });
  handlers.write("remove", [this](const std::string& text, Errors& errors) {
    Ip4Net net;
    if (!read(trim(text), net, Reading{this, errors})) return errors.error("expected IP/MASK");
    if (entries.erase(net) == 0) errors.error("no such entry " + quoted(trim(text)));
  });
}

}  // namespace xylem::click
