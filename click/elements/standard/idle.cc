// Its flow code says that no input leads to an output: whoever looks through a graph ends here.

#include <click/elements/standard/idle.h>

namespace xylem::click {

const Kind Idle::KIND = kindOf<Idle>("Idle", "-/-", "a/a", "x/y");

}  // namespace xylem::click
