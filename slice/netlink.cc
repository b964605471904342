// Messages are written by hand: what a slice needs is a dozen kinds, and each is a few attributes. Extended
// acknowledgements are on, so that the kernel says in words what it refuses.

#include <slice/netlink.h>

#include <kj/debug.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xylem::slice {

Request::Request(uint16_t type, uint16_t flags) : bytes(NLMSG_HDRLEN) {
  header() = {0, type, uint16_t(flags | NLM_F_REQUEST), 0, 0};
}

void Request::append(const void* data, size_t size) {
  auto from = static_cast<const char*>(data);
  bytes.insert(bytes.end(), from, from + size);
  bytes.resize(NLMSG_ALIGN(bytes.size()));
}

void Request::put(uint16_t attribute, const void* data, size_t size) {
  nlattr head{uint16_t(NLA_HDRLEN + size), attribute};
  append(&head, sizeof(head));
  append(data, size);
}

void Request::put(uint16_t attribute, std::string_view text) {
  std::string ended(text);
  put(attribute, ended.c_str(), ended.size() + 1);
}

void Request::put(uint16_t attribute, const net::Ip& address) {
  uint8_t raw[16];
  if (address.is4()) {
    auto bits = __builtin_bswap32(address.v4().bits);
    put(attribute, &bits, 4);
  } else {
    address.v6().toBytes(raw);
    put(attribute, raw, 16);
  }
}

size_t Request::nest(uint16_t attribute) {
  auto at = bytes.size();
  put(attribute, nullptr, 0);
  return at;
}

void Request::end(size_t nest) {
  auto head = reinterpret_cast<nlattr*>(bytes.data() + nest);
  head->nla_len = uint16_t(bytes.size() - nest);
}

Netlink::Netlink() {
  int fd;
  KJ_SYSCALL(fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  socket = kj::AutoCloseFd(fd);
  int on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

void Netlink::send(Request& request) {
  request.header().nlmsg_len = uint32_t(request.data().size());
  request.header().nlmsg_seq = ++sequence;
  KJ_SYSCALL(::send(socket, request.data().data(), request.data().size(), 0));
}

int Netlink::tryRequest(Request& request) {
  request.header().nlmsg_flags |= NLM_F_ACK;
  send(request);
  char buffer[8192];
  ssize_t size;
  KJ_SYSCALL(size = recv(socket, buffer, sizeof(buffer), 0));
  auto answer = reinterpret_cast<const nlmsghdr*>(buffer);
  KJ_REQUIRE(NLMSG_OK(answer, uint32_t(size)) && answer->nlmsg_type == NLMSG_ERROR, "a strange answer of the kernel");
  auto error = static_cast<const nlmsgerr*>(NLMSG_DATA(answer));
  why = strerror(-error->error);
  auto at = buffer + NLMSG_HDRLEN + sizeof(nlmsgerr), end = buffer + answer->nlmsg_len;
  while (error->error != 0 && (answer->nlmsg_flags & NLM_F_ACK_TLVS) && at + NLA_HDRLEN <= end) {
    auto head = reinterpret_cast<const nlattr*>(at);
    if (head->nla_len < NLA_HDRLEN || at + head->nla_len > end) break;
    if (head->nla_type == NLMSGERR_ATTR_MSG)
      why = std::string(at + NLA_HDRLEN, strnlen(at + NLA_HDRLEN, head->nla_len - NLA_HDRLEN));
    at += NLA_ALIGN(head->nla_len);
  }
  return -error->error;
}

void Netlink::request(Request& request, kj::StringPtr what) {
  auto error = tryRequest(request);
  if (error != 0)
    kj::throwFatalException(
        kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str(what, ": ", why.c_str())));
}

void Netlink::get(Request& request, kj::FunctionParam<void(const nlmsghdr&)> answer) {
  send(request);
  char buffer[8192];
  ssize_t size;
  KJ_SYSCALL(size = recv(socket, buffer, sizeof(buffer), 0));
  auto first = reinterpret_cast<const nlmsghdr*>(buffer);
  if (NLMSG_OK(first, uint32_t(size)) && first->nlmsg_type != NLMSG_ERROR) answer(*first);
}

void Netlink::dump(Request& request, kj::FunctionParam<void(const nlmsghdr&)> each) {
  request.header().nlmsg_flags |= NLM_F_DUMP;
  send(request);
  std::vector<char> buffer(1 << 16);
  for (;;) {
    ssize_t size;
    KJ_SYSCALL(size = recv(socket, buffer.data(), buffer.size(), 0));
    auto left = uint32_t(size);
    for (auto at = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return;
      each(*at);
    }
  }
}

}  // namespace xylem::slice
