#pragma once
// Why an element refused packets, counted by reason.
//
//     static constexpr const char* REASONS[] = {"not UDP", "bad packet length"};
//     Drops drops{REASONS};

#include <click/handler.h>

#include <span>
#include <string>
#include <vector>

namespace xylem::click {

class Drops {
 public:
  explicit Drops(std::span<const char* const> reasons) : reasons(reasons), counts(reasons.size(), 0) {}

  uint64_t add(size_t reason) {
    // How many there were before.
    ++counts[reason];
    return sum++;
  }
  const char* text(size_t reason) const { return reasons[reason]; }
  std::string details() const {
    // "COUNT\tREASON" in a line each.
    std::string out;
    for (size_t i = 0; i < counts.size(); ++i) out += std::to_string(counts[i]) + "\t" + reasons[i] + "\n";
    return out;
  }
  void addHandlers(Handlers& handlers, bool hasDetails = true) const {
    handlers.data("drops", sum);
    if (hasDetails) handlers.read("drop_details", [this]() { return details(); });
  }

 private:
  std::span<const char* const> reasons;
  std::vector<uint64_t> counts;
  uint64_t sum = 0;
};

}  // namespace xylem::click
