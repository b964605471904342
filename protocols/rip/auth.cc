// Authentication of RIPv2.
//
// A signed packet:
//
//     header | 0xffff 3 length key-id data-length sequence 0 0 | entries ... | 0xffff 1 data
//
// `length` is where the trailer begins. The sequence number may not fall; it may stay, as the packets of one update
// share it.
//
// The digest (protocols/kit/signing.h) is that of all bytes up to the data. Implementations differ in whether
// `data-length` counts the four bytes that the trailer begins with: with keyed MD5, 16 is sent, 16 and 20 are taken
// (RFC 2082 section 3.2.1).

#include <protocols/rip/auth.h>

#include <kj/debug.h>

namespace xylem::rip {

namespace {

constexpr size_t HEADER = 4, ENTRY = 20, TRAILER = 4;
constexpr uint16_t FAMILY_AUTH = 0xffff, TYPE_PASSWORD = 2, TYPE_SIGNED = 3, TRAILER_TAG = 1;
constexpr size_t PASSWORD_SIZE = kit::PaddedSecret::SIZE;

}  // namespace

bool Authentication::operator==(const Authentication& other) const {
  return password == other.password && keys.asPtr() == other.keys.asPtr();
}

void Authentication::begin(net::ByteWriter& packet) const {
  if (password.size() > 0) {
    packet.u16(FAMILY_AUTH);
    packet.u16(TYPE_PASSWORD);
    packet.bytes(kit::PaddedSecret(password).first(PASSWORD_SIZE));
  } else if (!keys.empty()) {
    packet.u16(FAMILY_AUTH);
    packet.u16(TYPE_SIGNED);
    packet.zeros(ENTRY - 4);
  }
}

void Authentication::seal(net::ByteWriter& packet, uint32_t sequence) const {
  if (keys.empty()) return;
  auto key = kit::signer(keys);
  KJ_REQUIRE(key != nullptr, "no key may sign");
  packet.patch16(HEADER + 4, uint16_t(packet.size()));
  packet.patch8(HEADER + 6, uint8_t(key->id));
  packet.patch8(HEADER + 7, uint8_t(kit::digestSize(key->algorithm)));
  packet.patch32(HEADER + 8, sequence);
  packet.u16(FAMILY_AUTH);
  packet.u16(TRAILER_TAG);
  packet.bytes(kit::sign(*key, packet.bytes()).bytes());
}

kj::OneOf<Bytes, Bad> Authentication::check(Bytes packet, kj::Maybe<uint32_t>& last) const {
  net::ByteReader in(packet);
  in.skip(HEADER);
  bool has = in.has(ENTRY) && packet[HEADER] == 0xff && packet[HEADER + 1] == 0xff;
  if (password.size() == 0 && keys.empty()) {
    if (has) return Bad{"authentication that is not configured"};
    return in.rest();
  }
  if (!has) return Bad{"no authentication"};
  in.skip(2);
  uint16_t type = in.u16();
  if (type != (keys.empty() ? TYPE_PASSWORD : TYPE_SIGNED)) return Bad{"another kind of authentication"};
  if (!keys.empty()) return checkSigned(packet, last);
  if (!kit::same(in.bytes(PASSWORD_SIZE), kit::PaddedSecret(password).first(PASSWORD_SIZE)))
    return Bad{"wrong password"};
  return in.rest();
}

kj::OneOf<Bytes, Bad> Authentication::checkSigned(Bytes packet, kj::Maybe<uint32_t>& last) const {
  net::ByteReader in(packet);
  in.skip(HEADER + 4);
  size_t trailer = in.u16();
  uint8_t id = in.u8();
  size_t dataLength = in.u8();
  uint32_t sequence = in.u32();
  if (trailer < HEADER + ENTRY || trailer > packet.size()) return Bad{"malformed authentication"};

  auto key = kit::find(keys, id);
  if (key == nullptr) return Bad{"unknown key"};
  size_t length = kit::digestSize(key->algorithm);
  bool countsTag = key->algorithm == Algorithm::MD5 && dataLength == length + TRAILER;
  if (dataLength != length && !countsTag) return Bad{"malformed authentication"};

  net::ByteReader end(packet.slice(trailer, packet.size()));
  uint16_t family = end.u16();
  uint16_t tag = end.u16();
  auto data = end.bytes(length);
  if (!end.ok() || !end.done() || family != FAMILY_AUTH || tag != TRAILER_TAG) return Bad{"malformed authentication"};
  if (!kit::same(data, kit::sign(*key, packet.slice(0, trailer + TRAILER)).bytes())) return Bad{"wrong signature"};
  KJ_IF_MAYBE (before, last) {
    if (sequence < *before) return Bad{"replayed sequence number"};
  }
  last = sequence;
  return packet.slice(HEADER + ENTRY, trailer);
}

}  // namespace xylem::rip
