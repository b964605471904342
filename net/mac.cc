// Text to MAC address and back: one spelling only, so that a configuration compares as text.

#include <net/mac.h>

namespace xylem::net {

namespace {

kj::Maybe<uint> hexDigit(char c) {
  if (c >= '0' && c <= '9') return uint(c - '0');
  if (c >= 'a' && c <= 'f') return uint(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return uint(c - 'A') + 10;
  return nullptr;
}

}  // namespace

Mac Mac::fromBytes(const uint8_t* bytes) {
  Mac mac;
  for (int i = 0; i < 6; ++i) mac.bits = mac.bits << 8 | bytes[i];
  return mac;
}

kj::Maybe<Mac> Mac::parse(kj::StringPtr text) {
  if (text.size() != 17) return nullptr;
  Mac mac;
  for (size_t i = 0; i < 17; ++i) {
    if (i % 3 == 2) {
      if (text[i] != ':') return nullptr;
      continue;
    }
    KJ_IF_MAYBE (digit, hexDigit(text[i]))
      mac.bits = mac.bits << 4 | *digit;
    else
      return nullptr;
  }
  return mac;
}

kj::String Mac::whyNot(kj::StringPtr) { return kj::str("expected a MAC address such as 02:00:00:00:00:01"); }

kj::String Mac::toString() const {
  constexpr char DIGITS[] = "0123456789abcdef";
  auto text = kj::heapString(17);
  for (uint i = 0; i < 17; ++i) {
    text[i] = i % 3 == 2 ? ':' : DIGITS[bits >> (44 - 4 * (i / 3 * 2 + i % 3)) & 15];
  }
  return text;
}

}  // namespace xylem::net
