#pragma once
// What a process offers to others: its interfaces by name, each for those who may have it.
//
//     offers.add<Rib>([this](Caller& caller) { return kj::heap<RibFor>(table, caller); });
//
// An interface says in its schema, by `$access`, the lowest role that may get it.

#include <capnp/schema.h>
#include <kj/function.h>
#include <kj/map.h>
#include <xrl/caller.h>

namespace xylem::xrl {

class Offers : public kj::Refcounted {
 public:
  explicit Offers(kj::ArrayPtr<const kj::byte> schema) : schema(schema) {}
  // `schema`: the bytes of the CodeGeneratorRequest message that the program carries.

  using Make = kj::Function<capnp::Capability::Client(Caller&)>;

  template <typename Interface> void add(kj::Function<typename Interface::Client(Caller&)> make) {
    auto schema = capnp::Schema::from<Interface>();
    add(schema, [make = kj::mv(make)](Caller& caller) mutable -> capnp::Capability::Client { return make(caller); });
  }
  // `make` gives the caller's own instance; it may keep caller.copy().

  Services::Client to(kj::Own<Caller> caller);
  // The bootstrap interface of a connection with that caller.

 private:
  class For;
  struct Offer {
    Role least;
    Make make;
  };
  void add(capnp::InterfaceSchema interface, Make make);

  kj::ArrayPtr<const kj::byte> schema;
  kj::TreeMap<kj::String, Offer> offers;
};

}  // namespace xylem::xrl
