// What is common to policies and protocols of path attributes: their arithmetic and their texts.

#include <policy/attributes.h>

#include <net/bytes.h>

#include <cstdlib>

namespace xylem::policy {

namespace {

constexpr uint LONGEST = 0xffff;
// Members of a segment.

struct WellKnown {
  Community community;
  kj::StringPtr name;
};
const WellKnown WELL_KNOWN[] = {{GRACEFUL_SHUTDOWN, "graceful-shutdown"_kj},
                                {ACCEPT_OWN, "accept-own"_kj},
                                {LLGR_STALE, "llgr-stale"_kj},
                                {NO_LLGR, "no-llgr"_kj},
                                {BLACKHOLE, "blackhole"_kj},
                                {NO_EXPORT, "no-export"_kj},
                                {NO_ADVERTISE, "no-advertise"_kj},
                                {NO_EXPORT_SUBCONFED, "no-export-subconfed"_kj},
                                {NO_PEER, "no-peer"_kj}};

constexpr uint8_t ROUTE_TARGET = 2, ROUTE_ORIGIN = 3;
// Subtypes (RFC 4360 sections 4 and 5).

class Scanner {
 public:
  explicit Scanner(kj::StringPtr text) : at(text.begin()), last(text.end()) {}

  bool done() const { return at == last; }
  bool skip(char c) {
    if (at == last || *at != c) return false;
    ++at;
    return true;
  }
  void spaces() {
    while (skip(' ')) {
    }
  }
  kj::Maybe<uint64_t> number(uint64_t max) {
    if (at == last || *at < '0' || *at > '9' || (*at == '0' && at + 1 < last && at[1] >= '0' && at[1] <= '9'))
      return nullptr;
    uint64_t value = 0;
    for (; at < last && *at >= '0' && *at <= '9'; ++at) {
      value = value * 10 + uint64_t(*at - '0');
      if (value > max) return nullptr;
    }
    return value;
  }
  kj::String word() {
    auto from = at;
    while (at < last && *at != ':') ++at;
    return kj::heapString(from, size_t(at - from));
  }

