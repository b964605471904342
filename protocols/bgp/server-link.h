#pragma once
// A TCP connection to a server that this router calls: an RPKI cache, a monitoring station. When to call again is its
// user's business.

#include <protocols/bgp/connection.h>
#include <protocols/kit/sockets.h>

namespace xylem::bgp {

struct ServerAddress {
  net::Ip address;
  uint16_t port = 0;
  net::Ip local;
  // Of this side; none: any.

  bool operator==(const ServerAddress&) const = default;
};

class ServerLink final : private Connection::Owner {
 public:
  class User {
   public:
    virtual void connected() = 0;
    virtual void lost(kj::StringPtr reason) = 0;
    // Also an attempt that failed. It may be called from within `connect` again.
    virtual void received(Bytes bytes) = 0;
    virtual void written() = 0;
    // The system took some.
  };

  struct Shell {
    // What it lives on, for longer than it does.
    xrl::Loop& loop;
    kit::Sockets& sockets;
    kj::TaskSet& tasks;
  };

  ServerLink(Shell shell, User& user, ServerAddress to) : shell(shell), user(user), to(to) {}
  ~ServerLink() noexcept(false) { close(); }
  KJ_DISALLOW_COPY(ServerLink);

  void connect();
  void close();
  void finish();
  // Send what waits, and then close.
  void send(Bytes bytes);
  size_t waiting() const { return connection.get() == nullptr ? 0 : connection->waiting(); }

 private:
  xrl::Task<void> open();
  void connected(Way) override { user.connected(); }
  void lost(Way, kj::StringPtr reason) override;
  size_t received(Way, Bytes bytes) override;
  void written(Way, size_t) override { user.written(); }
  Connection::Owner& owner() { return *this; }

  const Shell shell;
  User& user;
  const ServerAddress to;
  kj::Own<Connection> connection;
  kj::Promise<void> opening = nullptr;
};

}  // namespace xylem::bgp
