#pragma once
// The language of IPClassifier and IPFilter, in which one says what packets are meant:
//
//     src host 10.0.0.1 and tcp dst port 80 or 443      ip frag      icmp type echo      ip[6:2] & 0x1fff != 0
//
//     expression  ::=  choice | choice ? expression : expression
//     choice      ::=  term { (or | ||) term }
//     term        ::=  factor { [and | &&] factor }
//     factor      ::=  (not | !) factor | ( expression ) | true | false | { qualifier } [ [OFFSET:LENGTH] ] [& MASK]
//     [RELATION] value qualifier   ::=  src | dst | src and dst | src or dst | host | net | port | proto | ip | ether |
//     icmp | tcp | udp | ...
//                      vers hl tos dscp len id ttl frag unfrag ect ce | tcp opt | tcp win | icmp type
//
// A value without qualifiers has those of the value before it.

#include <click/args.h>
#include <click/decision.h>

namespace xylem::click {

Strings filterTokens(const std::string& text);
Decision::Condition parseFilter(const Strings& tokens, size_t from, Element* context, Errors& errors);
// What the tokens from that one on say; `-`, `all`, `any` and nothing at all mean every packet.

}  // namespace xylem::click
