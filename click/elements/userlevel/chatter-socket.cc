// Each connection has the bytes that it has not taken yet; what nobody is there to hear is not kept. A connection whose
// other side is gone is found out at the next message.

#include <click/elements/userlevel/chatter-socket.h>
#include <click/router.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace xylem::click {

const Kind ChatterSocket::KIND = kindOf<ChatterSocket>("ChatterSocket");

namespace {

constexpr size_t MOST_WAITING = 500000;

}  // namespace

void ChatterSocket::configure(Args& args) {
  std::string type;
  bool isQuiet = true;
  args.mandatory("TYPE", type)
      .keyword("CHANNEL", channel, as::word)
      .keyword("QUIET_CHANNEL", isQuiet)
      .keyword("GREETING", hasGreeting);
  if (listener.keywords(args).consume() && !listener.readAddress(args, type))
    args.error("unknown socket type `" + toUpper(type) + "'");
}

void ChatterSocket::initialize(Errors& errors) {
  auto former = dynamic_cast<ChatterSocket*>(router().formerOf(*this));
  if (former == nullptr || !isLike(*former)) listener.open(*this, errors);
  if (channel == "default") listen();
}

void ChatterSocket::takeState(Element& former, Errors& errors) {
  auto other = dynamic_cast<ChatterSocket*>(&former);
  if (other == nullptr) return;
  if (listener.fd() >= 0) return errors.error("already initialized, can't take state");
  if (!isLike(*other)) return errors.error("incompatible ChatterSockets");
  router().scheduler.forget(*other);
  listener.takeOver(other->listener, *this);
  connections.swap(other->connections);
  for (auto& [fd, waiting] : connections) router().scheduler.watch(fd, *this, false, !waiting.empty());
}

void ChatterSocket::hear(const std::string& line) {
  std::vector<int> lost;
  for (auto& [fd, waiting] : connections) {
    waiting += line + "\n";
    if (!flush(fd, waiting)) lost.push_back(fd);
  }
  for (int fd : lost) drop(fd);
}

bool ChatterSocket::flush(int fd, std::string& waiting) {
  while (!waiting.empty()) {
    auto count = send(fd, waiting.data(), waiting.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return false;
    if (count < 0) break;
    waiting.erase(0, size_t(count));
  }
  router().scheduler.watch(fd, *this, false, !waiting.empty());
  return waiting.size() <= MOST_WAITING;
}

void ChatterSocket::accept() {
  auto peer = listener.accept();
  if (peer.fd < 0) return;
  connections[peer.fd] = hasGreeting ? "Click::ChatterSocket/1.0\r\n" : "";
  selected(peer.fd, false, true);
}

void ChatterSocket::selected(int fd, bool, bool) {
  if (fd == listener.fd()) return accept();
  auto found = connections.find(fd);
  if (found != connections.end() && !flush(fd, found->second)) drop(fd);
}

void ChatterSocket::drop(int fd) {
  router().scheduler.watch(fd, *this, false, false);
  close(fd);
  connections.erase(fd);
}

void ChatterSocket::cleanup() {
  leave();
  listener.close();
  for (auto& [fd, waiting] : connections) close(fd);
  connections.clear();
}

}  // namespace xylem::click
