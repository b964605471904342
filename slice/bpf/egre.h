#pragma once
// What the programs of egre.bpf.c share with the keeper. Addresses and keys are in the order of the network.

#include <linux/types.h>

struct flow {
  // Whose frames they are: the outer addresses here and there, and GRE's key.
  __u32 here, there, key;
};

struct tunnel {
  struct flow flow;
  __u32 underlay;
  // The device that leads there.
};

struct end {
  __u32 device;
  // The machine's end.
  __u8 mac[6];
  // Of the other one, in the slice.
  __u8 unused[2];
};
