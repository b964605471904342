// RFC 815: of each packet the holes are kept. At the beginning there is one without an end. Bytes that come twice are
// taken from the fragment that came last.

#include <click/elements/ip/ip-reassembler.h>
#include <click/ip4.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind IPReassembler::KIND = kindOf<IPReassembler>("IPReassembler", "1/1-2", "a/ah");

namespace {

constexpr unsigned ENDLESS = ~0u, LONGEST = 65535;

}  // namespace

void IPReassembler::initialize(Errors&) {
  timer.initialize(*this);
  timer.scheduleAfter(INTERVAL);
}

void IPReassembler::addHandlers(Handlers& handlers) {
  handlers.read("dump", [this]() {
    std::string out;
    for (auto& [key, partial] : partials)
      out += format("%s > %s id %u ip-proto-%u holes %zu\n", ip4::print(Ip4{key.src}).c_str(),
                    ip4::print(Ip4{key.dst}).c_str(), key.id, key.protocol, partial.holes.size());
    return out;
  });
}

PacketPtr IPReassembler::change(PacketPtr packet) {
  auto ip = Ip4View::of(*packet);
  if (!ip) return nullptr;
  return ip.isFragment() ? insert(*packet, ip) : std::move(packet);
}

void IPReassembler::fill(Partial& partial, unsigned from, unsigned to, bool isLast) {
  std::vector<std::pair<unsigned, unsigned>> now;
  for (auto [begin, end] : partial.holes) {
    if (isLast) end = std::min(end, std::max(to, begin));
    if (begin < std::min(end, from)) now.emplace_back(begin, std::min(end, from));
    if (std::max(begin, to) < end) now.emplace_back(std::max(begin, to), end);
  }
  partial.holes = std::move(now);
}

PacketPtr IPReassembler::insert(Packet& packet, Ip4View ip) {
  auto fragment = get16(ip + ip4::FRAGMENT);
  auto header = ip.headerLength();
  unsigned length = ip.payloadLength(), from = (fragment & ip4::OFFSET_MASK) * 8u, to = from + length;
  bool isLast = !(fragment & ip4::MORE_FRAGMENTS);
  if (length == 0 || to > LONGEST - ip4::MOST || (!isLast && length % 8 != 0)) return nullptr;
  Key key{get32(ip + ip4::SRC), get32(ip + ip4::DST), get16(ip + ip4::ID), ip[ip4::PROTOCOL]};
  auto [at, isNew] = partials.try_emplace(key);
  auto& partial = at->second;
  if (isNew) {
    partial.holes = {{0, ENDLESS}};
    partial.place = byAge.insert(byAge.end(), key);
    partial.until = router().scheduler.clock.steady() + PATIENCE;
    partial.packet = Packet::make({reinterpret_cast<char*>(&ip[0]), header}, Packet::HEADROOM + ip4::MOST);
    partial.packet->copyAnnotations(packet);
  }
  auto& whole = *partial.packet;
  auto wholeHeader = ip4::headerLength(whole.data());
  if (from == 0 && !partial.hasFirst) {
    // Now it is known which options the packet has.
    whole.pull(wholeHeader);
    whole.push(header);
    memcpy(whole.data(), ip, header);
    whole.copyAnnotations(packet);
    wholeHeader = header;
    partial.hasFirst = true;
  }
  if (whole.length() < wholeHeader + to) {
    auto more = wholeHeader + to - whole.length();
    // Room grows by doubling.
    if (whole.tailroom() < more) whole.reserve(whole.headroom(), more + whole.length());
    auto begin = whole.length();
    whole.put(more);
    memset(whole.data() + begin, 0, more);
  }
  memcpy(whole.data() + wholeHeader + from, ip + header, length);
  fill(partial, from, to, isLast);
  if (partial.holes.empty()) return finish(at);
  charge(partial);
  if (partial.holes.size() > MOST_HOLES) forget(at);
  if (bytes > highest) shrink();
  return nullptr;
}

void IPReassembler::charge(Partial& partial) {
  auto length = partial.packet->length();
  auto cost = Packet::BLOCK + (length > Packet::BLOCK ? length : 0) + partial.holes.size() * sizeof(partial.holes[0]);
  bytes += cost - partial.cost;
  partial.cost = cost;
}

PacketPtr IPReassembler::finish(Partials::iterator at) {
  auto packet = std::move(at->second.packet);
  bytes -= at->second.cost;
  byAge.erase(at->second.place);
  partials.erase(at);
  auto ip = packet->data();
  put16(ip + ip4::LENGTH, packet->length());
  put16(ip + ip4::FRAGMENT, get16(ip + ip4::FRAGMENT) & ip4::DONT_FRAGMENT);
  ip4::setChecksum(ip);
  ip4::mark(*packet, ip);
  return packet;
}

void IPReassembler::forget(Partials::iterator at) {
  auto& partial = at->second;
  bytes -= partial.cost;
  byAge.erase(partial.place);
  auto packet = std::move(partial.packet);
  bool hasFirst = partial.hasFirst;
  partials.erase(at);
  if (!hasFirst) return;
  auto ip = packet->data();
  put16(ip + ip4::LENGTH, packet->length());
  ip4::setChecksum(ip);
  ip4::mark(*packet, ip);
  pushTo(1, std::move(packet));
}

void IPReassembler::shrink() {
  while (bytes > highest / 4 * 3 && !byAge.empty()) forget(partials.find(byAge.front()));
}

void IPReassembler::runTimer(Timer&) {
  auto now = router().scheduler.clock.steady();
  while (!byAge.empty() && partials.at(byAge.front()).until <= now) forget(partials.find(byAge.front()));
  timer.rescheduleAfter(INTERVAL);
}

}  // namespace xylem::click
