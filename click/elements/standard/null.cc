// Packets pass in whatever batches they come; PushNull and PullNull only differ in what they say of their ports.

#include <click/elements/standard/null.h>

namespace xylem::click {

const Kind Null::KIND = kindOf<Null>("Null", "1/1", "a/a");
const Kind PushNull::KIND = kindOf<PushNull>("PushNull", "1/1", "h/h");
const Kind PullNull::KIND = kindOf<PullNull>("PullNull", "1/1", "l/l");

}  // namespace xylem::click
