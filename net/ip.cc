// Text to address and back.
//
// Parsing is done here by hand, since inet_pton wants a terminated string (a prefix is cut at its slash), and since the
// exact language matters: what an operator types is stored as typed, so one address has few spellings. Leading zeros
// in IPv4 are refused because half of the world reads them as octal. RFC 4291 section 2.2 gives the forms of IPv6,
// RFC 5952 the one that is printed: lower case, the first of the longest runs of two or more zero groups as `::`, and
// dotted decimal at the end of what embeds an IPv4 address for sure (::ffff:0:0/96).
//
// `whyNot` runs only on the way to an error message, so it may look at the text again from the start.

#include <net/ip.h>

#include <kj/debug.h>

#include <cstring>

namespace xylem::net {

namespace {

using Chars = kj::ArrayPtr<const char>;

class Scan {
  // Takes a text from left to right.
 public:
  explicit Scan(Chars text) : at(text.begin()), end(text.end()) {}

  bool done() const { return at == end; }
  size_t left() const { return size_t(end - at); }
  Chars rest() const { return kj::arrayPtr(at, end); }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool take(char a, char b) {
    if (left() < 2 || at[0] != a || at[1] != b) return false;
    at += 2;
    return true;
  }
  kj::Maybe<uint> decimal(uint max) {
    // Without leading zeros.
    auto start = at;
    uint value = 0;
    for (; at != end && *at >= '0' && *at <= '9'; ++at) {
      value = value * 10 + uint(*at - '0');
      if (value > max || at - start > 3) return nullptr;
    }
    if (at == start || (*start == '0' && at - start > 1)) return nullptr;
    return value;
  }
  kj::Maybe<uint> group() {
    // One to four hexadecimal digits.
    auto start = at;
    uint value = 0;
    for (; at != end; ++at) {
      char c = *at;
      uint digit;
      if (c >= '0' && c <= '9')
        digit = uint(c - '0');
      else if (c >= 'a' && c <= 'f')
        digit = uint(c - 'a') + 10;
      else if (c >= 'A' && c <= 'F')
        digit = uint(c - 'A') + 10;
      else
        break;
      value = value << 4 | digit;
      if (at - start >= 4) return nullptr;
    }
    if (at == start) return nullptr;
    return value;
  }

 private:
  const char* at;
  const char* end;
};

kj::Maybe<Ip4> scan(Chars text, Ip4*) {
  Scan in(text);
  uint32_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && !in.take('.')) return nullptr;
    KJ_IF_MAYBE (octet, in.decimal(255))
      bits = bits << 8 | *octet;
    else
      return nullptr;
  }
  if (!in.done()) return nullptr;
  return Ip4{bits};
}

bool hasDotBeforeColon(Chars text) {
  for (char c : text) {
    if (c == '.') return true;
    if (c == ':') return false;
  }
  return false;
}

kj::Maybe<Ip6> scan(Chars text, Ip6*) {
  Scan in(text);
  uint16_t groups[8] = {};
  uint count = 0;
  kj::Maybe<uint> gap;
  if (in.take(':', ':')) gap = 0u;
  while (!in.done()) {
    if (count == 8) return nullptr;
    if (hasDotBeforeColon(in.rest())) {
      if (count > 6) return nullptr;
      KJ_IF_MAYBE (v4, scan(in.rest(), static_cast<Ip4*>(nullptr))) {
        groups[count++] = uint16_t(v4->bits >> 16);
        groups[count++] = uint16_t(v4->bits);
        break;
      }
      return nullptr;
    }
    KJ_IF_MAYBE (group, in.group())
      groups[count++] = uint16_t(*group);
    else
      return nullptr;
    if (in.done()) break;
    if (in.take(':', ':')) {
      if (gap != nullptr) return nullptr;
      gap = count;
    } else if (!in.take(':') || in.done()) {
      return nullptr;
    }
  }
  KJ_IF_MAYBE (at, gap) {
    if (count == 8) return nullptr;
    uint tail = count - *at;
    for (uint i = 0; i < tail; ++i) std::swap(groups[7 - i], groups[count - 1 - i]);
  } else if (count != 8) {
    return nullptr;
  }
  Ip6 address;
  for (int i = 0; i < 4; ++i) address.high = address.high << 16 | groups[i];
  for (int i = 4; i < 8; ++i) address.low = address.low << 16 | groups[i];
  return address;
}

