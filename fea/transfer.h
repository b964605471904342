#pragma once
// What a router forwards by as one stream (struct Part of fea.capnp): out of the kernel, and into it.
//
//     co_await exportForwarding(loop, *plane, options, [&](Part::Reader part) { return write(part); });
//
//     Import import(*plane);
//     co_await import.take(part);  // for each
//     co_await import.done();
//
// Faults of both are told for people: a stream that breaks a rule, an interface that is not there, what the kernel
// refuses.

#include <fea/fea.capnp.h>
#include <fea/kernel.h>
#include <kj/function.h>
#include <kj/io.h>
#include <xrl/task.h>

namespace xylem::fea {

constexpr uint16_t STREAM_VERSION = 1;
constexpr uint PART_ITEMS = 1024;
// Most groups, routes or neighbors of one part.

using Give = kj::Function<kj::Promise<void>(Part::Reader)>;
// The next part is made when the promise is done.

xrl::Task<void> exportForwarding(xrl::Loop& loop, Forwarder& plane, KernelOptions options, Give give);
// The plane is the kernel, or stands by it. All is read before the first route is given, so that it is one picture.

class Import {
 public:
  explicit Import(Forwarder& plane) : plane(plane) {}
  KJ_DISALLOW_COPY(Import);

  xrl::Task<void> take(Part::Reader part);
  // One at a time, in order; the part must stay until it is done. Interfaces are set up, and get the addresses and the
  // MTU that they lack; what else they have stays.
  xrl::Task<void> done();

 private:
  void count(Part::Reader part);
  void takeInterface(Part::Port::Reader port);
  void takeNeighbor(Part::Neighbor::Reader neighbor);
  uint indexOf(kj::StringPtr name);

  Forwarder& plane;
  uint interfaces = 0, groups = 0;
  uint64_t routes = 0, neighbors = 0;
  bool hasBegun = false, isWriting = false, hasEnded = false;
};

int exportTo(int file);
int importFrom(int file);
// The same between the kernel of this network namespace and a file; the exit status. It forwards packets from then on.

}  // namespace xylem::fea
