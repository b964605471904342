#pragma once
// Formats of arguments of IP elements.

#include <click/args.h>

namespace xylem::click::as {

bool addresses(const std::string& text, std::vector<Ip4>& out, const Reading& reading);
// With spaces between them; also in parentheses or quotes.
bool masks(const std::string& text, std::vector<Ip4Mask>& out, const Reading& reading);
// Each ADDR/MASK, with the host's bits kept.
bool icmpType(const std::string& text, uint8_t& out, const Reading& reading);
bool ecn(const std::string& text, uint8_t& out, const Reading& reading);
// "no", "ect0", "ect1", "ce", or a number.

}  // namespace xylem::click::as
