#pragma once
// NOTIFICATION: why a session ends (RFC 4271 sections 4.5 and 6), and the other errors that are told by one
// (RFC 5492, RFC 6608, RFC 7313, RFC 8538, RFC 9003, RFC 9234, RFC 9687).
//
//     Notification bad = {Code::OPEN, open::BAD_PEER_AS};
//     kj::str(bad)        open/bad-peer-as

#include <net/bytes.h>
#include <protocols/bgp/family.h>

#include <kj/string.h>

#include <vector>

namespace xylem::bgp {

using net::Bytes;

enum class Code : uint8_t {
  HEADER = 1,
  OPEN = 2,
  UPDATE = 3,
  HOLD_TIMER_EXPIRED = 4,
  STATE = 5,
  CEASE = 6,
  ROUTE_REFRESH = 7,
  SEND_HOLD_TIMER_EXPIRED = 8
};

constexpr uint8_t UNSPECIFIC = 0;
// A subcode of every code.

namespace header {
constexpr uint8_t NOT_SYNCHRONIZED = 1, BAD_LENGTH = 2, BAD_TYPE = 3;
}
namespace open {
constexpr uint8_t UNSUPPORTED_VERSION = 1, BAD_PEER_AS = 2, BAD_IDENTIFIER = 3, UNSUPPORTED_PARAMETER = 4,
                  UNACCEPTABLE_HOLD_TIME = 6, UNSUPPORTED_CAPABILITY = 7, ROLE_MISMATCH = 11;
}
namespace update {
constexpr uint8_t MALFORMED_ATTRIBUTE_LIST = 1, UNRECOGNIZED_WELL_KNOWN = 2, OPTIONAL_ATTRIBUTE = 9,
                  INVALID_NETWORK = 10;
}
namespace state {
constexpr uint8_t IN_OPEN_SENT = 1, IN_OPEN_CONFIRM = 2, IN_ESTABLISHED = 3;
}
namespace cease {
constexpr uint8_t MAX_PREFIXES = 1, ADMINISTRATIVE_SHUTDOWN = 2, PEER_DECONFIGURED = 3, ADMINISTRATIVE_RESET = 4,
                  CONNECTION_REJECTED = 5, OTHER_CONFIGURATION = 6, COLLISION = 7, OUT_OF_RESOURCES = 8, HARD_RESET = 9,
                  BFD_DOWN = 10;
}
namespace refresh {
constexpr uint8_t BAD_LENGTH = 1;
}

struct Notification {
  Code code = Code::CEASE;
  uint8_t subcode = UNSPECIFIC;
  std::vector<uint8_t> data;

  bool isHardReset() const { return code == Code::CEASE && subcode == cease::HARD_RESET; }
  Notification hardReset() const;
  // A hard reset that carries this one (RFC 8538 section 3).
  Notification effective() const;
  // What a hard reset carries; any other is itself.
  kj::Maybe<kj::String> communication() const;
  // What an operator says with an administrative shutdown or reset (RFC 9003): UTF-8, control characters and bytes that
  // are no UTF-8 each shown as `?`.

  kj::String toString() const;
  // `cease/administrative-shutdown`; by number what has no name.

  bool operator==(const Notification&) const = default;
};

std::vector<uint8_t> communication(kj::StringPtr text);
// The data of an administrative shutdown or reset that says this, cut to 255 bytes between characters.

kj::Maybe<Notification> decodeNotification(Bytes body);
// Nothing when it is shorter than its two codes.

}  // namespace xylem::bgp
