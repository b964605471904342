// Names of errors, and what a person may say with them.
//
// The text of a shutdown communication goes to logs and terminals of somebody who did not write it, so nothing of it is
// believed to be a character that is not.

#include <protocols/bgp/notification.h>

namespace xylem::bgp {

namespace {

struct Name {
  Code code;
  uint8_t subcode;
  kj::StringPtr text;
};

const Name SUBCODES[] = {{Code::HEADER, header::NOT_SYNCHRONIZED, "not-synchronized"_kj},
                         {Code::HEADER, header::BAD_LENGTH, "bad-length"_kj},
                         {Code::HEADER, header::BAD_TYPE, "bad-type"_kj},
                         {Code::OPEN, open::UNSUPPORTED_VERSION, "unsupported-version"_kj},
                         {Code::OPEN, open::BAD_PEER_AS, "bad-peer-as"_kj},
                         {Code::OPEN, open::BAD_IDENTIFIER, "bad-identifier"_kj},
                         {Code::OPEN, open::UNSUPPORTED_PARAMETER, "unsupported-parameter"_kj},
                         {Code::OPEN, open::UNACCEPTABLE_HOLD_TIME, "unacceptable-hold-time"_kj},
                         {Code::OPEN, open::UNSUPPORTED_CAPABILITY, "unsupported-capability"_kj},
                         {Code::OPEN, open::ROLE_MISMATCH, "role-mismatch"_kj},
                         {Code::UPDATE, update::MALFORMED_ATTRIBUTE_LIST, "malformed-attribute-list"_kj},
                         {Code::UPDATE, update::UNRECOGNIZED_WELL_KNOWN, "unrecognized-well-known-attribute"_kj},
                         {Code::UPDATE, 3, "missing-well-known-attribute"_kj},
                         {Code::UPDATE, 4, "attribute-flags"_kj},
                         {Code::UPDATE, 5, "attribute-length"_kj},
                         {Code::UPDATE, 6, "invalid-origin"_kj},
                         {Code::UPDATE, 8, "invalid-next-hop"_kj},
                         {Code::UPDATE, update::OPTIONAL_ATTRIBUTE, "optional-attribute"_kj},
                         {Code::UPDATE, update::INVALID_NETWORK, "invalid-network"_kj},
                         {Code::UPDATE, 11, "malformed-as-path"_kj},
                         {Code::STATE, state::IN_OPEN_SENT, "unexpected-in-open-sent"_kj},
                         {Code::STATE, state::IN_OPEN_CONFIRM, "unexpected-in-open-confirm"_kj},
                         {Code::STATE, state::IN_ESTABLISHED, "unexpected-in-established"_kj},
                         {Code::CEASE, cease::MAX_PREFIXES, "maximum-prefixes"_kj},
                         {Code::CEASE, cease::ADMINISTRATIVE_SHUTDOWN, "administrative-shutdown"_kj},
                         {Code::CEASE, cease::PEER_DECONFIGURED, "peer-deconfigured"_kj},
                         {Code::CEASE, cease::ADMINISTRATIVE_RESET, "administrative-reset"_kj},
                         {Code::CEASE, cease::CONNECTION_REJECTED, "connection-rejected"_kj},
                         {Code::CEASE, cease::OTHER_CONFIGURATION, "other-configuration-change"_kj},
                         {Code::CEASE, cease::COLLISION, "connection-collision"_kj},
                         {Code::CEASE, cease::OUT_OF_RESOURCES, "out-of-resources"_kj},
                         {Code::CEASE, cease::HARD_RESET, "hard-reset"_kj},
                         {Code::CEASE, cease::BFD_DOWN, "bfd-down"_kj},
                         {Code::ROUTE_REFRESH, refresh::BAD_LENGTH, "bad-length"_kj}};

const kj::StringPtr CODES[] = {"header"_kj, "open"_kj,  "update"_kj,        "hold-timer-expired"_kj,
                               "state"_kj,  "cease"_kj, "route-refresh"_kj, "send-hold-timer-expired"_kj};

size_t characterAt(Bytes text, size_t at) {
  // The length of the UTF-8 sequence there, or 0.
  uint8_t first = text[at];
  size_t length = first < 0x80                    ? 1
                  : first >= 0xc2 && first < 0xe0 ? 2
                  : first >= 0xe0 && first < 0xf0 ? 3
                  : first >= 0xf0 && first < 0xf5 ? 4
                                                  : 0;
  if (length == 0 || text.size() - at < length) return 0;
  uint32_t point = length == 1 ? first : first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((text[at + i] & 0xc0) != 0x80) return 0;
    point = point << 6 | (text[at + i] & 0x3f);
  }
  bool isControl = point < 0x20 || (point >= 0x7f && point < 0xa0);
  bool isSurrogate = point >= 0xd800 && point < 0xe000;
  bool isOverlong = (length == 3 && point < 0x800) || (length == 4 && (point < 0x10000 || point > 0x10ffff));
  return isControl || isSurrogate || isOverlong ? 0 : length;
}

}  // namespace

Notification Notification::hardReset() const {
  Notification outer{Code::CEASE, cease::HARD_RESET};
  outer.data.reserve(2 + data.size());
  outer.data.push_back(uint8_t(code));
  outer.data.push_back(subcode);
  outer.data.insert(outer.data.end(), data.begin(), data.end());
  return outer;
}

Notification Notification::effective() const {
  if (!isHardReset() || data.size() < 2) return *this;
  return {Code(data[0]), data[1], {data.begin() + 2, data.end()}};
}

kj::Maybe<kj::String> Notification::communication() const {
  auto inner = effective();
  bool speaks = inner.code == Code::CEASE &&
                (inner.subcode == cease::ADMINISTRATIVE_SHUTDOWN || inner.subcode == cease::ADMINISTRATIVE_RESET);
  if (!speaks) return nullptr;
  net::ByteReader in(kj::arrayPtr(inner.data.data(), inner.data.size()));
  auto text = in.bytes(in.u8());
  if (!in.ok() || text.size() == 0) return nullptr;
  kj::Vector<char> shown(text.size() + 1);
  for (size_t at = 0; at < text.size();) {
    size_t length = characterAt(text, at);
    if (length == 0) {
      shown.add('?');
      ++at;
    }
    for (; length > 0; --length) shown.add(char(text[at++]));
  }
  shown.add('\0');
  return kj::String(shown.releaseAsArray());
}

kj::String Notification::toString() const {
  auto number = uint(code);
  auto name = number >= 1 && number <= kj::size(CODES) ? kj::str(CODES[number - 1]) : kj::str(number);
  if (isHardReset() && data.size() >= 2) return kj::str("cease/hard-reset(", effective(), ")");
  for (auto& known : SUBCODES)
    if (known.code == code && known.subcode == subcode) return kj::str(name, "/", known.text);
  if (subcode == UNSPECIFIC) return name;
  return kj::str(name, "/", uint(subcode));
}

std::vector<uint8_t> communication(kj::StringPtr text) {
  size_t size = kj::min(text.size(), size_t(255));
  while (size < text.size() && size > 0 && (uint8_t(text[size]) & 0xc0) == 0x80) --size;
  if (size == 0) return {};
  std::vector<uint8_t> data{uint8_t(size)};
  data.insert(data.end(), text.begin(), text.begin() + size);
  return data;
}

kj::Maybe<Notification> decodeNotification(Bytes body) {
  net::ByteReader in(body);
  auto code = in.u8(), subcode = in.u8();
  if (!in.ok()) return nullptr;
  auto data = in.rest();
  return Notification{Code(code), subcode, {data.begin(), data.end()}};
}

}  // namespace xylem::bgp
