#pragma once
// UPDATE: from bytes to routes, in two steps (RFC 4271 section 4.3 and 6.3, RFC 4760, RFC 7606).
//
//     auto message = split(frame.body, context);            where everything lies; all that can end a session
//     for (auto announced : update.announced)
//       for each piece of update.key(announced): look up    attributes that were decoded before
//       auto decoded = decodeAttributes(update, announced, context);
//       Cursor<net::Ip4> cursor(announced.nlri) ...
//
// `split` costs little and allocates nothing for a message that is good. `decodeAttributes` never ends a session: what
// it finds costs an attribute or the routes: those of an announcement whose disposition is WITHDRAW count as withdrawn.
//
// All that is read points into the message.

#include <protocols/bgp/message.h>
#include <protocols/bgp/nlri.h>

#include <policy/attributes.h>

namespace xylem::bgp {

struct Context {
  // What an UPDATE cannot be read without.
  bool as4 = true;
  bool internal = false;
  bool confederation = false;
  // The peer is of another member AS of this confederation. `internal` is false then.
  FamilySet families{Family::IPV4_UNICAST};
  FamilySet addPath;
  // Prefixes that are received have path identifiers.
  FamilySet extendedNextHop;
  kj::Maybe<uint32_t> firstAs;
  // The path must begin with this, where that is enforced.

  static Context of(const Negotiated& negotiated);
};

enum class Disposition : uint8_t {
  // By severity (RFC 7606 section 2).
  ACCEPT,
  DISCARD,
  // Without an attribute.
  WITHDRAW,
  // What it announces counts as withdrawn.
  DISABLE
  // All routes of `Finding::family` go, and no more are taken in this session (RFC 4760 section 7).
};

struct Finding {
  // Something wrong.
  uint8_t attribute = 0;
  // Its type; 0: none in particular.
  Disposition action = Disposition::DISCARD;
  kj::StringPtr reason;
  Bytes bytes;
  // Where it lies in the message.
  kj::Maybe<Family> family;
  // That is disabled.
};

struct Announced {
  Nlri nlri;
  Bytes nextHop;
  // As in MP_REACH_NLRI, behind its length; one byte that is zero when the next hop is in NEXT_HOP.
};

struct Update {
  Bytes attributes;
  // The whole block.
  std::array<Bytes, 3> runs;
  // The block without MP_REACH_NLRI and MP_UNREACH_NLRI.
  std::array<Nlri, 2> withdrawn;
  std::array<Announced, 2> announced;
  // First of IPv4 unicast in their own fields, then of any family in MP attributes; either may be empty.
  kj::Maybe<Family> endOfRib;
  // RFC 4724 section 2.
  kj::Vector<Finding> findings;
  Disposition disposition = Disposition::ACCEPT;

  std::array<Bytes, 4> key(const Announced& announced) const { return {announced.nextHop, runs[0], runs[1], runs[2]}; }
  // Two announcements in equal contexts whose keys, joined, are the same bytes have the same attributes, provided that
  // both were split and the first was decoded without findings.
};

kj::OneOf<Update, Notification> split(Bytes body, const Context& context);
// The body of a frame of type UPDATE.

struct Decoded {
  policy::Attributes attributes;
  kj::Vector<Finding> findings;
  Disposition disposition = Disposition::ACCEPT;
  // ACCEPT, DISCARD or WITHDRAW; that also when `split` has found a reason for it.
};

Decoded decodeAttributes(const Update& update, const Announced& announced, const Context& context);
// `announced` is one of the update's and not empty.

}  // namespace xylem::bgp
