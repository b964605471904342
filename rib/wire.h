#pragma once
// Groups, routes and ways to and from rib.capnp.

#include <kj/one-of.h>
#include <rib/followers.h>
#include <rib/rib.capnp.h>

#include <map>

namespace xylem::rib {

constexpr size_t MAX_BATCH = 16384;
// Routes, groups, and hops of groups, in one batch.
constexpr size_t MAX_GROUPS = 65536;
constexpr size_t MAX_ROUTES = 8 << 20;
// Of all origins of a protocol.

struct Checked {
  // A batch that may be applied.
  std::map<uint32_t, NextHops> groups;
  std::set<uint32_t> dropped;
};
kj::OneOf<Checked, kj::String> check(Batch::Reader batch, Table& table, Origin& origin);
// Whether the origin may do this; otherwise why not. Nothing is changed.

void apply(Batch::Reader batch, Checked&& checked, Table& table, Origin& origin);

void write(const NextHops& nextHops, NextHopGroup::Builder to);
void write(const std::vector<NextHop>& hops, capnp::List<Hop>::Builder to);
void write(const Way& way, Rib::Way::Builder to);
void write(const FibBatch& batch, Table& table, Batch::Builder to);
void write(kj::ArrayPtr<const Followed> followed, Batch::Builder to);

}  // namespace xylem::rib
