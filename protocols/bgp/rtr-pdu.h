#pragma once
// The PDUs of the RPKI to Router protocol, version 0 and 1 (RFC 6810 and RFC 8210, both in section 5).
//
//     if (bytes.size() >= rtr::HEADER) auto header = rtr::readHeader(bytes);     how long the PDU will be, and whose
//     auto decoded = rtr::decode(whole);                                         a PDU, or what is wrong with it
//     rtr::encode(pdu, out);
//
// What is decoded points into the bytes. What was decoded and is encoded again decodes to the same.

#include <net/bytes.h>
#include <protocols/bgp/roa.h>

#include <kj/one-of.h>

namespace xylem::bgp::rtr {

using net::Bytes;

constexpr size_t HEADER = 8, MAX_PDU = 65536;

enum class Kind : uint8_t {
  SERIAL_NOTIFY = 0,
  SERIAL_QUERY = 1,
  RESET_QUERY = 2,
  CACHE_RESPONSE = 3,
  IPV4_PREFIX = 4,
  IPV6_PREFIX = 6,
  END_OF_DATA = 7,
  CACHE_RESET = 8,
  ROUTER_KEY = 9,
  ERROR_REPORT = 10
};

enum class Fault : uint16_t {
  // RFC 8210 section 12.
  CORRUPT_DATA = 0,
  INTERNAL_ERROR = 1,
  NO_DATA = 2,
  UNSUPPORTED_VERSION = 4,
  UNSUPPORTED_PDU = 5,
  UNKNOWN_WITHDRAWN = 6,
  DUPLICATE_ANNOUNCED = 7,
  UNEXPECTED_VERSION = 8
};

struct Header {
  uint8_t version;
  Kind kind;
  // Or a number that is none of them.
  uint16_t field;
  // The session, or of an error report the Fault.
  uint32_t length;
  // With the header.
};
Header readHeader(Bytes bytes);

struct Pdu {
  uint8_t version = 1;
  Kind kind = Kind::RESET_QUERY;
  uint16_t field = 0;
  uint32_t serial = 0;
  // Of SERIAL_NOTIFY, SERIAL_QUERY and END_OF_DATA.
  uint32_t refresh = 0, retry = 0, expire = 0;
  // Seconds: of END_OF_DATA from version 1 on.
  bool isAnnounced = false;
  Roa roa;
  // Of IPV4_PREFIX and IPV6_PREFIX; it is valid.
  Bytes content;
  // Of ROUTER_KEY all of it; of ERROR_REPORT the PDU that it is about.
  kj::ArrayPtr<const char> text;
  // Of ERROR_REPORT.
};

struct Problem {
  Fault fault;
  kj::StringPtr reason;
};

kj::OneOf<Pdu, Problem> decode(Bytes whole);
// `whole` is as long as its header says. An error report is never a problem, since none is answered: one that makes no
// sense has neither content nor text.

void encode(const Pdu& pdu, net::ByteWriter& out);

}  // namespace xylem::bgp::rtr
