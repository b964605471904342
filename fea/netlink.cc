// Netlink, on libnl-3's sockets and its nlmsg and nla helpers.
//
// Its receive loop and its callbacks are not used: they allocate for each message, and hide the one thing a dump must
// know, NLM_F_DUMP_INTR. Strict checking is on, so that the kernel itself filters dumps by what their header says, and
// so are extended acknowledgements (RFC-less, kernel 4.12): the kernel says in words what it refuses.

#include <fea/netlink.h>

#include <kj/debug.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace xylem::fea {

Message::Message(uint16_t type, uint16_t flags) : message(nlmsg_alloc_size(8192)) {
  KJ_ASSERT(message != nullptr);
  nlmsg_put(message, 0, 0, type, 0, NLM_F_REQUEST | flags);
}

Message::~Message() noexcept(false) { nlmsg_free(message); }

void Message::append(const void* header, size_t size) {
  KJ_ASSERT(nlmsg_append(message, const_cast<void*>(header), size, NLMSG_ALIGNTO) == 0);
}

void Message::put(int attribute, kj::ArrayPtr<const kj::byte> bytes) {
  KJ_ASSERT(nla_put(message, attribute, int(bytes.size()), bytes.begin()) == 0);
}

void Message::put(int attribute, uint32_t value) { KJ_ASSERT(nla_put_u32(message, attribute, value) == 0); }
void Message::put(int attribute, uint8_t value) { KJ_ASSERT(nla_put_u8(message, attribute, value) == 0); }

void Message::put(int attribute, const net::Ip& address) {
  kj::byte bytes[16];
  if (address.is4())
    address.v4().toBytes(bytes);
  else
    address.v6().toBytes(bytes);
  put(attribute, kj::arrayPtr(bytes, address.width() / 8));
}

nlmsghdr& Message::header() const { return *nlmsg_hdr(message); }

kj::ArrayPtr<const kj::byte> Message::bytes() const {
  return kj::arrayPtr(reinterpret_cast<const kj::byte*>(&header()), NLMSG_ALIGN(header().nlmsg_len));
}

Refusal readRefusal(const nlmsghdr& message) {
  auto mutableMessage = const_cast<nlmsghdr*>(&message);
  auto& answer = *static_cast<nlmsgerr*>(nlmsg_data(mutableMessage));
  Refusal refusal{-answer.error, kj::str(strerror(-answer.error))};
  if (refusal.error == 0 || !(message.nlmsg_flags & NLM_F_ACK_TLVS)) return refusal;
  size_t echoed = message.nlmsg_flags & NLM_F_CAPPED ? NLMSG_HDRLEN : NLMSG_ALIGN(answer.msg.nlmsg_len);
  auto words = nlmsg_find_attr(mutableMessage, int(sizeof(answer.error) + echoed), NLMSGERR_ATTR_MSG);
  if (words != nullptr) refusal.text = kj::str(nla_get_string(words));
  return refusal;
}

Attributes::Attributes(const nlmsghdr& message, size_t familyHeader) {
  auto error = nlmsg_parse(const_cast<nlmsghdr*>(&message), int(familyHeader), table, MAX, nullptr);
  if (error < 0) memset(table, 0, sizeof(table));
}

uint32_t Attributes::u32(int attribute, uint32_t otherwise) const {
  auto found = get(attribute);
  return found != nullptr && nla_len(found) >= 4 ? nla_get_u32(found) : otherwise;
}

uint8_t Attributes::u8(int attribute, uint8_t otherwise) const {
  auto found = get(attribute);
  return found != nullptr && nla_len(found) >= 1 ? nla_get_u8(found) : otherwise;
}

kj::ArrayPtr<const kj::byte> Attributes::bytes(int attribute) const {
  auto found = get(attribute);
  if (found == nullptr) return nullptr;
  return kj::arrayPtr(static_cast<const kj::byte*>(nla_data(found)), size_t(nla_len(found)));
}

kj::StringPtr Attributes::text(int attribute) const {
  auto raw = bytes(attribute).asChars();
  if (raw.size() == 0 || raw.back() != '\0') return "";
  return kj::StringPtr(raw.begin(), strlen(raw.begin()));
}

