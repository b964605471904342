#pragma once
// BGP messages other than UPDATE: framing, OPEN and what two of them agree on, KEEPALIVE, ROUTE-REFRESH
// (RFC 4271 section 4, RFC 8654, RFC 9072, RFC 2918, RFC 7313).
//
//     auto framed = frame(bytes, MAX_MESSAGE);     a Frame, how many bytes Need be there, or a Notification to send
//     auto open = decodeOpen(frame.body);
//     auto agreed = negotiate(ours, theirs);
//
// Whatever is wrong with a message is the Notification that answers it. Encoders give whole messages with their header.

#include <protocols/bgp/capabilities.h>
#include <protocols/bgp/notification.h>

#include <kj/one-of.h>
#include <kj/time.h>

namespace xylem::bgp {

constexpr size_t HEADER_SIZE = 19, MAX_MESSAGE = 4096, MAX_EXTENDED = 65535;
constexpr uint32_t AS_TRANS = 23456;
// Stands for an AS that two octets cannot hold (RFC 6793 section 9).

enum class Type : uint8_t { OPEN = 1, UPDATE = 2, NOTIFICATION = 3, KEEPALIVE = 4, ROUTE_REFRESH = 5 };

struct Frame {
  Type type;
  Bytes body;
  Bytes whole;
  // With its header.
};
struct Need {
  size_t bytes;
  // In all, before there is more to say.
};
kj::OneOf<Frame, Need, Notification> frame(Bytes stream, size_t max);
// The message that the stream begins with. `max` is for types other than OPEN and KEEPALIVE, whose limit is always
// MAX_MESSAGE (RFC 8654 section 3).

size_t beginMessage(net::ByteWriter& out, Type type);
void endMessage(net::ByteWriter& out, size_t at);
// Write a header, and when the body is there, its length; `at` is what the first has returned.

struct Open {
  uint32_t as = 0;
  // The true one: that of the capability, if there is one.
  uint16_t holdTime = 90;
  net::Ip4 identifier;
  Capabilities capabilities;
};

kj::OneOf<Open, Notification> decodeOpen(Bytes body);
// Refuses what is wrong without regard to who speaks; an AS or an identifier that is not the expected one is left to
// the session.
kj::Array<kj::byte> encodeOpen(const Open& open);
kj::Array<kj::byte> encodeNotification(const Notification& notification);
// Data that do not fit into MAX_MESSAGE are cut.
Bytes keepalive();

struct Refresh {
  enum Kind : uint8_t { REQUEST = 0, BEGIN = 1, END = 2 };
  // BEGIN and END: the demarcation of the routes that answer a request (RFC 7313 section 3.2).
  Family family;
  Kind kind = REQUEST;
};
struct Ignored {};
// Of an unknown family or kind.
kj::OneOf<Refresh, Ignored, Notification> decodeRefresh(const Frame& frame);
kj::Array<kj::byte> encodeRefresh(const Refresh& refresh);

struct Negotiated {
  // What holds for a session after both OPENs.
  uint32_t localAs = 0, peerAs = 0;
  net::Ip4 localIdentifier, peerIdentifier;
  bool internal = false;
  // Both are in one AS.
  bool as4 = false;
  FamilySet families;
  FamilySet addPathSend, addPathReceive;
  // Families whose prefixes carry a path identifier, by the direction seen from here.
  FamilySet extendedNextHop;
  size_t maxSent = MAX_MESSAGE, maxReceived = MAX_MESSAGE;
  bool routeRefresh = false, enhancedRefresh = false;
  kj::Maybe<GracefulRestart> gracefulRestart;
  // What the peer said; nothing when one of both does not have it.
  bool notificationRestart = false;
  // Both keep routes over a NOTIFICATION (RFC 8538).
  PerFamily<LongLived> longLived;
  // What the peer said, of families that both have it for.
  kj::Maybe<Role> role, peerRole;
  kj::Duration holdTime = 0 * kj::SECONDS, keepalive = 0 * kj::SECONDS;
  // Zero: there are no such timers.
  std::string hostName, domainName;
  // Of the peer; empty if it did not say.
};

Negotiated negotiate(const Open& ours, const Open& theirs);

}  // namespace xylem::bgp
