// Framing, OPEN, ROUTE-REFRESH.
//
// A header is judged as soon as it is there: waiting for 65535 bytes that a broken header promises would be waiting for
// ever. A length that is impossible for the type is an error of the header even where the body would tell, except for
// ROUTE-REFRESH with a known kind, which has a code of its own (RFC 7313 section 5).
//
// Optional parameters of an OPEN have lengths of one octet, or of two when the first type is 255 (RFC 9072): then the
// length before it means nothing. All capabilities go into one parameter.

#include <protocols/bgp/message.h>

namespace xylem::bgp {

namespace {

using net::ByteReader;
using net::ByteWriter;

constexpr uint8_t VERSION = 4, CAPABILITIES = 2, EXTENDED_PARAMETERS = 255;
constexpr size_t OPEN_SIZE = 10, UPDATE_SIZE = 4, NOTIFICATION_SIZE = 2, REFRESH_SIZE = 4;
// The least that their bodies are.

kj::Array<kj::byte> finish(ByteWriter& out) {
  endMessage(out, 0);
  return out.finish();
}

bool isMarker(Bytes header) {
  uint64_t halves[2];
  memcpy(halves, header.begin(), 16);
  return (halves[0] & halves[1]) == ~uint64_t(0);
}

bool fitsType(Type type, size_t body) {
  switch (type) {
    case Type::OPEN:
      return body >= OPEN_SIZE && body <= MAX_MESSAGE - HEADER_SIZE;
    case Type::UPDATE:
      return body >= UPDATE_SIZE;
    case Type::NOTIFICATION:
      return body >= NOTIFICATION_SIZE;
    case Type::KEEPALIVE:
      return body == 0;
    case Type::ROUTE_REFRESH:
      return body >= REFRESH_SIZE;
  }
  return true;
}

kj::Maybe<Notification> readParameters(ByteReader& in, Capabilities& into) {
  Notification malformed{Code::OPEN, UNSPECIFIC};
  size_t length = in.u8();
  bool extended = false;
  if (in.remaining() >= 3 && length != 0) {
    ByteReader ahead = in;
    if (ahead.u8() == EXTENDED_PARAMETERS) {
      extended = true;
      in.skip(1);
      length = in.u16();
    }
  }
  if (!in.ok() || in.remaining() != length) return malformed;
  bool rolesDiffer = false;
  while (!in.done()) {
    auto type = in.u8();
    auto value = in.bytes(extended ? in.u16() : in.u8());
    if (!in.ok()) return malformed;
    if (type != CAPABILITIES) return Notification{Code::OPEN, open::UNSUPPORTED_PARAMETER};
    auto outcome = into.read(value);
    if (outcome == Capabilities::Outcome::MALFORMED) return malformed;
    rolesDiffer = rolesDiffer || outcome == Capabilities::Outcome::ROLE_MISMATCH;
  }
  if (rolesDiffer) return Notification{Code::OPEN, open::ROLE_MISMATCH};
  return nullptr;
}

FamilySet familiesOf(const Capabilities& capabilities) {
  bool saysNone = capabilities.families.empty() && !capabilities.hasOtherFamilies;
  return saysNone ? FamilySet{Family::IPV4_UNICAST} : capabilities.families;
}

}  // namespace

size_t beginMessage(ByteWriter& out, Type type) {
  static constexpr uint64_t ONES = ~uint64_t(0);
  auto at = out.size();
  out.u64(ONES);
  out.u64(ONES);
  out.u16(0);
  out.u8(uint8_t(type));
  return at;
}

void endMessage(ByteWriter& out, size_t at) { out.patch16(at + 16, uint16_t(out.size() - at)); }

kj::OneOf<Frame, Need, Notification> frame(Bytes stream, size_t max) {
  if (stream.size() < HEADER_SIZE) return Need{HEADER_SIZE};
  if (!isMarker(stream)) return Notification{Code::HEADER, header::NOT_SYNCHRONIZED};
  size_t length = size_t(stream[16]) << 8 | stream[17];
  auto type = Type(stream[18]);
  bool known = type >= Type::OPEN && type <= Type::ROUTE_REFRESH;
  if (length < HEADER_SIZE || length > max || (known && !fitsType(type, length - HEADER_SIZE)))
    return Notification{Code::HEADER, header::BAD_LENGTH, {stream[16], stream[17]}};
  if (!known) return Notification{Code::HEADER, header::BAD_TYPE, {stream[18]}};
  if (stream.size() < length) return Need{length};
  return Frame{type, stream.slice(HEADER_SIZE, length), stream.slice(0, length)};
}

kj::OneOf<Open, Notification> decodeOpen(Bytes body) {
  ByteReader in(body);
  if (in.u8() != VERSION) return Notification{Code::OPEN, open::UNSUPPORTED_VERSION, {0, VERSION}};
  Open result;
  result.as = in.u16();
  result.holdTime = in.u16();
  result.identifier = in.ip4();
  KJ_IF_MAYBE (bad, readParameters(in, result.capabilities)) return kj::mv(*bad);
  KJ_IF_MAYBE (as, result.capabilities.as4) result.as = *as;
  if (result.as == 0) return Notification{Code::OPEN, open::BAD_PEER_AS};
  if (result.identifier.isUnspecified()) return Notification{Code::OPEN, open::BAD_IDENTIFIER};
  if (result.holdTime == 1 || result.holdTime == 2) return Notification{Code::OPEN, open::UNACCEPTABLE_HOLD_TIME};
  return kj::mv(result);
}

kj::Array<kj::byte> encodeOpen(const Open& open) {
  ByteWriter capabilities;
  open.capabilities.write(capabilities);
  ByteWriter out(64);
  beginMessage(out, Type::OPEN);
  out.u8(VERSION);
  out.u16(uint16_t(open.as > 0xffff ? AS_TRANS : open.as));
  out.u16(open.holdTime);
  out.ip(open.identifier);
  size_t size = capabilities.size();
  if (size + 2 > 254) {
    out.u8(255);
    out.u8(EXTENDED_PARAMETERS);
    out.u16(uint16_t(size + 3));
    out.u8(CAPABILITIES);
    out.u16(uint16_t(size));
  } else if (size > 0) {
    out.u8(uint8_t(size + 2));
    out.u8(CAPABILITIES);
    out.u8(uint8_t(size));
  } else {
    out.u8(0);
  }
  out.bytes(capabilities.bytes());
  return finish(out);
}

kj::Array<kj::byte> encodeNotification(const Notification& notification) {
  ByteWriter out(HEADER_SIZE + NOTIFICATION_SIZE + notification.data.size());
  beginMessage(out, Type::NOTIFICATION);
  out.u8(uint8_t(notification.code));
  out.u8(notification.subcode);
  auto fits = kj::min(notification.data.size(), MAX_MESSAGE - out.size());
  out.bytes(kj::arrayPtr(notification.data.data(), fits));
  return finish(out);
}

Bytes keepalive() {
  static const kj::byte MESSAGE[HEADER_SIZE] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255, 0,   19,  4};
  return MESSAGE;
}

