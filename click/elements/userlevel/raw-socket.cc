// All is read into one place first: room for the longest packet is not kept with each short one. Of that place only as
// much takes memory as packets have been long.

#include <click/elements/userlevel/raw-socket.h>
#include <click/ip4.h>
#include <click/router.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xylem::click {

const Kind RawSocket::KIND = kindOf<RawSocket>("RawSocket", "0-1/0-1", "a/h", "x/y");

void RawSocket::configure(Args& args) {
  constexpr uint32_t LONGEST = 65535, MOST_HEADROOM = 8192;
  args.mandatory("PROTOCOL", protocol, as::ipProtocol)
      .keyword("SNAPLEN", snapLength)
      .keyword("HEADROOM", headroom)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("SOCKET", given);
  if (!args.complete()) return;
  if (snapLength < ip4::LEAST || snapLength > LONGEST) args.error("SNAPLEN: out of range, bound 65535");
  if (headroom > MOST_HEADROOM) args.error("HEADROOM too big");
}

void RawSocket::initialize(Errors& errors) {
  constexpr int BUFFER = 1 << 20, ON = 1;
  // Each element closes its own.
  socket =
      given ? fcntl(*given, F_DUPFD_CLOEXEC, 0) : ::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (socket < 0 || setsockopt(socket, IPPROTO_IP, IP_HDRINCL, &ON, sizeof ON) < 0)
    return errors.error(std::string("raw socket: ") + strerror(errno));
  setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &BUFFER, sizeof BUFFER);
  router().scheduler.watch(socket, *this, outputs() > 0, false);
  if (inputs() == 0 || isPush(Direction::INPUT, 0)) return;
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

void RawSocket::takeState(Element& former, Errors&) {
  auto from = dynamic_cast<RawSocket*>(&former);
  if (from == nullptr || from->protocol != protocol) return;
  auto& other = *from;
  router().scheduler.forget(other);
  router().scheduler.forget(*this);
  std::swap(socket, other.socket);
  router().scheduler.watch(socket, *this, outputs() > 0, false);
  sent = other.sent;
  received = other.received;
  drops = other.drops;
}

void RawSocket::cleanup() {
  router().scheduler.forget(*this);
  if (socket >= 0) close(socket);
  socket = -1;
}

PacketPtr RawSocket::take(const char* data, size_t size) {
  auto packet = Packet::make({data, size}, headroom);
  auto ip = Ip4View::of(packet->data(), packet->length());
  if (!ip) {
    ++drops;
    return nullptr;
  }
  packet->setNetworkHeader(packet->data(), ip.headerLength());
  packet->setDstIp(ip.destination().bits);
  if (hasTimestamp) packet->timestamp = router().scheduler.clock.now();
  ++received;
  return packet;
}

void RawSocket::selected(int, bool, bool) {
  constexpr unsigned BURST = 32;
  static char room[BURST][1 << 16];
  iovec pieces[BURST];
  mmsghdr messages[BURST]{};
  for (unsigned i = 0; i < BURST; ++i) {
    pieces[i] = {room[i], snapLength};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int count = recvmmsg(socket, messages, BURST, MSG_DONTWAIT, nullptr);
  Batch batch;
  for (int i = 0; i < count; ++i)
    if (auto packet = take(room[i], messages[i].msg_len)) batch.add(std::move(packet));
  if (!batch.empty()) output(0).push(batch);
}

void RawSocket::push(int port, PacketPtr packet) {
  Batch batch;
  batch.add(std::move(packet));
  pushBatch(port, batch);
}

void RawSocket::pushBatch(int, Batch& batch) {
  sockaddr_in to[Batch::MOST]{};
  iovec pieces[Batch::MOST];
  mmsghdr messages[Batch::MOST]{};
  unsigned count = 0;
  for (unsigned i = 0; i < batch.size(); ++i) {
    auto ip = Ip4View::of(batch[i].data(), batch[i].length());
    if (!ip) {
      ++drops;
      continue;
    }
    to[count].sin_family = AF_INET;
    to[count].sin_addr.s_addr = htonl(ip.destination().bits);
    pieces[count] = {batch[i].data(), batch[i].length()};
    auto& header = messages[count].msg_hdr;
    header = {&to[count], sizeof to[count], &pieces[count], 1, nullptr, 0, 0};
    ++count;
  }
  for (unsigned done = 0; done < count;) {
    int some = sendmmsg(socket, messages + done, count - done, 0);
    // What cannot be sent is dropped; the others still can.
    sent += some > 0 ? unsigned(some) : 0;
    drops += some > 0 ? 0 : 1;
    done += some > 0 ? unsigned(some) : 1;
  }
}

bool RawSocket::runTask(Task&) {
  auto packet = input(0).pull();
  bool worked = packet != nullptr;
  if (worked) push(0, std::move(packet));
  if (worked || signal.active()) task.reschedule();
  return worked;
}

void RawSocket::addHandlers(Handlers& handlers) {
  handlers.data("sent", sent);
  handlers.data("received", received);
  handlers.data("drops", drops);
  handlers.button("reset_counts", [this]() { sent = received = drops = 0; });
}

}  // namespace xylem::click
