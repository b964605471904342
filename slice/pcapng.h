#pragma once
// Captured packets of several interfaces as one stream: pcapng (draft-ietf-opsawg-pcapng), in this machine's byte
// order.

#include <kj/common.h>

#include <string>
#include <vector>

namespace xylem::slice {

std::string pcapngHead(const std::vector<std::string>& interfaces);
// A section of Ethernet interfaces of these names; times are in nanoseconds.

std::string pcapngPacket(uint32_t interface, uint64_t nanoseconds, kj::ArrayPtr<const char> captured, uint32_t length);
// `interface` is a number in that list; the packet was `length` bytes long.

}  // namespace xylem::slice
