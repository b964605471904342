#pragma once
// Link-local signalling (RFC 5613): a block of TLVs behind hellos and database descriptions, by which neighbours tell
// each other what has no room in the options.
//
//     OSPFv2:  packet | digest, if signed | block               OSPFv3:  packet | block | trailer, if signed
//
//     if (Signalling::isTold(type, body, face)) auto read = Signalling::read(packet, face, authentication);
//     auto block = Signalling().block(...)
//
// The block is checked for itself, and a packet is good whatever its block is.

#include <protocols/ospf/auth.h>
#include <protocols/ospf/packet.h>

namespace xylem::ospf {

struct Signalling {
  static constexpr uint32_t RESYNCHRONIZES = 1, RESTARTS = 2;
  // Extended options: it can exchange databases anew without losing the adjacency (RFC 4811); it restarts (RFC 4812).

  uint32_t extended = 0;

  static bool isTold(PacketType type, Bytes body, Face face);
  // The options of the packet say that a block is there.
  static kj::OneOf<Signalling, Bad> read(Bytes packet, Face face, const Authentication& authentication);
  // Of a packet that is good, and whose options tell of a block.

  static size_t size(Face face, const Authentication& authentication);
  // Of what is written; zero: a block cannot be vouched for, so there is none.
  kj::Array<kj::byte> behind(Bytes sealed, const Authentication& authentication) const;
  // OSPFv2: the packet with its block. It has been sealed, and there is a block.
  kj::Array<kj::byte> block3() const;
  // OSPFv3: to be sealed with the packet, which is signed.

  kj::String text() const;
  // `no abilities`, or what they are.
};

}  // namespace xylem::ospf