 private:
  const char* at;
  const char* last;
};

}  // namespace

// ---- AsPath

void AsPath::append(Type type, kj::ArrayPtr<const uint32_t> members) {
  while (members.size() > 0) {
    auto part = members.slice(0, kj::min(members.size(), size_t(LONGEST)));
    size_t head = words.size();
    if (type == SEQUENCE || type == CONFED_SEQUENCE) {
      size_t final = words.size();
      for (size_t i = 0; i < words.size(); i += 1 + (words[i] & 0xffff)) final = i;
      if (final < words.size() && Type(words[final] >> 16) == type && (words[final] & 0xffff) + part.size() <= LONGEST)
        head = final;
    }
    if (head == words.size()) words.push_back(uint32_t(type) << 16);
    words[head] += uint32_t(part.size());
    words.insert(words.end(), part.begin(), part.end());
    members = members.slice(part.size(), members.size());
  }
  normalize();
}

void AsPath::prepend(uint32_t as, uint count, Type type) {
  if (count == 0) return;
  bool joins = !words.empty() && Type(words[0] >> 16) == type && (words[0] & 0xffff) + count <= LONGEST;
  if (!joins) words.insert(words.begin(), uint32_t(type) << 16);
  words[0] += count;
  words.insert(words.begin() + 1, count, as);
}

uint AsPath::length() const {
  uint length = 0;
  for (auto segment : *this) {
    if (segment.type == SEQUENCE) length += uint(segment.members.size());
    if (segment.type == SET) ++length;
  }
  return length;
}

uint32_t AsPath::neighbor() const {
  for (auto segment : *this)
    if (segment.type <= SEQUENCE) return segment.type == SEQUENCE ? segment.members[0] : 0;
  return 0;
}

uint32_t AsPath::origin() const {
  uint32_t origin = 0;
  for (auto segment : *this)
    origin = segment.type == SEQUENCE ? segment.members.back() : segment.type == SET ? 0 : origin;
  return origin;
}

uint AsPath::count(uint32_t as) const {
  uint count = 0;
  for (auto segment : *this) count += uint(std::count(segment.members.begin(), segment.members.end(), as));
  return count;
}

void AsPath::removeConfederation() {
  AsPath kept;
  for (auto segment : *this)
    if (segment.type <= SEQUENCE) kept.append(segment.type, segment.members);
  *this = kj::mv(kept);
}

void AsPath::normalize() {
  for (size_t i = 0; i < words.size(); i += 1 + (words[i] & 0xffff)) {
    auto type = Type(words[i] >> 16);
    if (type != SET && type != CONFED_SET) continue;
    auto begin = words.begin() + ptrdiff_t(i) + 1, end = begin + (words[i] & 0xffff);
    std::sort(begin, end);
    auto rest = std::unique(begin, end);
    words[i] -= uint32_t(end - rest);
    words.erase(rest, end);
  }
}

kj::Maybe<AsPath> AsPath::parse(kj::StringPtr text) {
  AsPath path;
  Scanner in(text);
  std::vector<uint32_t> members;
  for (in.spaces(); !in.done(); in.spaces()) {
    Type type = in.skip('{') ? SET : in.skip('(') ? CONFED_SEQUENCE : in.skip('[') ? CONFED_SET : SEQUENCE;
    char close = type == SET ? '}' : type == CONFED_SEQUENCE ? ')' : ']';
    members.clear();
    do {
      in.spaces();
      KJ_IF_MAYBE (as, in.number(0xffffffff))
        members.push_back(uint32_t(*as));
      else
        return nullptr;
      in.spaces();
    } while (type != SEQUENCE && !in.skip(close));
    path.append(type, kj::arrayPtr(members.data(), members.size()));
  }
  return kj::mv(path);
}

kj::String AsPath::toString() const {
  kj::Vector<kj::String> parts;
  for (auto segment : *this) {
    auto members = kj::strArray(segment.members, " ");
    switch (segment.type) {
      case SET:
        parts.add(kj::str("{", members, "}"));
        break;
      case SEQUENCE:
        parts.add(kj::mv(members));
        break;
      case CONFED_SEQUENCE:
        parts.add(kj::str("(", members, ")"));
        break;
      case CONFED_SET:
        parts.add(kj::str("[", members, "]"));
        break;
    }
  }
  return kj::strArray(parts, " ");
}

uint AsPath::hashCode() const {
  uint hash = uint(words.size());
  for (auto word : words) hash = net::mix(word, hash);
  return hash;
}

// ---- communities

kj::Maybe<Community> Community::parse(kj::StringPtr text) {
  for (auto& known : WELL_KNOWN)
    if (known.name == text) return known.community;
  Scanner in(text);
  KJ_IF_MAYBE (as, in.number(0xffff))
    if (in.skip(':'))
      KJ_IF_MAYBE (value, in.number(0xffff))
        if (in.done()) return Community(uint16_t(*as), uint16_t(*value));
  return nullptr;
}

kj::String Community::toString() const {
  for (auto& known : WELL_KNOWN)
    if (known.community == *this) return kj::str(known.name);
  return kj::str(bits >> 16, ":", bits & 0xffff);
}

kj::Maybe<ExtendedCommunity> ExtendedCommunity::parse(kj::StringPtr text) {
  if (text.size() == 18 && text.startsWith("0x")) {
    char* end;
    auto bits = strtoull(text.begin() + 2, &end, 16);
    if (end != text.end() || text[2] == '+' || text[2] == '-' || text[2] == ' ') return nullptr;
    return ExtendedCommunity{bits};
  }
  Scanner in(text);
  auto name = in.word();
  uint64_t subtype = name == "rt" ? ROUTE_TARGET : name == "soo" ? ROUTE_ORIGIN : 0;
  if (subtype == 0 || !in.skip(':')) return nullptr;
  auto administrator = in.word();
  if (!in.skip(':')) return nullptr;
  KJ_IF_MAYBE (value, in.number(0xffffffff)) {
    if (!in.done()) return nullptr;
    KJ_IF_MAYBE (address, net::Ip4::parse(administrator)) {
      if (*value > 0xffff) return nullptr;
      return ExtendedCommunity{1ull << 56 | subtype << 48 | uint64_t(address->bits) << 16 | *value};
    }
    Scanner inner(administrator);
    KJ_IF_MAYBE (as, inner.number(0xffffffff)) {
      if (!inner.done()) return nullptr;
      if (*as <= 0xffff) return ExtendedCommunity{subtype << 48 | *as << 32 | *value};
      if (*value <= 0xffff) return ExtendedCommunity{2ull << 56 | subtype << 48 | *as << 16 | *value};
    }
  }
  return nullptr;
}

kj::String ExtendedCommunity::toString() const {
  auto type = bits >> 56, subtype = bits >> 48 & 0xff;
  uint32_t as = uint32_t(type == 0 ? bits >> 32 & 0xffff : bits >> 16);
  auto value = type == 0 ? bits & 0xffffffff : bits & 0xffff;
  // Four octets for an AS that fits in two have no text but the bytes: it must parse as what it was.
  bool named = (subtype == ROUTE_TARGET || subtype == ROUTE_ORIGIN) && type <= 2 && (type != 2 || as > 0xffff);
  if (named) {
    auto name = subtype == ROUTE_TARGET ? "rt:"_kj : "soo:"_kj;
    return type == 1 ? kj::str(name, net::Ip4{as}, ":", value) : kj::str(name, as, ":", value);
  }
  kj::String text = kj::str("0x0000000000000000");
  for (uint i = 0; i < 16; ++i) text[2 + i] = "0123456789abcdef"[bits >> (60 - 4 * i) & 0xf];
  return text;
}

kj::Maybe<LargeCommunity> LargeCommunity::parse(kj::StringPtr text) {
  Scanner in(text);
  uint32_t parts[3];
  for (uint i = 0; i < 3; ++i) {
    if (i > 0 && !in.skip(':')) return nullptr;
    KJ_IF_MAYBE (part, in.number(0xffffffff))
      parts[i] = uint32_t(*part);
    else
      return nullptr;
  }
  if (!in.done()) return nullptr;
  return LargeCommunity{parts[0], parts[1], parts[2]};
}

kj::String LargeCommunity::toString() const { return kj::str(administrator, ":", first, ":", second); }

// ---- Attributes

namespace {

template <typename T> bool same(const kj::Maybe<T>& a, const kj::Maybe<T>& b) {
  KJ_IF_MAYBE (left, a) {
    KJ_IF_MAYBE (right, b) return *left == *right;
    return false;
  }
  return b == nullptr;
}

}  // namespace

bool Attributes::operator==(const Attributes& other) const {
  return origin == other.origin && atomicAggregate == other.atomicAggregate && path == other.path &&
         nextHop == other.nextHop && linkLocal == other.linkLocal && same(med, other.med) &&
         same(localPreference, other.localPreference) && same(aggregator, other.aggregator) &&
         communities == other.communities && extendedCommunities == other.extendedCommunities &&
         largeCommunities == other.largeCommunities && same(originatorId, other.originatorId) &&
         clusters == other.clusters && same(onlyToCustomer, other.onlyToCustomer) && others == other.others;
}

}  // namespace xylem::policy
