#pragma once
// Requests to the kernel's rtnetlink, one at a time, each answered within the system call that sends it.
//
//     Request add(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
//     add.put(IFLA_IFNAME, "ge0");
//     auto outer = add.nest(IFLA_LINKINFO); ... add.end(outer);
//     netlink.request(add);

#include <kj/common.h>
#include <kj/function.h>
#include <kj/io.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ip.h>

#include <string>
#include <string_view>
#include <vector>

namespace xylem::slice {

class Request {
 public:
  template <typename Header> Request(uint16_t type, uint16_t flags, const Header& header) : Request(type, flags) {
    append(&header, sizeof(header));
  }

  void put(uint16_t attribute, const void* data, size_t size);
  void put(uint16_t attribute, std::string_view text);
  // With the zero at the end.
  void put(uint16_t attribute, uint32_t value) { put(attribute, &value, sizeof(value)); }
  void put(uint16_t attribute, const net::Ip& address);

  size_t nest(uint16_t attribute);
  void end(size_t nest);
  void append(const void* data, size_t size);

  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes.data()); }
  const std::vector<char>& data() const { return bytes; }

 private:
  Request(uint16_t type, uint16_t flags);

  std::vector<char> bytes;
};

class Netlink {
  // A socket in the network namespace that the thread is in when it is made.
 public:
  Netlink();
  KJ_DISALLOW_COPY(Netlink);

  int tryRequest(Request& request);
  // 0, or an errno; `why` has the kernel's words for it.
  std::string why;

  void request(Request& request, kj::StringPtr what);
  // Throws unless the kernel does it; `what` says what was wanted.

  void get(Request& request, kj::FunctionParam<void(const nlmsghdr&)> answer);
  // Is not called if the kernel has none.

  void dump(Request& request, kj::FunctionParam<void(const nlmsghdr&)> each);

 private:
  void send(Request& request);

  kj::AutoCloseFd socket;
  uint32_t sequence = 0;
};

}  // namespace xylem::slice
