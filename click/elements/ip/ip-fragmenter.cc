// RFC 791 section 3.2. Each fragment is sent as soon as it is made.

#include <click/elements/ip/ip-fragmenter.h>
#include <click/ip4.h>

#include <algorithm>

namespace xylem::click {

const Kind IPFragmenter::KIND = kindOf<IPFragmenter>("IPFragmenter", "1/1-2", "h/h");

namespace {

unsigned copyOptions(const uint8_t* ip, uint8_t* out) {
  // Those that every fragment has, padded to whole words; how many bytes.
  constexpr uint8_t END = 0, NOTHING = 1, COPIED = 0x80;
  unsigned header = ip4::headerLength(ip), count = 0;
  for (unsigned at = ip4::LEAST; at < header && ip[at] != END;) {
    unsigned length = ip[at] == NOTHING ? 1 : at + 1 < header ? ip[at + 1] : 0;
    if (length < 1 || at + length > header || (ip[at] != NOTHING && length < 2)) break;
    if (ip[at] & COPIED) {
      memcpy(out + count, ip + at, length);
      count += length;
    }
    at += length;
  }
  for (; count % 4 != 0; ++count) out[count] = END;
  return count;
}

}  // namespace

void IPFragmenter::configure(Args& args) {
  args.mandatory("MTU", mtu)
      .positional("HONOR_DF", honorsDf)
      .positional("VERBOSE", isVerbose)
      .keyword("HEADROOM", headroom);
  if (args.complete() && mtu < 8) args.error("MTU must be at least 8");
}

void IPFragmenter::addHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  handlers.data("fragments", fragments);
}

bool IPFragmenter::fits(Packet& packet) const {
  auto room = roomAt(packet, packet.networkHeader);
  return room <= mtu && room > 0;
}

void IPFragmenter::refuse(PacketPtr packet) {
  ++drops;
  if (isVerbose && packet->networkHeader != nullptr) {
    auto ip = packet->networkHeader;
    chatter(format("IPFragmenter(%u) DF %s %s len=%u", mtu, ip4::print(Ip4{get32(ip + ip4::SRC)}).c_str(),
                   ip4::print(Ip4{get32(ip + ip4::DST)}).c_str(), packet->length()));
  }
  pushTo(1, std::move(packet));
}

void IPFragmenter::sendFirst(const Packet& packet, unsigned size) {
  auto first = packet.clone();
  auto ip = first->networkHeader;
  auto length = ip4::headerLength(ip) + size;
  first->take(unsigned(first->end() - (ip + length)));
  put16(ip + ip4::LENGTH, length);
  put16(ip + ip4::FRAGMENT, (get16(ip + ip4::FRAGMENT) & ip4::OFFSET_MASK) | ip4::MORE_FRAGMENTS);
  ip4::setChecksum(ip);
  ++fragments;
  output(0).push(std::move(first));
}

void IPFragmenter::fragment(const Packet& packet, Ip4View ip) {
  uint8_t options[ip4::MOST - ip4::LEAST];
  auto header = ip.headerLength(), laterHeader = ip4::LEAST + copyOptions(ip, options);
  unsigned payload = ip.payloadLength(), first = (mtu - header) & ~7u, most = (mtu - laterHeader) & ~7u;
  auto before = get16(ip + ip4::FRAGMENT);
  sendFirst(packet, first);
  for (unsigned at = first, size; at < payload; at += size) {
    size = std::min(most, payload - at);
    auto piece = Packet::make(laterHeader + size, headroom);
    piece->copyAnnotations(packet);
    auto out = piece->data();
    memcpy(out, ip, ip4::LEAST);
    memcpy(out + ip4::LEAST, options, laterHeader - ip4::LEAST);
    memcpy(out + laterHeader, ip + header + at, size);
    out[0] = uint8_t(0x40 | laterHeader / 4);
    put16(out + ip4::LENGTH, laterHeader + size);
    bool hasMore = at + size < payload || (before & ip4::MORE_FRAGMENTS);
    put16(out + ip4::FRAGMENT, ((before & ip4::OFFSET_MASK) + at / 8) | (hasMore ? ip4::MORE_FRAGMENTS : 0u));
    ip4::setChecksum(out);
    ip4::mark(*piece, out);
    ++fragments;
    output(0).push(std::move(piece));
  }
}

void IPFragmenter::push(int, PacketPtr packet) {
  if (fits(*packet)) return output(0).push(std::move(packet));
  auto ip = Ip4View::of(*packet);
  if (!ip) return;
  bool isWhole = honorsDf && (get16(ip + ip4::FRAGMENT) & ip4::DONT_FRAGMENT);
  bool isTiny = mtu < ip.headerLength() + 8;
  if (isWhole || isTiny || ip.payloadLength() <= ((mtu - ip.headerLength()) & ~7u)) return refuse(std::move(packet));
  fragment(*packet, ip);
}

void IPFragmenter::pushBatch(int, Batch& batch) {
  Batch small;
  for (auto each : batch.release()) {
    auto packet = PacketPtr(each);
    if (fits(*packet)) {
      small.add(std::move(packet));
      continue;
    }
    if (!small.empty()) output(0).push(small);
    push(0, std::move(packet));
  }
  if (!small.empty()) output(0).push(small);
}

}  // namespace xylem::click
