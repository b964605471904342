#pragma once
// The Finder on its socket.

#include <finder/registry.h>
#include <xrl/connection.h>

namespace xylem::finder {

constexpr size_t MAX_CONNECTIONS_OF_USER = 128;
// Of each user but root.

class Server final : private kj::TaskSet::ErrorHandler {
 public:
  Server(xrl::Loop& loop, kj::AutoCloseFd listener, kj::ArrayPtr<const kj::byte> schema);
  // `listener`: a listening Unix stream socket. Everybody on the machine may connect.
  ~Server() noexcept(false);

  kj::Promise<void> serve();

 private:
  class Self;

  xrl::Task<void> acceptAll();
  void accept(kj::AutoCloseFd socket);
  void begin(kj::AutoCloseFd socket, capnp::Capability::Client bootstrap, kj::Own<xrl::Caller> caller);
  xrl::Task<void> attend(kj::AutoCloseFd socket, capnp::Capability::Client bootstrap, kj::Own<xrl::Caller> caller);
  void taskFailed(kj::Exception&& exception) override;

  xrl::Loop& loop;
  kj::AutoCloseFd listener;
  Registry registry;
  kj::Own<xrl::Offers> offers;
  std::map<uint32_t, size_t> connectionsOf;
  // By uid.
  kj::TaskSet connections;
  capnp::Capability::Client self;
};

}  // namespace xylem::finder
