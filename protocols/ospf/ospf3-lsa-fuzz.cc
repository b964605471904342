// The decoders of OSPFv3 on bytes that may be anything, and the encoders on what they understood.

#include <protocols/ospf/fuzz.h>
#include <protocols/ospf/lsa3.h>
#include <protocols/ospf/trailer.h>

#include <kj/debug.h>

using namespace xylem::ospf;

namespace {

using fuzz::again;

template <typename Body> void again3(Bytes bytes) {
  again(
      bytes, [](Bytes from) { return Body::decode3(from); }, [](const Body& body, auto& out) { body.encode3(out); });
}

template <typename Body> void againOf(Bytes bytes, Face face) {
  again(
      bytes, [&](Bytes from) { return Body::decode(from, face); },
      [](const Body& body, auto& out) { body.encode(out); });
}

template <typename Packet> void againPacket(Bytes bytes) {
  again(
      bytes, [](Bytes from) { return Packet::decode(from, Face::V3); },
      [](const Packet& packet, auto& out) { packet.encode(out, Face::V3); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = kj::arrayPtr(data, size);
  auto now = kj::origin<Time>();
  again3<RouterBody>(input);
  again3<NetworkBody>(input);
  again3<BoundaryBody>(input);
  againPacket<Hello>(input);
  againPacket<Description>(input);
  decodeRequest(input, Face::V3);
  decodeAcknowledgment(input, Face::V3);
  for (auto face : {Face::V3, Face::V3_IP4}) {
    againOf<LinkBody>(input, face);
    againOf<PrefixesBody>(input, face);
    for (auto type : {Type::SUMMARY, Type::EXTERNAL, Type::NSSA})
      again(
          input, [&](Bytes from) { return Announcement::decode3(from, face, type); },
          [&](const Announcement& said, auto& out) { said.encode3(type, out); });
    KJ_IF_MAYBE (list, decodeUpdate(input))
      for (auto each : *list)
        KJ_IF_MAYBE (lsa, Lsa::parse(each, now, face)) isWellFormed(*lsa);
  }
  if (size == 0) return 0;
  SecretKey key{data[0], Algorithm(size % 4 + 1), kj::str("key")};
  Sequences last{};
  Trailer{kj::arrayPtr(&key, 1)}.check(input, PacketType(size % 5 + 1), last, xylem::net::Ip6());
  return 0;
}
