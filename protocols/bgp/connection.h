#pragma once
// A TCP connection of a session: bytes in, by slices, and bytes out. What they mean is the session's business.
//
// It may be closed from within any of its own calls; the object goes when the loop turns next.

#include <net/bytes.h>
#include <net/sockaddr.h>
#include <protocols/bgp/session.h>
#include <xrl/bell.h>
#include <xrl/loop.h>
#include <xrl/task.h>

#include <kj/io.h>

namespace xylem::bgp {

class Connection {
 public:
  class Owner {
   public:
    virtual void connected(Way way) = 0;
    virtual void lost(Way way, kj::StringPtr reason) = 0;
    virtual size_t received(Way way, Bytes bytes) = 0;
    // Returns how many it has taken; the others come again when the loop has turned.
    virtual void written(Way way, size_t waiting) = 0;
    // The system took some; so many wait.
  };

  Connection(xrl::Loop& loop, Owner& owner, Way way, kj::AutoCloseFd fd, kj::Maybe<net::Ip> to, uint16_t port,
             uint scope);
  // Connects to that address (`scope`: the index of the interface of a link-local one), unless it is one that came in.
  ~Connection() noexcept(false);
  KJ_DISALLOW_COPY(Connection);

  void send(Bytes bytes);
  size_t waiting() const { return out.size() - sent; }
  bool hasUnread() const;
  net::Endpoint here() const;
  net::Endpoint there() const;
  // This side and the other; without address when the system does not know any more.

  static void finish(kj::Own<Connection> connection, kj::TaskSet& tasks);
  // Send what waits, end the sending side, and read until the other side has ended too, or a second has passed.
  static void drop(kj::Own<Connection> connection, kj::TaskSet& tasks);

 private:
  xrl::Task<void> live(kj::Maybe<net::Ip> to, uint16_t port, uint scope);
  xrl::Task<void> readAll();
  xrl::Task<void> writeAll();
  xrl::Task<void> drain();
  bool write();
  void fail(kj::StringPtr reason);

  xrl::Loop& loop;
  kj::Maybe<Owner&> owner;
  const Way way;
  kj::AutoCloseFd fd;
  kj::Vector<kj::byte> out;
  size_t sent = 0;
  kj::Array<kj::byte> in;
  size_t unread = 0;
  // Read from the system and not taken.
  bool open = false;
  xrl::Bell more;
  kj::Promise<void> living = nullptr, writing = nullptr;
};

}  // namespace xylem::bgp
