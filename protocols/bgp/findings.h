#pragma once
// What was wrong with the updates of a neighbor without ending its session (RFC 7606 section 8): how often, and the
// last ones, each with its bytes.

#include <protocols/bgp/update.h>

#include <deque>
#include <string>

namespace xylem::bgp {

class Findings {
 public:
  static constexpr size_t KEPT = 16, MAX_BYTES = 256;

  void note(const Finding& finding);
  uint64_t size() const { return count; }
  // All there have been.
  const std::deque<std::string>& latest() const { return lines; }
  // The newest first: `withdraw attribute 8: a length that it cannot have: c0080100`. Of more than MAX_BYTES bytes, the
  // first ones and `...`.

 private:
  uint64_t count = 0;
  std::deque<std::string> lines;
};

}  // namespace xylem::bgp
