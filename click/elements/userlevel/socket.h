#pragma once
// Socket(TCP|UDP, ADDR, PORT, [LOCAL_ADDR, LOCAL_PORT, ...]),
// Socket(UNIX|UNIX_DGRAM, FILENAME, [LOCAL_FILENAME, ...])
//
// Sends the bytes of packets over a socket, and makes packets of what comes from it, up to SNAPLEN (2048) bytes each.
// With CLIENT true, which is so by itself where there is no output, it connects to the address; else it listens there
// (TCP, UNIX: for one connection at a time), and a datagram socket answers to whoever it has heard of last. A UDP
// client of 0.0.0.0 sends each packet to its annotated destination.
//
// ALLOW and DENY name tables of routes (RadixIPLookup, for one): where a listening TCP or UDP socket hears from an
// address that ALLOW has no route to and DENY has one to, the connection or datagram is refused. More keywords:
// HEADROOM, TIMESTAMP (true), NODELAY (true), RCVBUF and SNDBUF (bytes that the kernel keeps), VERBOSE (false), PROPER
// (ignored).
//
// Ports: 0 or 1 inputs, agnostic; 0 or 1 outputs, push. What goes in does not come out.
// Handlers: sent, received, drops (r).
// Example: Socket(UDP, 10.0.0.2, 5000, CLIENT true) -> ...;

#include <click/element.h>
#include <click/elements/ip/ip-lookup.h>
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
    Ip4 ip() const;
    uint16_t port() const;
    std::string print() const;
    // "10.0.0.1:80", or the path.
  };
  void readAddresses(Args& args);
  IPLookup* table(Args& args, Element* element);
  bool fail(Errors& errors, const char* call);
  bool setOptions(int fd, Errors& errors);
  bool open(Errors& errors);
  bool isAllowed(const Address& from) const;
  bool isStream() const { return type == SOCK_STREAM; }
  bool sendsTo() const { return !isStream() && (!isClient || isToAnnotation); }
  // Each datagram says to whom.
  bool send(const Packet& packet);
  // False if it must wait.
  void accept();
  void receive();
  void watch();
  void drop();
  // The connection.

  int family = AF_INET, type = SOCK_STREAM;
  Address peer, local;
  bool hasLocal = false, isClient = false, isToAnnotation = false;
  bool hasTimestamp = true, isPrompt = true, isVerbose = false;
  std::optional<uint32_t> receiveBuffer, sendBuffer;
  const IPLookup *allowed = nullptr, *denied = nullptr;
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