net::Ip Attributes::ip(int attribute) const {
  auto raw = bytes(attribute);
  if (raw.size() == 4) return net::Ip4::fromBytes(raw.begin());
  if (raw.size() == 16) return net::Ip6::fromBytes(raw.begin());
  return {};
}

Netlink::Netlink(size_t receiveBuffer) : socket(nl_socket_alloc()), buffer(kj::heapArray<kj::byte>(128 << 10)) {
  KJ_ASSERT(socket != nullptr);
  KJ_REQUIRE(nl_connect(socket, NETLINK_ROUTE) == 0, "no netlink");
  int size = int(receiveBuffer), one = 1;
  // Beyond the system's limit only with CAP_NET_ADMIN; tests may do without.
  if (setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0) {
    KJ_SYSCALL(setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
  }
  int room = 4 << 20;
  if (setsockopt(fd(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0) {
    KJ_SYSCALL(setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)));
  }
  for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
    KJ_SYSCALL(setsockopt(fd(), SOL_NETLINK, option, &one, sizeof(one)), option);
}

Netlink::~Netlink() noexcept(false) { nl_socket_free(socket); }

int Netlink::fd() const { return nl_socket_get_fd(socket); }
uint32_t Netlink::port() const { return nl_socket_get_local_port(socket); }

void Netlink::subscribe(int group) {
  KJ_REQUIRE(nl_socket_add_membership(socket, group) == 0, "the kernel does not offer these events", group);
}

void Netlink::send(kj::ArrayPtr<const kj::byte> bytes) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  KJ_SYSCALL(sendto(fd(), bytes.begin(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof(kernel)));
}

Netlink::Received Netlink::receive(kj::FunctionParam<void(const nlmsghdr&)> each) {
  ssize_t size;
  do size = recv(fd(), buffer.begin(), buffer.size(), MSG_DONTWAIT);
  while (size < 0 && errno == EINTR);
  if (size < 0) {
    if (errno == EAGAIN) return Received::NOTHING;
    if (errno == ENOBUFS) return Received::OVERRUN;
    KJ_FAIL_SYSCALL("recv from netlink", errno);
  }
  int left = int(size);
  for (auto at = reinterpret_cast<nlmsghdr*>(buffer.begin()); nlmsg_ok(at, left); at = nlmsg_next(at, &left)) each(*at);
  return Received::MESSAGES;
}

kj::Maybe<Refusal> Netlink::request(Message& message) {
  auto& header = message.header();
  header.nlmsg_flags |= NLM_F_ACK;
  header.nlmsg_seq = ++sequence;
  send(message.bytes());
  kj::Maybe<Refusal> answer;
  while (answer == nullptr) {
    auto state = receive([&](const nlmsghdr& arrived) {
      if (arrived.nlmsg_type == NLMSG_ERROR && arrived.nlmsg_seq == sequence) answer = readRefusal(arrived);
    });
    KJ_REQUIRE(state == Received::MESSAGES, "the kernel does not answer a netlink request");
  }
  KJ_IF_MAYBE (refusal, answer)
    if (refusal->error == 0) return nullptr;
  return answer;
}

Netlink::Dumped Netlink::continueDump(kj::FunctionParam<void(const nlmsghdr&)> each) {
  bool done = false;
  auto state = receive([&](const nlmsghdr& message) {
    if (message.nlmsg_flags & NLM_F_DUMP_INTR) interrupted = true;
    if (message.nlmsg_type == NLMSG_DONE) {
      done = true;
    } else if (message.nlmsg_type == NLMSG_ERROR) {
      auto refusal = readRefusal(message);
      KJ_FAIL_REQUIRE("the kernel refuses a dump", refusal.text);
    } else {
      each(message);
    }
  });
  KJ_REQUIRE(state == Received::MESSAGES, "the kernel does not go on with a dump");
  if (!done) return Dumped::MORE;
  return interrupted ? Dumped::INTERRUPTED : Dumped::DONE;
}

}  // namespace xylem::fea
