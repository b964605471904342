#pragma once
// Faults in words.

#include <kj/exception.h>
#include <kj/string.h>

namespace xylem::xrl {

kj::String explain(const kj::Exception& fault);
// What an operator is told: the words that were written for people, without the code around them.

}  // namespace xylem::xrl
