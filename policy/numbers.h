#pragma once
// Numbers as policies write them: sets to compare with, and changes.

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace xylem::policy {

using kj::uint;

struct Interval {
  // `7`, `1-5`, `100-`: both ends included.
  uint32_t first = 0, last = UINT32_MAX;

  static kj::Maybe<Interval> parse(kj::StringPtr text);
  bool has(uint32_t value) const { return value >= first && value <= last; }
};

struct Amount {
  // `200` sets, `+10` adds, `-10` subtracts, `none` removes.
  enum Kind { SET, ADD, SUBTRACT, REMOVE } kind;
  uint32_t value = 0;

  static kj::Maybe<Amount> parse(kj::StringPtr text);
  kj::Maybe<uint32_t> from(const kj::Maybe<uint32_t>& present, uint32_t absent) const;
  // What becomes of a value; one that is not there counts as `absent`. Sums stay within 0 and 4294967295.
};

}  // namespace xylem::policy
