#pragma once
// A stream of route and nexthop messages to the kernel: many to one system call, and each refusal told with what it is
// about.
//
//     stream.add(message, {Stream::INSTALL, i});
//     if (stream.full()) stream.flush([](Stream::Subject subject, const Refusal& refusal) { ... });

#include <fea/netlink.h>

#include <cstring>
#include <vector>

namespace xylem::fea {

class Stream {
 public:
  enum What : uint8_t { INSTALL, WITHDRAWAL, HOP, GROUP, REMOVAL };
  struct Subject {
    What what;
    uint32_t id;
    // Of a route its index in the batch, else the kernel's nexthop id.
  };

  Stream() { buffer.reserve(CAPACITY + 8192); }
  KJ_DISALLOW_COPY(Stream);

  uint32_t port() const { return netlink.port(); }

  template <typename Fixed> void add(Fixed& message, size_t size, Subject subject) {
    // A message of fixed layout, whose `header` comes first; the first `size` bytes of it are sent.
    message.header.nlmsg_len = uint32_t(size);
    message.header.nlmsg_seq = first + uint32_t(subjects.size());
    append(&message, size);
    subjects.push_back(subject);
  }
  void add(const Message& message, Subject subject);

  bool full() const { return subjects.size() >= SLICE || buffer.size() >= CAPACITY; }

  using Refused = kj::FunctionParam<void(Subject, const Refusal&)>;
  bool flush(Refused refused);
  // Send what was added and take the answers. False if the kernel had so much to say that some of it was lost.

 private:
  static constexpr size_t SLICE = 256, CAPACITY = 64 << 10;
  // More to a call gains nothing, and holds the loop for longer.

  void append(const void* bytes, size_t size) {
    auto at = buffer.size();
    buffer.resize(at + NLMSG_ALIGN(size));
    memcpy(buffer.data() + at, bytes, size);
    last = at;
  }

  Netlink netlink;
  std::vector<kj::byte> buffer;
  std::vector<Subject> subjects;
  size_t last = 0;
  uint32_t first = 1;
};

}  // namespace xylem::fea
