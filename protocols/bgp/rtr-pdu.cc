// A PDU has one length, which the header says and its type demands; only router keys and error reports vary. Bits and
// bytes that must be zero are not looked at.

#include <protocols/bgp/rtr-pdu.h>

namespace xylem::bgp::rtr {

namespace {

using net::ByteReader;
using net::ByteWriter;

constexpr uint8_t ANNOUNCED = 1;

bool fits(uint8_t version, Kind kind, size_t length) {
  switch (kind) {
    case Kind::SERIAL_NOTIFY:
    case Kind::SERIAL_QUERY:
      return length == 12;
    case Kind::RESET_QUERY:
    case Kind::CACHE_RESPONSE:
    case Kind::CACHE_RESET:
      return length == 8;
    case Kind::IPV4_PREFIX:
      return length == 20;
    case Kind::IPV6_PREFIX:
      return length == 32;
    case Kind::END_OF_DATA:
      return length == (version == 0 ? 12 : 24);
    case Kind::ROUTER_KEY:
      return length >= 32;
    case Kind::ERROR_REPORT:
      return true;
  }
  return true;
}

bool isKind(Kind kind) { return kind <= Kind::ERROR_REPORT && kind != Kind(5); }

bool readPrefix(ByteReader& in, Pdu& pdu) {
  pdu.isAnnounced = in.u8() & ANNOUNCED;
  uint length = in.u8();
  pdu.roa.maxLength = in.u8();
  in.skip(1);
  auto address = pdu.kind == Kind::IPV4_PREFIX ? net::Ip(in.ip4()) : net::Ip(in.ip6());
  pdu.roa.as = in.u32();
  KJ_IF_MAYBE (net, net::IpNet::exactly(address, length)) pdu.roa.net = *net;
  return pdu.roa.isValid();
}

void readReport(ByteReader& in, Pdu& pdu) {
  auto content = in.bytes(in.u32());
  auto text = in.bytes(in.u32());
  if (!in.ok()) return;
  pdu.content = content;
  pdu.text = text.asChars();
}

void writeBody(const Pdu& pdu, ByteWriter& out) {
  switch (pdu.kind) {
    case Kind::SERIAL_NOTIFY:
    case Kind::SERIAL_QUERY:
      return out.u32(pdu.serial);
    case Kind::IPV4_PREFIX:
    case Kind::IPV6_PREFIX:
      out.u8(pdu.isAnnounced ? ANNOUNCED : 0);
      out.u8(uint8_t(pdu.roa.net.length()));
      out.u8(pdu.roa.maxLength);
      out.u8(0);
      if (pdu.kind == Kind::IPV4_PREFIX)
        out.ip(pdu.roa.net.address().v4());
      else
        out.ip(pdu.roa.net.address().v6());
      return out.u32(pdu.roa.as);
    case Kind::END_OF_DATA:
      out.u32(pdu.serial);
      if (pdu.version == 0) return;
      for (auto seconds : {pdu.refresh, pdu.retry, pdu.expire}) out.u32(seconds);
      return;
    case Kind::ROUTER_KEY:
      return out.bytes(pdu.content);
    case Kind::ERROR_REPORT:
      out.u32(uint32_t(pdu.content.size()));
      out.bytes(pdu.content);
      out.u32(uint32_t(pdu.text.size()));
      return out.bytes(pdu.text.asBytes());
    case Kind::RESET_QUERY:
    case Kind::CACHE_RESPONSE:
    case Kind::CACHE_RESET:
      return;
  }
}

}  // namespace

Header readHeader(Bytes bytes) {
  ByteReader in(bytes);
  Header header;
  header.version = in.u8();
  header.kind = Kind(in.u8());
  header.field = in.u16();
  header.length = in.u32();
  return header;
}

kj::OneOf<Pdu, Problem> decode(Bytes whole) {
  auto header = readHeader(whole);
  if (!isKind(header.kind)) return Problem{Fault::UNSUPPORTED_PDU, "a PDU of unknown type"_kj};
  if (!fits(header.version, header.kind, whole.size()))
    return Problem{Fault::CORRUPT_DATA, "a PDU of impossible length"_kj};
  Pdu pdu{header.version, header.kind, header.field};
  ByteReader in(whole.slice(HEADER, whole.size()));
  if (pdu.kind == Kind::IPV4_PREFIX || pdu.kind == Kind::IPV6_PREFIX) {
    if (!readPrefix(in, pdu)) return Problem{Fault::CORRUPT_DATA, "an impossible prefix"_kj};
  } else if (pdu.kind == Kind::ERROR_REPORT) {
    readReport(in, pdu);
  } else if (pdu.kind == Kind::ROUTER_KEY) {
    pdu.content = in.rest();
  } else if (in.remaining() > 0) {
    pdu.serial = in.u32();
    if (in.remaining() > 0) {
      pdu.refresh = in.u32();
      pdu.retry = in.u32();
      pdu.expire = in.u32();
    }
  }
  return pdu;
}

void encode(const Pdu& pdu, ByteWriter& out) {
  auto from = out.size();
  out.u8(pdu.version);
  out.u8(uint8_t(pdu.kind));
  out.u16(pdu.field);
  auto length = out.size();
  out.u32(0);
  writeBody(pdu, out);
  out.patch32(length, uint32_t(out.size() - from));
}

}  // namespace xylem::bgp::rtr
