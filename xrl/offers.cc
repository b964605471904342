// Offers: the one place where a peer's role is compared with what an interface asks for.

#include <xrl/offers.h>

#include <kj/debug.h>

namespace xylem::xrl {

namespace {

constexpr uint64_t ACCESS = 0xb1f4f1f0a7d35c11;
// The annotation `access` of daemon.capnp.

Role leastRole(capnp::InterfaceSchema interface) {
  for (auto annotation : interface.getProto().getAnnotations())
    if (annotation.getId() == ACCESS) return Role(annotation.getValue().getEnum());
  return Role::DAEMON;
}

}  // namespace

class Offers::For final : public Services::Server {
 public:
  For(kj::Own<Offers> offers, kj::Own<Caller> caller) : offers(kj::mv(offers)), caller(kj::mv(caller)) {}

 private:
  kj::Promise<void> describe(DescribeContext context) override {
    kj::Vector<kj::StringPtr> names;
    for (auto& offer : offers->offers)
      if (caller->role >= offer.value.least) names.add(offer.key);
    auto results = context.getResults();
    results.setSchema(offers->schema);
    auto list = results.initInterfaces(names.size());
    for (auto i : kj::indices(names)) list.set(i, names[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> get(GetContext context) override {
    auto name = context.getParams().getInterface();
    auto& offer = KJ_REQUIRE_NONNULL(offers->offers.find(name), "there is no such interface here", name);
    KJ_REQUIRE(caller->role >= offer.least, "this caller may not have this interface", name, caller->role, offer.least);
    auto& service = services.findOrCreate(name, [&]() {
      return kj::TreeMap<kj::String, capnp::Capability::Client>::Entry{kj::str(name), offer.make(*caller)};
    });
    context.getResults().setService(service);
    return kj::READY_NOW;
  }

  kj::Own<Offers> offers;
  kj::Own<Caller> caller;
  kj::TreeMap<kj::String, capnp::Capability::Client> services;
  // What the caller has got: asked again, it gets the same.
};

void Offers::add(capnp::InterfaceSchema interface, Make make) {
  offers.insert(kj::str(interface.getShortDisplayName()), Offer{leastRole(interface), kj::mv(make)});
}

Services::Client Offers::to(kj::Own<Caller> caller) { return kj::heap<For>(kj::addRef(*this), kj::mv(caller)); }

}  // namespace xylem::xrl
