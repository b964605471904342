#pragma once
// Points in time and durations of the click plane: nanoseconds. Points count from 1970 (timestamps) or from an
// arbitrary moment (the scheduler's steady clock).

#include <cstdint>
#include <string>

namespace xylem::click {

using Nanoseconds = int64_t;
constexpr Nanoseconds MICROSECOND = 1000, MILLISECOND = 1000 * MICROSECOND, SECOND = 1000 * MILLISECOND;

std::string printSeconds(Nanoseconds time);
// "1000000000.000001", with as many decimals as are needed: six, or nine.
std::string printDuration(Nanoseconds time);
// "0.02s", "5s": without needless zeros.

}  // namespace xylem::click
