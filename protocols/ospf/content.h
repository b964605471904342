#pragma once
// LSAs in words.

#include <protocols/ospf/lsa.h>

namespace xylem::ospf {

kj::String contentOf(const Lsa& lsa);
// What it says, in one line: `point-to-point 1.0.0.2 10.0.0.1 cost 10, stub ...`. Of a type that is not known, its
// bytes.

}  // namespace xylem::ospf
