#pragma once
// CommunityPattern: which communities a word of a community list stands for.
//
//     65001:100   no-export               a standard community, by number or well-known name
//     65001:*     65001:100-199   65*:1?? standard: any number, a range, digits (`?` is one, `*` any, also none)
//     rt:65001:*  soo:192.0.2.1:7         extended; 0x0002fde900000064 is one by its bytes
//     65001:1:*                           large
//     /^6500[12]:/                        any kind, by a regular expression over its text (Regex::TEXTS)

#include <kj/vector.h>
#include <policy/attributes.h>
#include <policy/regex.h>

namespace xylem::policy {

class CommunityPattern {
 public:
  struct Wrong {
    kj::String text;
    // What is wrong.
  };
  static kj::OneOf<CommunityPattern, Wrong> parse(kj::StringPtr text);

  bool matches(Community community) const;
  bool matches(ExtendedCommunity community) const;
  bool matches(LargeCommunity community) const;

  bool matchesAny(const Attributes& attributes) const;

 private:
  struct Field {
    // Of a number: a range, and digits that it must have if they are given.
    uint32_t first = 0, last = UINT32_MAX;
    kj::String digits;

    static kj::Maybe<Field> parse(kj::StringPtr text, uint32_t max);
    bool matches(uint32_t value) const;
  };

  kj::Vector<Field> standard, extended, large;
  // The fields of each kind; empty: none of that kind.
  uint8_t subtype = 0;
  bool byAddress = false;
  // Of an extended one: its administrator is an IPv4 address, not an AS.
  kj::Maybe<ExtendedCommunity> exact;
  kj::Own<Regex> regex;
};

class Communities {
  // A few of any kind, sorted out.
 public:
  Set<Community> standard;
  Set<ExtendedCommunity> extended;
  Set<LargeCommunity> large;

  bool add(kj::StringPtr text);
  // Whether this is the text of one.
};

}  // namespace xylem::policy
