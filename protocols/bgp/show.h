#pragma once
// What an operator asks of BGP, and tells it.

#include <protocols/bgp/speaker.h>

namespace xylem::bgp {

kj::Own<schema::Show::Server> show(Speaker& speaker);
kj::Own<schema::Clear::Server> clear(Speaker& speaker);
void fill(Speaker& speaker, schema::State::Builder state);

}  // namespace xylem::bgp