kj::Maybe<Ip> scan(Chars text, Ip*) {
  KJ_IF_MAYBE (v4, scan(text, static_cast<Ip4*>(nullptr))) return Ip(*v4);
  KJ_IF_MAYBE (v6, scan(text, static_cast<Ip6*>(nullptr))) return Ip(*v6);
  return nullptr;
}

template <typename Address> struct Parts {
  // What an address with a length is made of, as far as it could be read.
  bool slash = false;
  kj::Maybe<Address> address;
  kj::Maybe<uint> length;  // at most the widest there is

  bool whole() const { return address != nullptr && length != nullptr; }
};

template <typename Address> Parts<Address> split(kj::StringPtr text) {
  Parts<Address> parts;
  size_t cut = text.size();
  KJ_IF_MAYBE (slash, text.findFirst('/')) {
    parts.slash = true;
    cut = *slash;
    Scan in(text.slice(cut + 1));
    auto length = in.decimal(128);
    if (in.done()) parts.length = length;
  }
  parts.address = scan(text.asArray().slice(0, cut), static_cast<Address*>(nullptr));
  return parts;
}

bool isNoneWord(kj::StringPtr text) { return text == "-"; }

uint widthOf(Ip4) { return Ip4::WIDTH; }
uint widthOf(Ip6) { return Ip6::WIDTH; }
uint widthOf(Ip address) { return address.width(); }

template <typename Address> struct Words;
template <> struct Words<Ip4> {
  static constexpr const char *ADDRESS = "an IPv4 address such as 192.0.2.1",
                              *NET = "an IPv4 prefix such as 10.0.0.0/8";
};
template <> struct Words<Ip6> {
  static constexpr const char *ADDRESS = "an IPv6 address such as 2001:db8::1",
                              *NET = "an IPv6 prefix such as 2001:db8::/32";
};
template <> struct Words<Ip> {
  static constexpr const char *ADDRESS = "an address such as 192.0.2.1 or 2001:db8::1",
                              *NET = "a prefix such as 10.0.0.0/8 or 2001:db8::/32";
};

template <typename Address> kj::String whyNoAddress(kj::StringPtr text) {
  auto parts = split<Address>(text);
  if (parts.slash && parts.address != nullptr) {
    return kj::str(text, " has a prefix length; expected ", Words<Address>::ADDRESS);
  }
  if (text.findFirst('%') != nullptr) return kj::str(text, " has a zone; expected ", Words<Address>::ADDRESS);
  return kj::str("expected ", Words<Address>::ADDRESS);
}

template <typename Address>
kj::Maybe<kj::String> whyNoLength(kj::StringPtr text, const Parts<Address>& parts, const char* expected) {
  // What is the same for prefixes and interface addresses; nothing when address and length are both there.
  KJ_IF_MAYBE (address, parts.address) {
    uint width = widthOf(*address);
    if (!parts.slash) {
      return kj::str(text, " has no prefix length; ", text, '/', width, " is the single address");
    }
    KJ_IF_MAYBE (length, parts.length) {
      if (*length <= width) return nullptr;
    }
    return kj::str(text, " has a bad prefix length; it is a number from 0 to ", width);
  }
  return kj::str("expected ", expected);
}

template <typename Address, typename Net> kj::String whyNoNet(kj::StringPtr text) {
  auto parts = split<Address>(text);
  KJ_IF_MAYBE (why, whyNoLength(text, parts, Words<Address>::NET)) return kj::mv(*why);
  Net net(KJ_ASSERT_NONNULL(parts.address), KJ_ASSERT_NONNULL(parts.length));
  return kj::str(text, " has host bits set; ", net, " is the prefix");
}

}  // namespace

Ip4 Ip4::fromBytes(const uint8_t* bytes) { return of(bytes[0], bytes[1], bytes[2], bytes[3]); }

void Ip4::toBytes(uint8_t* bytes) const {
  for (int i = 0; i < 4; ++i) bytes[i] = uint8_t(bits >> (24 - 8 * i));
}

kj::Maybe<Ip4> Ip4::parse(kj::StringPtr text) { return scan(text, static_cast<Ip4*>(nullptr)); }

kj::String Ip4::whyNot(kj::StringPtr text) { return whyNoAddress<Ip4>(text); }

kj::String Ip4::toString() const {
  return kj::str(bits >> 24, '.', bits >> 16 & 255, '.', bits >> 8 & 255, '.', bits & 255);
}

Ip6 Ip6::fromBytes(const uint8_t* bytes) {
  Ip6 address;
  for (int i = 0; i < 8; ++i) address.high = address.high << 8 | bytes[i];
  for (int i = 8; i < 16; ++i) address.low = address.low << 8 | bytes[i];
  return address;
}

