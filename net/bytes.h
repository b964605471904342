#pragma once
// Bytes in network order: the bounded reader and writer of every packet decoder and encoder.
//
// ByteReader never reads beyond its bytes. Reading past the end gives zeros and marks the reader as failed for good, so
// a decoder reads a whole header and asks `ok()` once:
//
//     ByteReader in(packet);
//     uint8_t command = in.u8(), version = in.u8();
//     auto body = in.sub(in.u16());
//     if (!in.ok()) return "truncated header"_kj;
//
// A loop over entries runs `while (in.has(20))`, which is false for a failed reader: it cannot spin.
//
// ByteWriter appends to a growing buffer. A length that is known only later is written as a place holder and patched:
//
//     size_t length = out.size();
//     out.u16(0);
//     ...
//     out.patch16(length, out.size() - length);

#include <net/ip.h>

#include <kj/array.h>
#include <kj/debug.h>
#include <kj/vector.h>

#include <algorithm>
#include <cstring>

namespace xylem::net {

using Bytes = kj::ArrayPtr<const kj::byte>;

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : start(bytes.begin()), at(bytes.begin()), end(bytes.end()) {}

  bool ok() const { return !failed; }
  // Nothing was read beyond the end so far.
  size_t remaining() const { return size_t(end - at); }
  bool has(size_t count) const { return !failed && remaining() >= count; }
  bool done() const { return at == end; }
  size_t position() const { return size_t(at - start); }
  // Bytes read so far.
  void fail() {
    failed = true;
    at = end;
  }
  // For a decoder that finds a field it cannot go on from.

  uint8_t u8() { return uint8_t(integer(1)); }
  uint16_t u16() { return uint16_t(integer(2)); }
  uint32_t u24() { return uint32_t(integer(3)); }
  uint32_t u32() { return uint32_t(integer(4)); }
  uint64_t u48() { return integer(6); }
  uint64_t u64() { return integer(8); }
  Ip4 ip4() { return Ip4{u32()}; }
  Ip6 ip6() {
    uint64_t high = u64();
    return Ip6{high, u64()};
  }
  template <typename Address> Address address() {
    if constexpr (Address::VERSION == 4)
      return ip4();
    else
      return ip6();
  }

  Bytes bytes(size_t count) {
    if (!take(count)) return nullptr;
    return kj::arrayPtr(at - count, count);
  }
  // The next bytes, where they lie; none when there are not as many.
  Bytes rest() { return bytes(remaining()); }
  void skip(size_t count) { take(count); }
  ByteReader sub(size_t count) {
    // A reader of the next bytes alone, for a nested length. When there are not as many, both fail.
    ByteReader inner(bytes(count));
    if (failed) inner.fail();
    return inner;
  }

 private:
  bool take(size_t count) {
    if (!has(count)) {
      fail();
      return false;
    }
    at += count;
    return true;
  }
  uint64_t integer(size_t count) {
    if (!take(count)) return 0;
    uint64_t value = 0;
    for (auto from = at - count; from != at; ++from) value = value << 8 | *from;
    return value;
  }

  const kj::byte* start;
  const kj::byte* at;
  const kj::byte* end;
  bool failed = false;
};

class ByteWriter {
 public:
  explicit ByteWriter(size_t expected = 0) : buffer(expected) {}

  size_t size() const { return buffer.size(); }
  Bytes bytes() const { return buffer.asPtr(); }
  // What has been written; good until more is.
  kj::Array<kj::byte> finish() { return buffer.releaseAsArray(); }
  // Takes the bytes away; the writer is then empty.
  void truncate(size_t size) {
    KJ_IREQUIRE(size <= buffer.size());
    buffer.truncate(size);
  }

  void u8(uint8_t value) { buffer.add(value); }
  void u16(uint16_t value) { integer(value, 2); }
  void u24(uint32_t value) { integer(value, 3); }
  void u32(uint32_t value) { integer(value, 4); }
  void u48(uint64_t value) { integer(value, 6); }
  void u64(uint64_t value) { integer(value, 8); }
  void ip(Ip4 address) { u32(address.bits); }
  void ip(Ip6 address) {
    u64(address.high);
    u64(address.low);
  }
  void bytes(Bytes source) { buffer.addAll(source); }
  void zeros(size_t count) { std::fill_n(grow(count), count, kj::byte(0)); }

  void patch8(size_t at, uint8_t value) { patch(at, value, 1); }
  void patch16(size_t at, uint16_t value) { patch(at, value, 2); }
  void patch24(size_t at, uint32_t value) { patch(at, value, 3); }
  void patch32(size_t at, uint32_t value) { patch(at, value, 4); }
  void patchBytes(size_t at, Bytes source) {
    KJ_REQUIRE(at <= size() && source.size() <= size() - at, "patch beyond what is written");
    std::copy(source.begin(), source.end(), buffer.begin() + at);
  }
  // Overwrite what was written at a position.

 private:
  kj::byte* grow(size_t count) {
    buffer.resize(buffer.size() + count);
    return buffer.end() - count;
  }
  void integer(uint64_t value, size_t count) { put(grow(count), value, count); }
  void patch(size_t at, uint64_t value, size_t count) {
    KJ_REQUIRE(at <= size() && count <= size() - at, "patch beyond what is written");
    put(buffer.begin() + at, value, count);
  }
  static void put(kj::byte* to, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) to[i] = kj::byte(value >> 8 * (count - 1 - i));
  }

  kj::Vector<kj::byte> buffer;
};

}  // namespace xylem::net
