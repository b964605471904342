// RFC 4861. A message must have come with hop limit 255, so that it is from this link, and a right checksum.

#include <click/elements/ip6/neighbor.h>
#include <click/ethernet.h>
#include <click/ip6.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind IP6NDSolicitor::KIND = kindOf<IP6NDSolicitor>("IP6NDSolicitor", "2/1-2", "h/h", "xy/x");
const Kind IP6NDAdvertiser::KIND = kindOf<IP6NDAdvertiser>("IP6NDAdvertiser", "1/1-2", "a/ah");

namespace {

constexpr uint8_t SOLICITATION = 135, ADVERTISEMENT = 136;
constexpr uint8_t SOURCE_ADDRESS = 1, TARGET_ADDRESS = 2;
constexpr uint8_t SOLICITED = 0x40, OVERRIDE = 0x20;
constexpr unsigned FIXED = 24, OPTION = 8, FLAGS = 4, TARGET = 8;
constexpr unsigned MESSAGE = FIXED + OPTION;

struct Neighbor {
  uint8_t type;
  Ip6 src, target;
  std::optional<Mac> link;
};

bool parseNeighbor(const Packet& frame, Neighbor& out) {
  if (frame.length() < ether::HEADER + ip6::HEADER + FIXED || get16(frame.data() + ether::TYPE) != ether::IP6)
    return false;
  auto ip = frame.data() + ether::HEADER, body = ip + ip6::HEADER;
  size_t length = get16(ip + ip6::LENGTH);
  if (ip[0] >> 4 != 6 || ip[ip6::NEXT] != ip4::ICMP6 || ip[ip6::HOPS] != 255 || length < FIXED ||
      length > frame.length() - ether::HEADER - ip6::HEADER || ip6::checksum(ip, ip4::ICMP6, body, length) != 0)
    return false;
  out.type = body[0];
  out.src = ip6::src(ip);
  out.target = Ip6::fromBytes(body + TARGET);
  auto wanted = out.type == SOLICITATION ? SOURCE_ADDRESS : TARGET_ADDRESS;
  for (size_t at = FIXED; at + OPTION <= length && body[at + 1] > 0; at += body[at + 1] * 8u)
    if (body[at] == wanted) out.link = Mac::fromBytes(body + at + 2);
  return body[1] == 0 && (out.type == SOLICITATION || out.type == ADVERTISEMENT) && !out.target.isMulticast();
}

PacketPtr make(Mac dstMac, Mac srcMac, Ip6 dst, Ip6 src, uint8_t type, uint8_t flags, Ip6 target) {
  auto packet = Packet::make(ether::HEADER + ip6::HEADER + MESSAGE);
  auto frame = packet->data(), ip = frame + ether::HEADER, body = ip + ip6::HEADER;
  ether::write(frame, dstMac, srcMac, ether::IP6);
  ip6::write(ip, src, dst, ip4::ICMP6, 255, MESSAGE);
  memset(body, 0, MESSAGE);
  body[0] = type;
  body[FLAGS] = flags;
  target.toBytes(body + TARGET);
  body[FIXED] = type == SOLICITATION ? SOURCE_ADDRESS : TARGET_ADDRESS;
  body[FIXED + 1] = 1;
  srcMac.toBytes(body + FIXED + 2);
  put16(body + 2, ip6::checksum(ip, ip4::ICMP6, body, MESSAGE));
  packet->macHeader = frame;
  ip6::mark(*packet, ip);
  return packet;
}

Mac multicast(Ip6 address) { return {0x333300000000 | (address.low & 0xffffffff)}; }

}  // namespace

// ---- IP6NDSolicitor

void IP6NDSolicitor::configure(Args& args) {
  args.mandatory("IP6", ip).mandatory("ETH", mac).keyword("CAPACITY", capacity).complete();
}

Nanoseconds IP6NDSolicitor::now() const { return router().scheduler.clock.steady(); }

void IP6NDSolicitor::push(int port, PacketPtr packet) {
  if (port == 1)
    learn(*packet);
  else
    send(std::move(packet));
}

void IP6NDSolicitor::send(PacketPtr packet) {
  auto address = ip6::annotated(*packet);
  Mac to;
  if (address.isMulticast()) {
    to = multicast(address);
  } else {
    auto found = entries.find(address);
    bool isKnown = found != entries.end() && found->second.isKnown && now() - found->second.liveAt <= TIMEOUT;
    if (!isKnown) return hold(address, std::move(packet));
    to = found->second.mac;
  }
  packet->push(ether::HEADER);
  packet->macHeader = packet->data();
  ether::write(packet->data(), to, mac, ether::IP6);
  output(0).push(std::move(packet));
}

void IP6NDSolicitor::makeRoom() {
  for (auto entry = entries.begin(); entry != entries.end();) {
    auto& each = entry->second;
    bool isOld = now() - std::max(each.liveAt, each.askedAt) > TIMEOUT || entries.size() > MOST_ENTRIES;
    if (isOld) {
      drops += each.waiting.size();
      waiting -= uint32_t(each.waiting.size());
    }
    entry = isOld ? entries.erase(entry) : std::next(entry);
  }
}

