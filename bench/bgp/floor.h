#pragma once
// A router without any BGP in it, as the least that all of them have to do: what announcers say goes on to the receiver
// as it is, and each prefix in it to the kernel by the cheapest way.

namespace xylem::bench {

void runFloor();
// In the router's network namespace; never returns.

}  // namespace xylem::bench
