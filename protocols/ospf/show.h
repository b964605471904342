#pragma once
// What an operator asks of OSPF (ospf.capnp and ospf3.capnp, Show): the state of cores in tables.

#include <kj/timer.h>
#include <protocols/ospf.capnp.h>
#include <protocols/ospf/core.h>
#include <protocols/ospf3.capnp.h>

namespace xylem::ospf {

using Cores = std::map<Face, const Core*>;

schema::Show::Client showOf(const Cores& cores, kj::Timer& clock);
schema3::Show::Client show3Of(const Cores& cores, kj::Timer& clock);
// Of the cores that there are when they are asked. While there is none, all tables are empty.

void fillState(const Core& core, schema::State::Builder state);

}  // namespace xylem::ospf