void Ip6::toBytes(uint8_t* bytes) const {
  for (int i = 0; i < 8; ++i) bytes[i] = uint8_t(high >> (56 - 8 * i));
  for (int i = 0; i < 8; ++i) bytes[8 + i] = uint8_t(low >> (56 - 8 * i));
}

kj::Maybe<Ip6> Ip6::parse(kj::StringPtr text) { return scan(text, static_cast<Ip6*>(nullptr)); }

kj::String Ip6::whyNot(kj::StringPtr text) { return whyNoAddress<Ip6>(text); }

kj::String Ip6::toString() const {
  if (isV4Mapped()) return kj::str("::ffff:", Ip4{uint32_t(low)});
  uint best = 8, bestRun = 1;
  for (uint i = 0; i < 8;) {
    uint run = 0;
    while (i + run < 8 && slice((i + run) * 16, 16) == 0) ++run;
    if (run > bestRun) best = i, bestRun = run;
    i += run + 1;
  }
  char text[40];
  char* out = text;
  for (uint i = 0; i < 8; ++i) {
    if (i == best) {
      *out++ = ':';
      *out++ = ':';
      i += bestRun - 1;
      continue;
    }
    if (i > 0 && out[-1] != ':') *out++ = ':';
    for (char c : kj::hex(slice(i * 16, 16))) *out++ = c;
  }
  return kj::heapString(text, size_t(out - text));
}

template <typename Address> kj::Maybe<Prefix<Address>> Prefix<Address>::parse(kj::StringPtr text) {
  auto parts = split<Address>(text);
  if (!parts.whole()) return nullptr;
  return exactly(KJ_ASSERT_NONNULL(parts.address), KJ_ASSERT_NONNULL(parts.length));
}

template <typename Address> kj::String Prefix<Address>::whyNot(kj::StringPtr text) {
  return whyNoNet<Address, Prefix>(text);
}

template <typename Address> kj::String Prefix<Address>::toString() const { return kj::str(bits, '/', count); }

template class Prefix<Ip4>;
template class Prefix<Ip6>;

kj::Maybe<Ip> Ip::parse(kj::StringPtr text) {
  if (isNoneWord(text)) return Ip();
  return scan(text, static_cast<Ip*>(nullptr));
}

kj::String Ip::whyNot(kj::StringPtr text) { return whyNoAddress<Ip>(text); }

kj::String Ip::toString() const { return is4() ? v4().toString() : is6() ? bits.toString() : kj::str('-'); }

kj::Maybe<IpNet> IpNet::exactly(Ip address, uint length) {
  if (address.isNone() || length > address.width()) return nullptr;
  IpNet net(address, length);
  if (net.base != address) return nullptr;
  return net;
}

kj::Maybe<IpNet> IpNet::parse(kj::StringPtr text) {
  if (isNoneWord(text)) return IpNet();
  auto parts = split<Ip>(text);
  if (!parts.whole()) return nullptr;
  return exactly(KJ_ASSERT_NONNULL(parts.address), KJ_ASSERT_NONNULL(parts.length));
}

kj::String IpNet::whyNot(kj::StringPtr text) { return whyNoNet<Ip, IpNet>(text); }

kj::String IpNet::toString() const { return isNone() ? kj::str('-') : kj::str(base, '/', count); }

kj::Maybe<IfAddr> IfAddr::exactly(Ip address, uint length) {
  if (address.isNone() || length > address.width()) return nullptr;
  return IfAddr(address, length);
}

kj::Maybe<IfAddr> IfAddr::parse(kj::StringPtr text) {
  if (isNoneWord(text)) return IfAddr();
  auto parts = split<Ip>(text);
  if (!parts.whole()) return nullptr;
  return exactly(KJ_ASSERT_NONNULL(parts.address), KJ_ASSERT_NONNULL(parts.length));
}

kj::String IfAddr::whyNot(kj::StringPtr text) {
  constexpr auto EXPECTED = "an address with its prefix length such as 192.0.2.1/24 or 2001:db8::1/64";
  KJ_IF_MAYBE (why, whyNoLength(text, split<Ip>(text), EXPECTED)) return kj::mv(*why);
  return kj::str("expected ", EXPECTED);
}

kj::String IfAddr::toString() const { return isNone() ? kj::str('-') : kj::str(at, '/', count); }

}  // namespace xylem::net