kj::OneOf<Refresh, Ignored, Notification> decodeRefresh(const Frame& frame) {
  ByteReader in(frame.body);
  auto afi = in.u16();
  auto kind = in.u8();
  auto family = familyOf(afi, in.u8());
  if ((kind == Refresh::BEGIN || kind == Refresh::END) && !in.done())
    return Notification{Code::ROUTE_REFRESH, refresh::BAD_LENGTH, {frame.whole.begin(), frame.whole.end()}};
  KJ_IF_MAYBE (known, family)
    if (kind <= Refresh::END) return Refresh{*known, Refresh::Kind(kind)};
  return Ignored();
}

kj::Array<kj::byte> encodeRefresh(const Refresh& refresh) {
  ByteWriter out(HEADER_SIZE + REFRESH_SIZE);
  beginMessage(out, Type::ROUTE_REFRESH);
  out.u16(afiOf(refresh.family));
  out.u8(refresh.kind);
  out.u8(safiOf(refresh.family));
  return finish(out);
}

Negotiated negotiate(const Open& ours, const Open& theirs) {
  auto &own = ours.capabilities, &their = theirs.capabilities;
  Negotiated result;
  result.localAs = ours.as;
  result.peerAs = theirs.as;
  result.localIdentifier = ours.identifier;
  result.peerIdentifier = theirs.identifier;
  result.internal = ours.as == theirs.as;
  result.as4 = own.as4 != nullptr && their.as4 != nullptr;
  result.families = familiesOf(own) & familiesOf(their);
  for (auto family : result.families) {
    if (own.addPath[family].send && their.addPath[family].receive) result.addPathSend.add(family);
    if (own.addPath[family].receive && their.addPath[family].send) result.addPathReceive.add(family);
  }
  result.extendedNextHop = own.extendedNextHop & their.extendedNextHop & result.families;
  if (own.extendedMessages) result.maxReceived = MAX_EXTENDED;
  if (own.extendedMessages && their.extendedMessages) result.maxSent = MAX_EXTENDED;
  result.routeRefresh = own.routeRefresh && their.routeRefresh;
  result.enhancedRefresh = result.routeRefresh && own.enhancedRefresh && their.enhancedRefresh;
  KJ_IF_MAYBE (mine, own.gracefulRestart) {
    KJ_IF_MAYBE (restart, their.gracefulRestart) {
      result.gracefulRestart = *restart;
      result.notificationRestart = mine->notification && restart->notification;
      for (auto family : result.families)
        if (own.longLived[family].time != 0) result.longLived[family] = their.longLived[family];
    }
  }
  if (!result.internal) {
    result.role = own.role;
    result.peerRole = their.role;
  }
  auto hold = kj::min(ours.holdTime, theirs.holdTime);
  result.holdTime = hold * kj::SECONDS;
  result.keepalive = result.holdTime / 3;
  result.hostName = their.hostName;
  result.domainName = their.domainName;
  return result;
}

}  // namespace xylem::bgp
