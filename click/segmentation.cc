// Every segment has the frame's headers. TCP: the sequence number goes on, FIN and PSH belong to the last segment, CWR
// to the first (RFC 3168, section 6.1.2); IPv4 identifications count up. UDP: a datagram for each.

#include <click/ip4.h>
#include <click/segmentation.h>

namespace xylem::click {

namespace {

constexpr unsigned ETHERNET = 14, IP6_HEADER = 40, IP6_LENGTH = 4, IP6_PROTOCOL = 6;
constexpr unsigned TCP_SEQUENCE = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, UDP_LENGTH = 4;
constexpr uint8_t FIN = 0x01, PSH = 0x08, CWR = 0x80;

struct Shape {
  // Where the headers of a frame lie.
  bool is4 = false, isTcp = false;
  unsigned transport = 0, payload = 0, end = 0;
};

bool read(std::string_view frame, Shape& shape) {
  auto at = reinterpret_cast<const uint8_t*>(frame.data());
  if (frame.size() < ETHERNET + IP6_HEADER) return false;
  auto type = get16(at + 12);
  shape.is4 = type == 0x0800;
  if (!shape.is4 && type != 0x86dd) return false;
  auto ip = at + ETHERNET;
  shape.transport = ETHERNET + (shape.is4 ? ip4::headerLength(ip) : IP6_HEADER);
  auto protocol = shape.is4 ? ip[ip4::PROTOCOL] : ip[IP6_PROTOCOL];
  shape.isTcp = protocol == ip4::TCP;
  shape.end = unsigned(frame.size());
  if ((!shape.isTcp && protocol != ip4::UDP) || shape.transport + 20 > shape.end) return false;
  shape.payload = shape.transport + (shape.isTcp ? (at[shape.transport + TCP_OFFSET] >> 4) * 4u : 8);
  return shape.payload < shape.end;
}

void finish(Packet& packet, const Shape& shape, unsigned number, unsigned offset, bool isLast) {
  auto ip = packet.data() + ETHERNET, transport = packet.data() + shape.transport;
  auto length = packet.length() - shape.transport;
  if (shape.is4) {
    put16(ip + ip4::LENGTH, packet.length() - ETHERNET);
    put16(ip + ip4::ID, get16(ip + ip4::ID) + number);
    ip4::setChecksum(ip);
  } else {
    put16(ip + IP6_LENGTH, packet.length() - ETHERNET - IP6_HEADER);
  }
  if (shape.isTcp) {
    put32(transport + TCP_SEQUENCE, get32(transport + TCP_SEQUENCE) + offset);
    if (!isLast) transport[TCP_FLAGS] &= uint8_t(~(FIN | PSH));
    if (number > 0) transport[TCP_FLAGS] &= uint8_t(~CWR);
  } else {
    put16(transport + UDP_LENGTH, length);
  }
  auto protocol = shape.isTcp ? ip4::TCP : ip4::UDP;
  auto field = transport + (shape.isTcp ? 16 : 6);
  put16(field, 0);
  auto pseudo = shape.is4 ? Checksum::pseudo4(ip, length, protocol) : Checksum::pseudo6(ip, length, protocol);
  auto checksum = pseudo.add(transport, length).value();
  put16(field, checksum == 0 ? 0xffff : checksum);
}

}  // namespace

void segment(std::string_view frame, const HowToCut& how, const std::function<void(PacketPtr)>& each) {
  Shape shape;
  bool isWhole = how.type == HowToCut::NOT || how.size == 0;
  if (isWhole || !read(frame, shape)) return each(Packet::make(frame));
  auto headers = frame.substr(0, shape.payload), payload = frame.substr(shape.payload);
  unsigned number = 0;
  for (size_t offset = 0; offset < payload.size(); offset += how.size) {
    auto piece = payload.substr(offset, how.size);
    auto packet = Packet::make(unsigned(headers.size() + piece.size()));
    memcpy(packet->data(), headers.data(), headers.size());
    memcpy(packet->data() + headers.size(), piece.data(), piece.size());
    finish(*packet, shape, number++, unsigned(offset), offset + piece.size() == payload.size());
    each(std::move(packet));
  }
}

}  // namespace xylem::click
