// By raw sockets: the kernel does with these packets what it would do with its own, resolving neighbors and asking its
// rules, and no device is needed for it.

#include <click/elements/plane/plane-host.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace xylem::click {

const Kind PlaneHost::KIND = kindOf<PlaneHost>("PlaneHost", "1/0", "h/h");

PlaneHost::~PlaneHost() {
  if (socket4 >= 0) close(socket4);
  if (socket6 >= 0) close(socket6);
}

void PlaneHost::initialize(Errors& errors) {
  int one = 1;
  socket4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
  socket6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
  if (socket4 < 0 || socket6 < 0) return errors.error(std::string("raw socket: ") + strerror(errno));
  setsockopt(socket4, IPPROTO_IP, IP_HDRINCL, &one, sizeof one);
  setsockopt(socket6, IPPROTO_IPV6, IPV6_HDRINCL, &one, sizeof one);
}

void PlaneHost::push(int, PacketPtr packet) {
  if (packet->length() < 20) return;
  auto ip = packet->data();
  ssize_t sent;
  if (ip[0] >> 4 == 4) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    memcpy(&to.sin_addr, ip + 16, 4);
    sent = sendto(socket4, ip, packet->length(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  } else if (packet->length() >= 40) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    memcpy(&to.sin6_addr, ip + 24, 16);
    sent = sendto(socket6, ip, packet->length(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  } else {
    sent = -1;
  }
  ++(sent < 0 ? drops : count);
}

void PlaneHost::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  handlers.data("drops", drops);
}

}  // namespace xylem::click
