#pragma once
// What an operator asks of OSPF (ospf.capnp, Show): the core's state in tables.

#include <kj/timer.h>
#include <protocols/ospf.capnp.h>
#include <protocols/ospf/core.h>

namespace xylem::ospf {

schema::Show::Client showOf(kj::Maybe<kj::Own<Core>>& core, kj::Timer& clock);
// While there is no core, all tables are empty.

void fillState(const Core& core, schema::State::Builder state);

kj::String contentOf(const Lsa& lsa);
// What it says, in one line: `links 3: point-to-point 1.0.0.2 cost 10, ...`

}  // namespace xylem::ospf
