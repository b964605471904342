// One packet socket for each interface, opened in the node's namespace and read out here. A filter is compiled by
// tcpdump, which knows the language, and run by the kernel.

#include <slice/agent.h>
#include <slice/client.h>
#include <slice/kernel.h>
#include <slice/live.h>
#include <slice/pcapng.h>
#include <slice/rights.h>
#include <slice/text.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <sstream>

namespace xylem::slice {

namespace {

constexpr size_t LARGEST = 65536 + 64;
volatile sig_atomic_t ended = 0;

struct Source {
  std::string node, space, device;
  Tap tap;

  std::string name() const { return node + ":" + device; }
};

kj::Maybe<std::vector<sock_filter>> compile(const std::string& filter) {
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
  kj::AutoCloseFd ours(ends[0]), theirs(ends[1]);
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child == 0) {
    dup2(theirs, STDOUT_FILENO);
    execlp("tcpdump", "tcpdump", "-y", "EN10MB", "-ddd", filter.c_str(), nullptr);
    dprintf(STDERR_FILENO, "a filter needs the program tcpdump\n");
    _exit(127);
  }
  theirs = nullptr;
  auto text = kj::FdInputStream(ours.get()).readAllText();
  int status;
  KJ_SYSCALL(waitpid(child, &status, 0));
  if (status != 0) return nullptr;
  std::istringstream lines(slice::text(text));
  size_t count = 0;
  lines >> count;
  std::vector<sock_filter> program;
  for (uint code, yes, no, value; program.size() < count && lines >> code >> yes >> no >> value;)
    program.push_back({uint16_t(code), uint8_t(yes), uint8_t(no), value});
  if (program.empty()) return nullptr;
  return program;
}

std::string spaceOf(wire::State::Node::Reader node) {
  // One without rights gets at a namespace by the processes in it.
  return isRootless() ? "/proc/" + std::to_string(node.getPid()) + "/ns/net"
                      : namespaceFolder() + "/" + text(node.getNamespace());
}

bool add(std::vector<Source>& sources, wire::State::Reader state, const std::string& what) {
  auto colon = what.find(':');
  bool found = false;
  for (auto node : state.getNodes()) {
    if (text(node.getName()) != what.substr(0, colon)) continue;
    for (auto interface : node.getInterfaces()) {
      if (colon != std::string::npos && text(interface.getName()) != what.substr(colon + 1)) continue;
      sources.push_back({text(node.getName()), spaceOf(node), text(interface.getName()), {}});
      found = true;
    }
  }
  if (!found)
    fprintf(stderr, "xylem slice: there is no \"%s\" in %s; expected a node, or NODE:INTERFACE\n", what.c_str(),
            state.getSlice().cStr());
  return found;
}

void bindTo(const Source& source, const std::vector<sock_filter>& program) {
  int fd = source.tap.socket;
  // Nothing comes before the filter is there.
  if (!program.empty()) {
    sock_fprog filter{uint16_t(program.size()), const_cast<sock_filter*>(program.data())};
    KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
  }
  int on = 1;
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = int(source.tap.interface);
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), source.name().c_str());
}

kj::Maybe<std::string> receive(int socket, uint32_t number, char* buffer) {
  char control[256];
  iovec part{buffer, LARGEST};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  auto size = recvmsg(socket, &message, MSG_TRUNC);
  if (size < 0) return nullptr;
  uint64_t when = 0;
  for (auto each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each))
    if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_TIMESTAMPNS) {
      auto time = reinterpret_cast<const timespec*>(CMSG_DATA(each));
      when = uint64_t(time->tv_sec) * 1000000000 + uint64_t(time->tv_nsec);
    }
  return pcapngPacket(number, when, kj::arrayPtr(buffer, std::min(size_t(size), LARGEST)), uint32_t(size));
}

void copy(const std::vector<Source>& sources, int output, uint64_t most) {
  std::vector<pollfd> waits;
  for (auto& each : sources) waits.push_back({each.tap.socket, POLLIN, 0});
  std::vector<char> buffer(LARGEST);
  kj::FdOutputStream out(output);
  for (uint64_t count = 0; !ended;) {
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    for (size_t i = 0; i < waits.size(); ++i) {
      // An interface that is gone says so once.
      if (waits[i].revents & (POLLERR | POLLHUP | POLLNVAL)) waits[i].fd = -1;
      if (!(waits[i].revents & POLLIN)) continue;
      KJ_IF_MAYBE (packet, receive(sources[i].tap.socket, uint32_t(i), buffer.data())) {
        out.write(packet->data(), packet->size());
        if (++count == most) return;
      }
    }
  }
}

}  // namespace

int capture(const std::string& name, const std::vector<std::string>& what, const std::string& filter,
            const std::string& file, uint64_t most) {
  std::vector<Source> sources;
  {
    Client client(name);
    if (!client.find()) {
      fprintf(stderr, "xylem slice: there is no slice \"%s\" here\n", name.c_str());
      return REFUSED;
    }
    auto answer = client.wait(client.keeper().stateRequest().send());
    for (auto& each : what)
      if (!add(sources, answer.getState(), each)) return REFUSED;
  }
  std::vector<sock_filter> program;
  if (!filter.empty()) {
    KJ_IF_MAYBE (compiled, compile(filter)) {
      program = *compiled;
    } else {
      return REFUSED;
    }
  }
  if (isRootless() && agent() == nullptr) {
    auto user = openPath(sources[0].space.substr(0, sources[0].space.rfind('/')) + "/user", O_RDONLY);
    KJ_REQUIRE(enterKeeperOf(user), "the namespace of the slice cannot be entered", name.c_str());
  }
  std::vector<std::string> names;
  for (auto& each : sources) {
    each.tap = agent() == nullptr ? tapOf(each.space, each.device) : tapByAgent(name, each.node, each.device);
    bindTo(each, program);
    names.push_back(each.name());
  }
  int fd = STDOUT_FILENO;
  if (file != "-") {
    KJ_SYSCALL(fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), file.c_str());
  }
  struct sigaction action {};
  action.sa_handler = [](int) { ended = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  auto head = pcapngHead(names);
  kj::FdOutputStream(fd).write(head.data(), head.size());
  copy(sources, fd, most);
  return DONE;
}

}  // namespace xylem::slice
