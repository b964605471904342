// The kernel handles the messages of a datagram one after the other, inside the system call, and goes on behind one
// that it refuses. A refusal is answered with the message's sequence number whether or not an answer was asked for; so
// only the last message asks, and its answer says that all are done.

#include <fea/kernel-stream.h>

#include <kj/debug.h>

namespace xylem::fea {

void Stream::add(const Message& message, Subject subject) {
  message.header().nlmsg_seq = first + uint32_t(subjects.size());
  append(&message.header(), message.header().nlmsg_len);
  subjects.push_back(subject);
}

bool Stream::flush(Refused refused) {
  if (subjects.empty()) return true;
  reinterpret_cast<nlmsghdr*>(buffer.data() + last)->nlmsg_flags |= NLM_F_ACK;
  auto sent = kj::mv(subjects);
  auto begin = first;
  first += uint32_t(sent.size());
  subjects.clear();
  KJ_DEFER(buffer.clear());
  netlink.send(kj::arrayPtr(buffer.data(), buffer.size()));

  auto end = begin + uint32_t(sent.size()) - 1;
  bool whole = true, done = false;
  while (!done) {
    auto state = netlink.receive([&](const nlmsghdr& message) {
      if (message.nlmsg_type != NLMSG_ERROR) return;
      auto index = message.nlmsg_seq - begin;
      if (index >= sent.size()) return;
      if (message.nlmsg_seq == end) done = true;
      auto refusal = readRefusal(message);
      if (refusal.error != 0) refused(sent[index], refusal);
    });
    if (state == Netlink::Received::OVERRUN) whole = false;
    if (state == Netlink::Received::NOTHING) break;
  }
  return whole && done;
}

}  // namespace xylem::fea
