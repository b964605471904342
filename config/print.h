#pragma once
// From messages back to text: the inverse of check.h.

#include <config/grammar.h>

namespace xylem::config {

void print(const Grammar& grammar, const Grammar::Daemon& daemon, capnp::DynamicStruct::Reader config, bool defaults,
           Tree& into);
// Adds to the tree the text of one daemon's configuration, a struct of type `daemon.config`: what is set, and with
// `defaults` what is not, wherever there is a default in a block that is there. Checked again, the text gives an equal
// message. What daemons share is printed once.

}  // namespace xylem::config