void IP6NDSolicitor::hold(Ip6 address, PacketPtr packet) {
  if (address.isUnspecified()) {
    ++drops;
    return;
  }
  if (entries.size() >= MOST_ENTRIES && !entries.contains(address)) makeRoom();
  auto& entry = entries[address];
  entry.isKnown = false;
  if (waiting >= capacity || entries.size() > MOST_ENTRIES) {
    ++drops;
  } else {
    entry.waiting.push_back(std::move(packet));
    ++waiting;
  }
  if (entry.askedAt != 0 && now() - entry.askedAt < GAP) return;
  entry.askedAt = now();
  solicit(address);
}

void IP6NDSolicitor::solicit(Ip6 address) {
  ++queries;
  // The solicited-node address (RFC 4291 section 2.7.1).
  Ip6 group{0xff02000000000000, 0x00000001ff000000 | (address.low & 0xffffff)};
  output(outputs() - 1).push(make(multicast(group), mac, group, ip, SOLICITATION, 0, address));
}

void IP6NDSolicitor::learn(const Packet& frame) {
  Neighbor message;
  if (!parseNeighbor(frame, message) || message.type != ADVERTISEMENT || !message.link || message.link->isMulticast())
    return;
  ++responses;
  auto found = entries.find(message.target);
  // Nobody is believed who was not asked.
  if (found == entries.end()) return;
  auto& entry = found->second;
  entry.mac = *message.link;
  entry.isKnown = true;
  entry.liveAt = now();
  auto freed = std::move(entry.waiting);
  entry.waiting.clear();
  waiting -= uint32_t(freed.size());
  for (auto& each : freed) send(std::move(each));
}

std::string IP6NDSolicitor::table() const {
  std::map<Ip6, const Entry*> sorted;
  for (auto& [address, entry] : entries) sorted[address] = &entry;
  std::string out;
  for (auto& [address, entry] : sorted)
    out += ip6::print(address) + (entry->isKnown ? " 1 " : " 0 ") + ether::print(entry->mac) + "\n";
  return out;
}

void IP6NDSolicitor::addHandlers(Handlers& handlers) {
  handlers.read("table", [this]() { return table(); });
  handlers.data("queries", queries);
  handlers.data("responses", responses);
  handlers.data("drops", drops);
  handlers.read("stats", [this]() {
    return std::to_string(drops) + " packets killed\n" + std::to_string(queries) + " ND queries sent\n";
  });
}

void IP6NDSolicitor::takeState(Element& former, Errors&) {
  auto other = dynamic_cast<IP6NDSolicitor*>(&former);
  if (other == nullptr) return;
  entries = std::move(other->entries);
  std::swap(waiting, other->waiting);
  other->entries.clear();
}

// ---- IP6NDAdvertiser

bool IP6NDAdvertiser::parse(const std::string& text, Errors& errors) {
  std::vector<Ip6Net> nets;
  std::optional<Mac> mac;
  SilentErrors silent;
  Reading reading{this, silent};
  for (auto& word : splitWords(text)) {
    Ip6Net net;
    Mac given;
    if (read(word, given, reading)) {
      mac = given;
    } else if (read(word, net, reading)) {
      nets.push_back(net);
    } else {
      errors.error("expected IP6/MASK or ETHER, not " + quoted(word));
      return false;
    }
  }
  if (nets.empty()) errors.error("missing IP6/MASK");
  if (!mac) errors.error("missing ETHER");
  if (nets.empty() || !mac) return false;
  for (auto& net : nets) entries[net] = *mac;
  return true;
}

void IP6NDAdvertiser::configure(Args& args) {
  Strings given;
  args.rest(given);
  entries.clear();
  for (size_t i = 0; i < given.size(); ++i) {
    Prefixed errors(args.errors, "argument " + std::to_string(i + 1) + ": ");
    parse(given[i], errors);
  }
  args.complete();
}

void IP6NDAdvertiser::addHandlers(Handlers& handlers) {
  handlers.read("table", [this]() {
    std::string out;
    for (auto& [net, mac] : entries) out += std::string(net.toString().cStr()) + " " + ether::print(mac) + "\n";
    return out;
  });
}

const Mac* IP6NDAdvertiser::lookup(Ip6 address) const {
  for (int length = 128; length >= 0; --length)
    if (auto found = entries.find(Ip6Net(address, unsigned(length))); found != entries.end()) return &found->second;
  return nullptr;
}

PacketPtr IP6NDAdvertiser::change(PacketPtr packet) {
  Neighbor query;
  const Mac* own = nullptr;
  if (parseNeighbor(*packet, query) && query.type == SOLICITATION) own = lookup(query.target);
  if (own == nullptr) {
    pushTo(1, std::move(packet));
    return nullptr;
  }
  // Who has no address yet is answered by way of all nodes.
  constexpr Ip6 ALL{0xff02000000000000, 1};
  bool isNobody = query.src.isUnspecified();
  auto to = isNobody ? ALL : query.src;
  auto toMac = isNobody ? multicast(ALL) : query.link.value_or(Mac::fromBytes(packet->data() + ether::SRC));
  return make(toMac, *own, to, query.target, ADVERTISEMENT, uint8_t(OVERRIDE | (isNobody ? 0 : SOLICITED)),
              query.target);
}

}  // namespace xylem::click
