#pragma once
// What bench-frames tells its program.

#include <linux/types.h>

struct source {
  __u32 interface, address;
  // By which frames leave; of the sender. Addresses are in the machine's order.
  __u32 first, networks;
  // Destinations: so many /24 from there on.
  __u8 to[6], from[6];
};
