// Only the packet's begin moves; the bytes stay, and Unstrip finds them again.

#include <click/elements/standard/strip.h>

namespace xylem::click {

const Kind Strip::KIND = kindOf<Strip>("Strip", "1/1", "a/a");
const Kind Unstrip::KIND = kindOf<Unstrip>("Unstrip", "1/1", "a/a");

}  // namespace xylem::click
