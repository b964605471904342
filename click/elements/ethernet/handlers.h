#pragma once
// Handlers for addresses.

#include <click/element.h>

namespace xylem::click {

void macHandler(Handlers& handlers, Element& element, const std::string& name, Mac& mac);
// Shows and sets it.
void ipHandler(Handlers& handlers, Element& element, const std::string& name, Ip4& address);

}  // namespace xylem::click
