#pragma once
// The machine's side of ways into slices and out of them: devices, forwarding, and what may pass. All of it is in the
// machine's own network namespace, and carries the slice's name; a slice has one device there, `xgate.` and eight
// digits.
//
//     node nat0 100.64.0.2 --- 100.64.0.1 the namespace between the nodes 100.127.x.y --- the machine --- its device
//
// Addresses are translated twice: to the one that the slice has on this machine, so that two slices may be equal; and
// to the machine's. Nobody inside a slice can change either.

#include <slice/builder.h>

namespace xylem::slice {

std::string wayOut();
// The device of this machine's default route; empty if it has none.

std::string gateDevice(const Place& place);

struct Uplink {
  std::string device;
  // Of the slice, on the machine.
  std::string out;
  // Of the machine.
  net::Ip4 machine, slice;
  // Addresses of its ends: a /31.
};

net::Ip4 freeUplink(const std::string& slice);
// The first of two addresses that this machine does not have yet; they follow from the name.

std::string machineRules(const Place& place, const Gate& gate, const Uplink& uplink);
std::string sliceRules(const Gate& gate, const std::string& up, const Uplink& uplink);
// For nftables.

std::string otherEnd(const Gate::Way& way);
// The device of that way which the node does not have.

uint32_t markOf(const Gate::Way& way);
// Of packets that answer what came by it; it is also the number of a table of routes.

void applyRules(const std::string& rules);
// In the namespace that the thread is in.

void forward(const Place& place, const std::string& device);
// The machine forwards what comes in there. That it did not is remembered until the last slice has let go.

kj::AutoCloseFd reservePort(const Gate::Forward& forward);
// Nobody else has that port of the machine, as long as this is open. Throws if somebody does.

void closeGate(const Place& place);
// Removes the rules of that slice, whose devices are gone or going, and lets go of forwarding. Nothing if there are
// none.

}  // namespace xylem::slice
