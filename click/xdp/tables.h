#pragma once
// What the click plane and its program in the kernel both read: in C, for both.
//
// A route table is blocks of slots. The first sixteen bits of an address are a place in the first 256 blocks, each
// further eight bits a place in the block that belongs to the slot before. A slot that is no block holds the length of
// its prefix less 1 in bits 24 to 30, and its value plus 1 below; or it is 0: then the prefix of length 0 decides,
// whose slot is the first one of the block after those 256.

#include <linux/types.h>

enum {
  SLOTS_PER_BLOCK = 256,
  FIRST_BLOCKS = 256,
  // Of the first sixteen bits.
  SHORTEST_SLOT = FIRST_BLOCKS * SLOTS_PER_BLOCK,
  // Place of the slot of the prefix of length 0.
  SLOT_VALUE = 0xffffff,
  // Mask of the value plus 1.
};
#define SLOT_IS_BLOCK 0x80000000u

// Three tables make a set; of two sets one is in force, the other one is made ready.
enum { TABLE_4, TABLE_6, TABLE_GROUPS, TABLES, SETS = 2 };

// The table of groups has a slot for each next-hop group, the value of a route: the number of a hop, or with
// GROUP_IS_ROW of a row of hops among which the flows are shared; 0 is not for the fast path.
#define GROUP_IS_ROW 0x80000000u
enum { ROW = 256, ROWS = 1024, HOPS = 16384, PORTS = 256, NEIGHBORS = 65536, OWN = 4096 };

// A hop in one word, so that it changes at once: six bytes of the neighbor's address, the port's number, the kind.
enum { HOP_SLOW, HOP_NEIGHBOR, HOP_ON_LINK };
struct hop {
  __u8 mac[6];
  __u8 port;
  __u8 kind;
};

struct row {
  __u16 hops[ROW];
};

struct port {
  __u32 interface;
  // Its index; 0 is no port.
  __u16 mtu;
  __u8 takesFrames;
  // From another device's driver (ndo_xdp_xmit).
  __u8 mac[6];
};

struct link_address {
  __u32 interface;
  __u8 address[16];
  // IPv4 in the last four, after ten bytes 0 and two 0xff (RFC 4291, section 2.5.5.2).
};

struct settings {
  // Of one device's program.
  __u32 keepsHost, port, isGeneric;
  // What concerns this host goes to the kernel; the device's number as a port; the program runs behind the driver.
};

struct traffic {
  __u64 received, sent;
  // Packets that went the fast path.
};

// Flows are told apart by addresses, protocol and ports, so that the packets of one keep their order on either path.
// Words are as they lie in memory.
static inline __u32 mixHash(__u64 hash) { return (__u32)((hash * 0x9e3779b97f4a7c15ull) >> 32); }

static inline __u32 flowHash4Of(__u32 from, __u32 to, __u32 ports, __u8 protocol) {
  return mixHash(((__u64)from << 32 | to) ^ mixHash(ports) ^ protocol);
}

static inline __u32 flowHash6Of(const __u32* addresses, __u32 ports) {
  __u64 sum = ports;
  for (int i = 0; i < 8; ++i) sum = sum * 0x100000001b3ull ^ addresses[i];
  return mixHash(sum);
}
