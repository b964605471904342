// All that goes to the kernel goes to the click process too, in the same order. When that process appears, the writer
// is asked for everything again; only then does it begin to forward. It forgets what it had when it dies, and so does
// this end: the kernel knows enough.

#include <click/click.capnp.h>
#include <fea/click.h>
#include <fea/kernel-neighbors.h>
#include <fea/kernel.h>
#include <net/wire.h>
#include <xrl/log.h>
#include <xrl/remote.h>

namespace xylem::fea {

namespace {

using Writer = click::wire::Plane::Writer;

class ClickPlane final : public Forwarder, private Forwarder::Listener, private kj::TaskSet::ErrorHandler {
 public:
  ClickPlane(xrl::Process& process, Forwarder::Listener& listener)
      : listener(listener),
        kernel(openKernel(process.loop, *this)),
        neighbors(process.loop, [this](kj::ArrayPtr<const Neighbor> changed) { tellNeighbors(changed); }),
        tasks(*this),
        remote(process, "click", [this](click::wire::Plane::Client plane) { return attend(kj::mv(plane)); }) {}

  kj::StringPtr name() const override { return "click"; }
  void forward() override { kernel->forward(); }
  kj::ArrayPtr<const kj::Own<Link>> links() override { return kernel->links(); }
  kj::Vector<Fault> configure(kj::Vector<DesiredLink> desired) override {
    auto faults = kernel->configure(kj::mv(desired));
    tellPorts();
    return faults;
  }

  kj::Promise<void> beginSync() override {
    isSyncing = true;
    begin();
    return kernel->beginSync();
  }
  kj::Promise<void> push(rib::Batch::Reader batch) override {
    auto written = kernel->push(batch);
    KJ_IF_MAYBE (to, writer) {
      auto request = to->pushRequest(batch.totalSize());
      request.setBatch(batch);
      auto both = kj::heapArrayBuilder<kj::Promise<void>>(2);
      both.add(kj::mv(written));
      both.add(unlessGone(request.send()));
      return kj::joinPromises(both.finish());
    }
    return written;
  }
  kj::Promise<void> synced() override {
    return kernel->synced().then([this]() -> kj::Promise<void> {
      isSyncing = false;
      KJ_IF_MAYBE (to, writer) {
        if (hasBegun) return unlessGone(to->syncedRequest().send().ignoreResult());
        askForAll();
      }
      return kj::READY_NOW;
    });
  }
  Counters counters() const override { return kernel->counters(); }

 private:
  // ---- the kernel's news

  void linksChanged(kj::ArrayPtr<const kj::String> names) override {
    tellPorts();
    listener.linksChanged(names);
  }
  void lost(kj::ArrayPtr<const net::IpNet> nets) override { listener.lost(nets); }
  void resync(kj::StringPtr reason) override {
    begin();
    listener.resync(reason);
  }
  void refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) override { listener.refused(nets, reason); }

  // ---- the click process

  kj::Promise<void> attend(click::wire::Plane::Client plane) {
    xrl::log::info("click plane is there");
    writer = plane.writeRequest().send().getWriter();
    hasBegun = false;
    tellPorts();
    auto all = neighbors.all();
    tellNeighbors(all);
    if (!isSyncing && hasWriter) askForAll();
    return kj::Promise<void>(kj::NEVER_DONE).attach(kj::defer([this]() {
      xrl::log::info("click plane is gone, the kernel forwards");
      writer = nullptr;
    }));
  }

  void begin() {
    hasWriter = true;
    hasBegun = false;
    KJ_IF_MAYBE (to, writer) {
      hasBegun = true;
      tasks.add(unlessGone(to->beginRequest().send()));
    }
  }

  void askForAll() {
    begin();
    listener.resync("the click plane wants all routes");
  }

  void tellPorts() {
    KJ_IF_MAYBE (to, writer) {
      kj::Vector<const Link*> ports;
      for (auto& link : kernel->links())
        if (link->up && !link->loopback && !link->mac.isZero() && !link->addresses.empty()) ports.add(link.get());
      auto request = to->portsRequest();
      auto list = request.initPorts(uint(ports.size()));
      for (auto i : kj::indices(ports)) write(*ports[i], list[i]);
      tasks.add(unlessGone(request.send()));
    }
  }

  static void write(const Link& link, click::wire::Port::Builder to) {
    to.setName(link.name);
    to.setIndex(link.index);
    to.setMtu(link.mtu);
    net::write(link.mac, to.initMac());
    auto addresses = to.initAddresses(uint(link.addresses.size()));
    for (auto i : kj::indices(link.addresses)) net::write(link.addresses[i], addresses[i]);
  }

  void tellNeighbors(kj::ArrayPtr<const Neighbor> changed) {
    constexpr size_t AT_ONCE = 1024;
    KJ_IF_MAYBE (to, writer) {
      for (; changed.size() > 0; changed = changed.slice(kj::min(AT_ONCE, changed.size()), changed.size())) {
        auto request = to->neighborsRequest();
        auto list = request.initNeighbors(uint(kj::min(AT_ONCE, changed.size())));
        for (auto i : kj::indices(list)) {
          list[i].setIndex(changed[i].index);
          net::write(changed[i].address, list[i].initAddress());
          KJ_IF_MAYBE (mac, changed[i].mac) {
            list[i].setKnown(true);
            net::write(*mac, list[i].initMac());
          }
        }
        tasks.add(unlessGone(request.send()));
      }
    }
  }

  static kj::Promise<void> unlessGone(kj::Promise<void> told) {
    // A process that dies is noticed by `attend`; a fault of it must not become one of the kernel's.
    return told.catch_([](kj::Exception&& problem) {
      if (problem.getType() != kj::Exception::Type::DISCONNECTED)
        xrl::log::warn("click plane refuses", "reason", problem.getDescription());
    });
  }

  void taskFailed(kj::Exception&& exception) override {
    xrl::log::error("task failed", "reason", exception.getDescription());
  }

  Forwarder::Listener& listener;
  kj::Own<Forwarder> kernel;
  kj::Maybe<Writer::Client> writer;
  // While the process is there.
  bool isSyncing = false, hasWriter = false, hasBegun = false;
  // A writer of routes is writing all; there has been one; the process knows that all is coming.
  KernelNeighbors neighbors;
  kj::TaskSet tasks;
  xrl::Remote<click::wire::Plane> remote;
};

}  // namespace

kj::Own<Forwarder> openClick(xrl::Process& process, Forwarder::Listener& listener) {
  return kj::heap<ClickPlane>(process, listener);
}

}  // namespace xylem::fea
