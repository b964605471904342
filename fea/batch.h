#pragma once
// The rules of a batch for the forwarding table, the same for every plane. The writer may be anybody: what breaks a
// rule is refused before anything of it takes effect.
//
//   - a group has an id other than 0, at most MAX_HOPS hops, each with an interface, a weight of 1 to 256, and a
//   gateway
//     that is a host's address or none
//   - at most MAX_GROUPS groups are held at once
//   - a route has a valid prefix and refers to a group that is there, with the batch's own groups taken in, or to 0

#include <kj/function.h>
#include <net/ip.h>
#include <rib/rib.capnp.h>

namespace xylem::fea {

constexpr uint MAX_HOPS = 256;
constexpr uint MAX_GROUPS = 1 << 18;
constexpr uint MAX_ROUTES = 1 << 16;
// In one batch.

kj::Maybe<kj::String> whyNot(rib::Batch::Reader batch, size_t groups, kj::FunctionParam<bool(uint32_t)> holds);
// The rule that a batch breaks, if so. `groups` is how many the plane holds; `holds` says whether it has this one.

net::IpNet netOf(rib::Route::Reader route);
// Its prefix; none if it is invalid.

bool isFreed(rib::NextHopGroup::Reader group);
// It is an empty list of hops: its id is free.

}  // namespace xylem::fea
