#pragma once
// The FEA as a daemon: one plane, its interfaces, its one writer of routes, and sockets for those who may not open
// them.
//
// The plane is opened by the first commit; who comes earlier waits. A plane is never changed for another without a
// restart. Each caller may hold MAX_SOCKETS sockets and MAX_SUBSCRIPTIONS subscriptions at once.

#include <fea/followers.h>
#include <fea/keeper.h>
#include <kj/map.h>
#include <xrl/daemon.h>

namespace xylem::fea {

constexpr uint MAX_SOCKETS = 1024;
constexpr uint MAX_SUBSCRIPTIONS = 256;

class Engine final : public xrl::Configured<Config, State>, private Forwarder::Listener {
 public:
  explicit Engine(xrl::Process& process);
  ~Engine() noexcept(false);
  // Once retired, it takes the configured addresses along.

  void check(Config::Reader config, xrl::Problems& problems) override;
  kj::Maybe<kj::String> whyRestart(Config::Reader config) override;
  xrl::Task<void> commit(Config::Reader config) override;
  xrl::Task<void> retire() override;
  void state(State::Builder state) override;

 private:
  class AsFea;
  class AsForwarding;
  class AsShow;
  class Restoring;
  class Writer;
  class Held;
  class SocketWithFd;

  struct Owner {
    uint subscriptions = 0, sockets = 0;
    // Held now.
    std::map<std::string, uint32_t> handedOut;
    // By kind.
  };

  void open(Config::Plane plane);
  kj::Own<Held> hold(const std::string& owner, uint Owner::*what, uint most, kj::StringPtr name);
  Fea::Socket::Client handOut(const std::string& owner, kj::StringPtr kind, kj::Function<kj::AutoCloseFd()> open);

  void linksChanged(kj::ArrayPtr<const kj::String> names) override;
  void lost(kj::ArrayPtr<const net::IpNet> nets) override;
  void resync(kj::StringPtr reason) override;
  void refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) override;

  kj::Own<Forwarder> plane;
  Config::Plane kind = Config::Plane::KERNEL;
  kj::Own<Followers> followers;
  bool retainRoutes = false, retired = false;
  kj::PromiseFulfillerPair<void> opened = kj::newPromiseAndFulfiller<void>();
  kj::ForkedPromise<void> whenOpen = opened.promise.fork();
  Writer* writer = nullptr;
  // The present one, while it lives.
  Restoring* restoring = nullptr;
  std::map<std::string, Owner> owners;
};

}  // namespace xylem::fea
