#pragma once
// Network layer reachability information: prefixes as UPDATE carries them (RFC 4271 section 4.3, RFC 7911 section 3).
//
//     Cursor<net::Ip4> cursor(nlri);
//     Destination<net::Ip4> destination;
//     while (cursor.next(destination)) ...
//
// Nothing is copied: an Nlri is a view of the message, and was checked when the message was split. Bits of a prefix
// behind its length are without meaning (RFC 4271 section 4.3) and are cleared.

#include <net/bytes.h>
#include <protocols/bgp/family.h>

namespace xylem::bgp {

struct Nlri {
  Family family = Family::IPV4_UNICAST;
  bool addPath = false;
  // Each prefix is behind a path identifier.
  net::Bytes bytes;

  bool empty() const { return bytes.size() == 0; }
  bool isValid() const;
  // Every length is possible, and the last prefix ends where the bytes do.
};

template <typename Address> struct Destination {
  net::Prefix<Address> net;
  uint32_t path = 0;
  // Its identifier; 0 without.

  bool operator==(const Destination&) const = default;
};

template <typename Address> class Cursor {
  // For a family whose addresses these are. Ends early when the bytes are not valid.
 public:
  explicit Cursor(const Nlri& nlri) : at(nlri.bytes.begin()), end(nlri.bytes.end()), addPath(nlri.addPath) {}

  bool next(Destination<Address>& destination) {
    if (addPath) {
      if (end - at < 5) return false;
      destination.path = uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3];
      at += 4;
    }
    if (at == end) return false;
    uint length = *at, size = (length + 7) / 8;
    if (length > Address::WIDTH || size_t(end - at) < 1 + size) return false;
    destination.net = net::Prefix<Address>(read(size), length);
    at += 1 + size;
    return true;
  }

 private:
  Address read(uint size) const {
    // The first bytes of an address. Those behind are read with them when they are there, and masked by the prefix.
    constexpr size_t FULL = Address::WIDTH / 8;
    if (size_t(end - at) > FULL) return from(at + 1);
    kj::byte padded[FULL] = {};
    for (uint i = 0; i < size; ++i) padded[i] = at[1 + i];
    return from(padded);
  }
  static Address from(const kj::byte* bytes) {
    if constexpr (Address::VERSION == 4)
      return {uint32_t(word<uint32_t>(bytes))};
    else
      return {word<uint64_t>(bytes), word<uint64_t>(bytes + 8)};
  }
  template <typename Word> static Word word(const kj::byte* bytes) {
    Word value = 0;
    for (uint i = 0; i < sizeof(Word); ++i) value = Word(value << 8 | bytes[i]);
    return value;
  }

  const kj::byte* at;
  const kj::byte* end;
  bool addPath;
};

inline bool Nlri::isValid() const {
  const uint width = isIp4(family) ? 32 : 128;
  const size_t before = addPath ? 4 : 0;
  for (size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at <= before) return false;
    uint length = bytes[at + before];
    if (length > width) return false;
    at += before + 1 + (length + 7) / 8;
    if (at > bytes.size()) return false;
  }
  return true;
}

}  // namespace xylem::bgp
