#pragma once
// The names that configurations use for ICMP types and codes.

#include <cstdint>
#include <optional>
#include <string>

namespace xylem::click {

namespace icmp {
constexpr uint8_t ECHO_REPLY = 0, UNREACHABLE = 3, SOURCE_QUENCH = 4, REDIRECT = 5, ECHO = 8, ROUTER_ADVERT = 9,
                  ROUTER_SOLICIT = 10, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12, TIMESTAMP = 13, TIMESTAMP_REPLY = 14,
                  INFO = 15, INFO_REPLY = 16, MASK = 17, MASK_REPLY = 18;
constexpr uint8_t NEED_FRAGMENTATION = 4;

constexpr bool isError(uint8_t type) {
  return type == UNREACHABLE || type == SOURCE_QUENCH || type == REDIRECT || type == TIME_EXCEEDED ||
         type == PARAMETER_PROBLEM;
}
std::optional<uint8_t> typeNamed(const std::string& name);
std::optional<uint8_t> codeNamed(uint8_t type, const std::string& name);
const char* typeName(uint8_t type);
const char* codeName(uint8_t type, uint8_t code);
// Null if it has none.
}  // namespace icmp

}  // namespace xylem::click
