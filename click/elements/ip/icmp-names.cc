// The names of the Click language for RFC 792, RFC 950 and RFC 1256.

#include <click/elements/ip/icmp-names.h>

namespace xylem::click::icmp {

namespace {

struct Name {
  const char* name;
  uint8_t number;
};

constexpr Name TYPES[] = {{"echo", ECHO},
                          {"echo-reply", ECHO_REPLY},
                          {"inforeq", INFO},
                          {"inforeq-reply", INFO_REPLY},
                          {"maskreq", MASK},
                          {"maskreq-reply", MASK_REPLY},
                          {"parameterproblem", PARAMETER_PROBLEM},
                          {"redirect", REDIRECT},
                          {"routeradvert", ROUTER_ADVERT},
                          {"routersolicit", ROUTER_SOLICIT},
                          {"sourcequench", SOURCE_QUENCH},
                          {"timeexceeded", TIME_EXCEEDED},
                          {"timestamp", TIMESTAMP},
                          {"timestamp-reply", TIMESTAMP_REPLY},
                          {"unreachable", UNREACHABLE}};

struct CodeName {
  uint8_t type;
  Name name;
};

constexpr CodeName CODES[] = {{UNREACHABLE, {"net", 0}},
                              {UNREACHABLE, {"host", 1}},
                              {UNREACHABLE, {"protocol", 2}},
                              {UNREACHABLE, {"port", 3}},
                              {UNREACHABLE, {"needfrag", 4}},
                              {UNREACHABLE, {"srcroutefail", 5}},
                              {UNREACHABLE, {"netunknown", 6}},
                              {UNREACHABLE, {"hostunknown", 7}},
                              {UNREACHABLE, {"isolated", 8}},
                              {UNREACHABLE, {"netprohibited", 9}},
                              {UNREACHABLE, {"hostprohibited", 10}},
                              {UNREACHABLE, {"nettos", 11}},
                              {UNREACHABLE, {"hosttos", 12}},
                              {UNREACHABLE, {"filterprohibited", 13}},
                              {UNREACHABLE, {"hostprecedence", 14}},
                              {UNREACHABLE, {"precedencecutoff", 15}},
                              {REDIRECT, {"net", 0}},
                              {REDIRECT, {"host", 1}},
                              {REDIRECT, {"nettos", 2}},
                              {REDIRECT, {"hosttos", 3}},
                              {TIME_EXCEEDED, {"transit", 0}},
                              {TIME_EXCEEDED, {"reassembly", 1}},
                              {PARAMETER_PROBLEM, {"erroratptr", 0}},
                              {PARAMETER_PROBLEM, {"missingopt", 1}},
                              {PARAMETER_PROBLEM, {"length", 2}}};

}  // namespace

std::optional<uint8_t> typeNamed(const std::string& name) {
  for (auto& each : TYPES)
    if (name == each.name) return each.number;
  return std::nullopt;
}

std::optional<uint8_t> codeNamed(uint8_t type, const std::string& name) {
  for (auto& each : CODES)
    if (type == each.type && name == each.name.name) return each.name.number;
  return std::nullopt;
}

const char* typeName(uint8_t type) {
  for (auto& each : TYPES)
    if (type == each.number) return each.name;
  return nullptr;
}

const char* codeName(uint8_t type, uint8_t code) {
  for (auto& each : CODES)
    if (type == each.type && code == each.name.number) return each.name.name;
  return nullptr;
}

}  // namespace xylem::click::icmp
