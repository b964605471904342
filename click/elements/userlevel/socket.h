#pragma once
// Socket(TCP|UDP, ADDRESS, PORT, [LOCALADDRESS, LOCALPORT, ...]),
// Socket(UNIX|UNIX_DGRAM, FILENAME, [LOCALFILENAME, ...])
//
// Sends the bytes of packets over a socket, and makes packets of what comes from it, up to SNAPLEN (2048) bytes each.
// With CLIENT true it connects to the address; else it listens there (TCP, UNIX: for one connection at a time), and a
// datagram socket answers to whoever it has heard of last. Keywords: CLIENT (false), SNAPLEN, HEADROOM, TIMESTAMP
// (true), NODELAY (true), VERBOSE (false).
//
// Ports: 0 or 1 inputs, agnostic; 0 or 1 outputs, push. What goes in does not come out.
// Handlers: sent, received, drops (r).
// Example: Socket(UDP, 10.0.0.2, 5000, CLIENT true) -> ...;

#include <click/element.h>
#include <click/notifier.h>
#include <click/scheduler.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace xylem::click {

class Socket final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void cleanup() override;
  void push(int, PacketPtr packet) override;
  bool runTask(Task&) override;
  void selected(int fd, bool readable, bool writable) override;

 private:
  struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    sockaddr* any() { return reinterpret_cast<sockaddr*>(&bytes); }
    void set(Ip4 address, uint16_t port);
    void set(const std::string& path);
  };
  bool fail(Errors& errors, const char* call);
  bool isStream() const { return type == SOCK_STREAM; }
  bool send(const Packet& packet);
  // False if it must wait.
  void accept();
  void receive();
  void watch();
  void drop();
  // The connection.

  int family = AF_INET, type = SOCK_STREAM;
  Address peer, local;
  bool hasLocal = false, isClient = false, hasTimestamp = true, isPrompt = true, isVerbose = false;
  uint32_t snapLength = 2048, headroom = Packet::HEADROOM;
  std::string path;
  // To remove at the end.
  int listener = -1, connection = -1;
  size_t sentOfHeld = 0;
  PacketPtr held;
  // Waits until the socket takes it.
  uint64_t sent = 0, received = 0, drops = 0;
  Task task;
  Signal signal;
};

}  // namespace xylem::click
