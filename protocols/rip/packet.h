#pragma once
// The packets of RIPv2 (RFC 2453 section 4, RFC 2082, RFC 4822) and of RIPng (RFC 2080 section 2.1).
//
// Both are a header and entries of 20 bytes; `Rip` and `Ripng` name what differs, and everything in this folder takes
// one of them as its parameter F. Decoding: `open` checks header and authentication and leaves the entries, which
// `decode` reads. Encoding: a Composer takes entries until it is full, and finishes with a signature.

#include <net/bytes.h>
#include <protocols/rip/auth.h>

#include <kj/vector.h>

namespace xylem::rip {

struct Rip {
  using Address = net::Ip4;
  using Net = net::Ip4Net;
  static constexpr uint8_t VERSION = 2;
  static constexpr uint16_t PORT = 520;
  static constexpr Address GROUP = net::Ip4::of(224, 0, 0, 9);
};

struct Ripng {
  using Address = net::Ip6;
  using Net = net::Ip6Net;
  static constexpr uint8_t VERSION = 1;
  static constexpr uint16_t PORT = 521;
  static constexpr Address GROUP = {0xff02'0000'0000'0000, 9};
};

template <typename F> constexpr bool IS_RIP = F::PORT == Rip::PORT;

constexpr uint8_t UNREACHABLE = 16;
// The metric that stands for infinity.

enum class Command : uint8_t { REQUEST = 1, RESPONSE = 2 };

template <typename F> struct Entry {
  typename F::Net net;
  typename F::Address nextHop;
  // Unspecified: the sender itself. In RIPng, it stands in an entry of its own and is always link-local.
  uint16_t tag = 0;
  uint8_t metric = UNREACHABLE;
  // 1 to 16; of a request, without meaning.

  bool operator==(const Entry&) const = default;
};

struct Opened {
  Command command;
  Bytes entries;
};

template <typename F>
kj::OneOf<Opened, Bad> open(Bytes packet, const Authentication& authentication, kj::Maybe<uint32_t>& sequence);
// Header and authentication. `sequence` is the number in the last packet from this sender and is renewed; RIPng has
// neither.

template <typename F> struct Packet {
  bool wholeTable = false;
  // A request for everything; there are no entries then.
  kj::Vector<Entry<F>> entries;
  uint badEntries = 0;
  // Left out: unknown address family, impossible mask or length, host bits set, a destination that no route may have, a
  // metric that is out of range.
};

template <typename F> kj::OneOf<Packet<F>, Bad> decode(const Opened& packet);

template <typename F> class Composer {
  // One packet. RIPv2 takes 25 entries, 24 with authentication; RIPng as many as the MTU allows.
 public:
  Composer(Command command, const Authentication& authentication, uint mtu);

  bool fits(const Entry<F>& entry) const;
  void add(const Entry<F>& entry);
  // It fits.
  void addWholeTable();
  // The only entry of a request for everything.
  bool empty() const { return entries == 0; }
  kj::Array<kj::byte> finish(uint32_t sequence);

 private:
  uint needed(const Entry<F>& entry) const;
  void put(typename F::Address address, uint length, typename F::Address nextHop, uint16_t tag, uint8_t metric);

  const Authentication* authentication;
  net::ByteWriter out;
  typename F::Address nextHop;
  uint entries = 0;
  uint room;
};

}  // namespace xylem::rip
