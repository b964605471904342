// What is no pattern of digits is compared as numbers. Patterns of digits are short (no number has more than ten), so
// they are simply tried.

#include <policy/community-pattern.h>

#include <kj/debug.h>

#include <charconv>

namespace xylem::policy {
namespace {

constexpr size_t LONGEST_DIGITS = 10;
constexpr uint8_t ROUTE_TARGET = 2, ROUTE_ORIGIN = 3;
// Subtypes (RFC 4360 sections 4 and 5).
constexpr auto EXPECTED =
    "expected a community such as 65001:100, 65001:*, no-export, rt:65001:100, 65001:1:2, or /regular expression/"_kj;

bool fits(const char* pattern, const char* digits) {
  if (*pattern == '\0') return *digits == '\0';
  if (*pattern == '*') return fits(pattern + 1, digits) || (*digits != '\0' && fits(pattern, digits + 1));
  return *digits != '\0' && (*pattern == '?' || *pattern == *digits) && fits(pattern + 1, digits + 1);
}

kj::Maybe<uint32_t> number(kj::ArrayPtr<const char> text, uint32_t max) {
  uint32_t value = 0;
  if (text.size() == 0 || text[0] < '0' || text[0] > '9' || (text[0] == '0' && text.size() > 1)) return nullptr;
  auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end() || value > max) return nullptr;
  return value;
}

kj::Vector<kj::String> split(kj::StringPtr text) {
  kj::Vector<kj::String> parts;
  for (;;) {
    KJ_IF_MAYBE (colon, text.findFirst(':')) {
      parts.add(kj::str(text.slice(0, *colon)));
      text = text.slice(*colon + 1);
    } else {
      parts.add(kj::str(text));
      return parts;
    }
  }
}

}  // namespace

kj::Maybe<CommunityPattern::Field> CommunityPattern::Field::parse(kj::StringPtr text, uint32_t max) {
  Field field;
  field.last = max;
  if (text == "*") return kj::mv(field);
  KJ_IF_MAYBE (value, number(text, max)) {
    field.first = field.last = *value;
    return kj::mv(field);
  }
  KJ_IF_MAYBE (dash, text.findFirst('-')) {
    auto first = number(text.slice(0, *dash), max), last = number(text.slice(*dash + 1), max);
    if (first == nullptr || last == nullptr) return nullptr;
    field.first = KJ_ASSERT_NONNULL(first);
    field.last = KJ_ASSERT_NONNULL(last);
    if (field.first > field.last) return nullptr;
    return kj::mv(field);
  }
  bool wild = false;
  for (char c : text) {
    if (c == '*' || c == '?')
      wild = true;
    else if (c < '0' || c > '9')
      return nullptr;
  }
  if (!wild || text.size() > LONGEST_DIGITS) return nullptr;
  // `**` is `*`, so that trying takes few steps.
  kj::Vector<char> digits;
  for (char c : text)
    if (c != '*' || digits.empty() || digits.back() != '*') digits.add(c);
  field.digits = kj::heapString(digits.begin(), digits.size());
  return kj::mv(field);
}

bool CommunityPattern::Field::matches(uint32_t value) const {
  if (value < first || value > last) return false;
  return digits.size() == 0 || fits(digits.cStr(), kj::str(value).cStr());
}

kj::OneOf<CommunityPattern, CommunityPattern::Wrong> CommunityPattern::parse(kj::StringPtr text) {
  CommunityPattern made;
  if (text.size() >= 2 && text.startsWith("/") && text.endsWith("/")) {
    auto inner = kj::str(text.slice(1, text.size() - 1));
    auto parsed = Regex::parse(inner, Regex::TEXTS);
    KJ_IF_MAYBE (wrong, parsed.tryGet<Regex::Wrong>())
      return Wrong{kj::str("character ", wrong->at + 2, ": ", wrong->text)};
    made.regex = kj::mv(parsed.get<kj::Own<Regex>>());
    return kj::mv(made);
  }
  auto take = [](kj::Vector<Field>& fields, kj::StringPtr part, uint32_t max) {
    auto parsed = Field::parse(part, max);
    KJ_IF_MAYBE (field, parsed) fields.add(kj::mv(*field));
    return parsed != nullptr;
  };
  KJ_IF_MAYBE (community, Community::parse(text)) {
    take(made.standard, kj::str(community->bits >> 16), 0xffff);
    take(made.standard, kj::str(community->bits & 0xffff), 0xffff);
    return kj::mv(made);
  }
  made.exact = ExtendedCommunity::parse(text);
  if (made.exact != nullptr) return kj::mv(made);
  auto parts = split(text);
  bool good = false;
  if (parts.size() == 2) {
    good = take(made.standard, parts[0], 0xffff) && take(made.standard, parts[1], 0xffff);
  } else if (parts.size() == 3 && (parts[0] == "rt" || parts[0] == "soo")) {
    made.subtype = parts[0] == "rt" ? ROUTE_TARGET : ROUTE_ORIGIN;
    KJ_IF_MAYBE (address, net::Ip4::parse(parts[1])) {
      made.byAddress = true;
      good = take(made.extended, kj::str(address->bits), UINT32_MAX);
    } else {
      good = take(made.extended, parts[1], UINT32_MAX);
    }
    good = good && take(made.extended, parts[2], UINT32_MAX);
  } else if (parts.size() == 3) {
    good = true;
    for (auto& part : parts) good = good && take(made.large, part, UINT32_MAX);
  }
  if (!good) return Wrong{kj::str('"', text, "\" is no community; ", EXPECTED)};
  return kj::mv(made);
}

bool CommunityPattern::matches(Community community) const {
  if (regex.get() != nullptr) return regex->matches(kj::str(community));
  return !standard.empty() && standard[0].matches(community.bits >> 16) && standard[1].matches(community.bits & 0xffff);
}

bool CommunityPattern::matches(ExtendedCommunity community) const {
  if (regex.get() != nullptr) return regex->matches(kj::str(community));
  KJ_IF_MAYBE (one, exact) return *one == community;
  auto type = community.bits >> 56;
  if (extended.empty() || type > 2 || (type == 1) != byAddress || (community.bits >> 48 & 0xff) != subtype)
    return false;
  // Two or four octets of the administrator (RFC 4360 section 3.1, 3.2; RFC 5668).
  auto administrator = uint32_t(type == 0 ? community.bits >> 32 & 0xffff : community.bits >> 16);
  auto value = uint32_t(type == 0 ? community.bits : community.bits & 0xffff);
  return extended[0].matches(administrator) && extended[1].matches(value);
}

bool CommunityPattern::matches(LargeCommunity community) const {
  if (regex.get() != nullptr) return regex->matches(kj::str(community));
  return !large.empty() && large[0].matches(community.administrator) && large[1].matches(community.first) &&
         large[2].matches(community.second);
}

bool CommunityPattern::matchesAny(const Attributes& attributes) const {
  auto any = [this](auto& set) {
    return std::any_of(set.begin(), set.end(), [this](auto community) { return matches(community); });
  };
  return any(attributes.communities) || any(attributes.extendedCommunities) || any(attributes.largeCommunities);
}

bool Communities::add(kj::StringPtr text) {
  KJ_IF_MAYBE (community, Community::parse(text)) {
    standard.insert(*community);
  } else KJ_IF_MAYBE (community, ExtendedCommunity::parse(text)) {
    extended.insert(*community);
  } else KJ_IF_MAYBE (community, LargeCommunity::parse(text)) {
    large.insert(*community);
  } else {
    return false;
  }
  return true;
}

}  // namespace xylem::policy
