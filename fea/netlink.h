#pragma once
// Netlink requests of the cold kind: one at a time, or a dump. For a stream of routes there is kernel-stream.h.
//
//     Netlink netlink;
//     Message add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifaddrmsg{...});
//     add.put(IFA_LOCAL, bytes);
//     KJ_IF_MAYBE (refusal, netlink.request(add)) ...
//
// The kernel's rtnetlink works inside the system call that sends the request; so nothing here waits, but each
// call takes as long as the kernel's work does.

#include <kj/common.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/time.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ip.h>

struct nl_msg;
struct nl_sock;
struct nlattr;

namespace xylem::fea {

class Message {
  // A request under construction: header, family header, attributes.
 public:
  template <typename Header> Message(uint16_t type, uint16_t flags, const Header& header) : Message(type, flags) {
    append(&header, sizeof(header));
  }
  ~Message() noexcept(false);
  KJ_DISALLOW_COPY(Message);

  void put(int attribute, kj::ArrayPtr<const kj::byte> bytes);
  void put(int attribute, uint32_t value);
  void put(int attribute, uint8_t value);
  void put(int attribute, const net::Ip& address);
  // Four or sixteen bytes.

  nlmsghdr& header() const;
  kj::ArrayPtr<const kj::byte> bytes() const;

 private:
  Message(uint16_t type, uint16_t flags);
  void append(const void* header, size_t size);

  nl_msg* message;
};

struct Refusal {
  // What the kernel has against a request.
  int error;
  // As errno.
  kj::String text;
};

Refusal readRefusal(const nlmsghdr& message);
// Of a message of type NLMSG_ERROR; error 0 is an acknowledgement.

class Attributes {
  // The attributes of a message that has arrived, by type. Valid as long as the message.
 public:
  Attributes(const nlmsghdr& message, size_t familyHeader);

  bool has(int attribute) const { return get(attribute) != nullptr; }
  uint32_t u32(int attribute, uint32_t otherwise = 0) const;
  uint8_t u8(int attribute, uint8_t otherwise = 0) const;
  kj::ArrayPtr<const kj::byte> bytes(int attribute) const;
  kj::StringPtr text(int attribute) const;
  net::Ip ip(int attribute) const;
  // By its size; none if it is not there.

 private:
  static constexpr int MAX = 64;
  const nlattr* get(int attribute) const { return attribute <= MAX ? table[attribute] : nullptr; }

  nlattr* table[MAX + 1];
};

class Netlink {
  // A socket to rtnetlink, with room for bursts.
 public:
  explicit Netlink(size_t receiveBuffer = 8 << 20);
  ~Netlink() noexcept(false);
  KJ_DISALLOW_COPY(Netlink);

  int fd() const;
  uint32_t port() const;
  // What `nlmsg_pid` is in notifications of what this socket caused.
  void subscribe(int group);
  // RTNLGRP_...

  kj::Maybe<Refusal> request(Message& message);
  // Send and take the answer.

  void send(kj::ArrayPtr<const kj::byte> bytes);
  // One datagram, as many messages as one likes.

  enum class Received { MESSAGES, NOTHING, OVERRUN };
  Received receive(kj::FunctionParam<void(const nlmsghdr&)> each);
  // One datagram of what has arrived, without waiting. OVERRUN: the kernel had to drop some (ENOBUFS).

  enum class Dumped { MORE, DONE, INTERRUPTED };
  template <typename Header> void beginDump(uint16_t type, const Header& header) {
    Message message(type, NLM_F_DUMP, header);
    interrupted = false;
    send(message.bytes());
  }
  Dumped continueDump(kj::FunctionParam<void(const nlmsghdr&)> each);
  // A piece of a dump: at most some hundred messages, below a millisecond. INTERRUPTED is the end, too: what was
  // told is no picture of any one moment (NLM_F_DUMP_INTR); begin again.

  template <typename Header>
  bool dump(uint16_t type, const Header& header, kj::FunctionParam<void(const nlmsghdr&)> each) {
    // A whole dump of what is known to be small. Returns whether it is a consistent picture.
    beginDump(type, header);
    for (;;) {
      auto state = continueDump(each);
      if (state != Dumped::MORE) return state == Dumped::DONE;
    }
  }

 private:
  nl_sock* socket;
  uint32_t sequence = 0;
  bool interrupted = false;
  kj::Array<kj::byte> buffer;
};

}  // namespace xylem::fea
