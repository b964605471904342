// The fast path: what needs no more than a route, a neighbor and one hop less goes from driver to driver, by the same
// tables as in the plane (tables.h). What concerns the host itself goes to the kernel, and everything else to the plane,
// which answers, fragments, resolves or counts as it does without this program: so nothing here is ever dropped.

#include <click/xdp/device.bpf.h>

#define SHARED(name, kind, count, key_type, value_type, flags) \
  struct {                                                     \
    __uint(type, kind);                                        \
    __uint(max_entries, count);                                \
    __uint(map_flags, flags);                                  \
    __type(key, key_type);                                     \
    __type(value, value_type);                                 \
  } name SEC(".maps")

struct block {
  __u32 slots[SLOTS_PER_BLOCK];
};

struct table {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(struct block));
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, SETS *TABLES);
  __type(key, __u32);
  __array(values, struct table);
} tables SEC(".maps");

SHARED(present, BPF_MAP_TYPE_ARRAY, 1, __u32, __u32, 0);
SHARED(hops, BPF_MAP_TYPE_ARRAY, HOPS, __u32, struct hop, 0);
SHARED(rows, BPF_MAP_TYPE_ARRAY, ROWS, __u32, struct row, 0);
SHARED(ports, BPF_MAP_TYPE_ARRAY, PORTS, __u32, struct port, 0);
SHARED(neighbors, BPF_MAP_TYPE_HASH, NEIGHBORS, struct link_address, struct hop, BPF_F_NO_PREALLOC);
SHARED(traffic, BPF_MAP_TYPE_PERCPU_ARRAY, PORTS, __u32, struct traffic, 0);

struct packet {
  void *end;
  struct ethhdr *ethernet;
  __u32 length, hash;
  // Of IP; of the flow.
};

static __always_inline __u32 deeper(void *table, __u32 slot, __u8 byte) {
  if (!(slot & SLOT_IS_BLOCK)) return slot;
  __u32 number = slot & ~SLOT_IS_BLOCK;
  struct block *block = bpf_map_lookup_elem(table, &number);
  // None: a value that no group has.
  return block ? block->slots[byte] : SLOT_VALUE;
}

static __always_inline __u32 route(void *table, const __u8 *address, int is6) {
  // The value plus 1.
  __u32 number = address[0];
  struct block *block = bpf_map_lookup_elem(table, &number);
  if (!block) return 0;
  __u32 slot = block->slots[address[1]];
  slot = deeper(table, slot, address[2]);
  slot = deeper(table, slot, address[3]);
  if (is6) {
    slot = deeper(table, slot, address[4]);
    slot = deeper(table, slot, address[5]);
    slot = deeper(table, slot, address[6]);
    slot = deeper(table, slot, address[7]);
    slot = deeper(table, slot, address[8]);
    slot = deeper(table, slot, address[9]);
    slot = deeper(table, slot, address[10]);
    slot = deeper(table, slot, address[11]);
    slot = deeper(table, slot, address[12]);
    slot = deeper(table, slot, address[13]);
    slot = deeper(table, slot, address[14]);
    slot = deeper(table, slot, address[15]);
  }
  if (slot == 0) {
    number = FIRST_BLOCKS;
    block = bpf_map_lookup_elem(table, &number);
    if (!block) return 0;
    slot = block->slots[0];
  }
  return slot & SLOT_VALUE;
}

static __always_inline __u32 slotOf(__u32 number, __u32 place) {
  void *table = bpf_map_lookup_elem(&tables, &number);
  if (!table) return 0;
  number = place / SLOTS_PER_BLOCK;
  struct block *block = bpf_map_lookup_elem(table, &number);
  return block ? block->slots[place % SLOTS_PER_BLOCK] : 0;
}

static __always_inline struct hop findHop(const __u8 *address, int is6, __u32 hash) {
  struct hop none = {};
  __u32 zero = 0, *set = bpf_map_lookup_elem(&present, &zero);
  if (!set) return none;
  __u32 base = *set * TABLES, number = base + (is6 ? TABLE_6 : TABLE_4);
  void *routes = bpf_map_lookup_elem(&tables, &number);
  if (!routes) return none;
  __u32 group = route(routes, address, is6);
  if (group == 0) return none;
  __u32 code = slotOf(base + TABLE_GROUPS, group - 1);
  if (code & GROUP_IS_ROW) {
    number = code & ~GROUP_IS_ROW;
    struct row *row = bpf_map_lookup_elem(&rows, &number);
    if (!row) return none;
    code = row->hops[hash % ROW];
  }
  struct hop *hop = bpf_map_lookup_elem(&hops, &code);
  if (!hop) return none;
  // At once: it may be changing.
  __u64 word = *(volatile __u64 *)hop;
  struct hop out;
  __builtin_memcpy(&out, &word, sizeof out);
  return out;
}

static __always_inline __u16 folded(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

static __always_inline int transport(struct packet *packet, void *at, __u32 length, __u8 protocol, __u64 addresses,
                                     __u32 *ports) {
  // False if its checksum is left to be completed: the field holds the pseudo header's sum.
  __u16 *words = at;
  if (protocol == IPPROTO_UDP || protocol == IPPROTO_TCP) {
    if (at + 4 > packet->end) return 0;
    *ports = words[0] | (__u32)words[1] << 16;
    int field = protocol == IPPROTO_UDP ? 3 : 8;
    if (at + 2 * (field + 1) > packet->end) return 0;
    return words[field] == 0 || words[field] != folded(addresses + bpf_htons(length) + bpf_htons(protocol));
  }
  return 1;
}

static __always_inline struct hop check4(struct packet *packet) {
  struct hop none = {};
  struct iphdr *ip = (void *)(packet->ethernet + 1);
  if ((void *)(ip + 1) > packet->end || ip->version != 4 || ip->ihl != 5 || ip->ttl <= 1) return none;
  packet->length = bpf_ntohs(ip->tot_len);
  if (packet->length < sizeof *ip || packet->length > packet->end - (void *)ip) return none;
  if (ip->saddr == 0 || ip->saddr == 0xffffffff) return none;
  __u16 *words = (void *)ip;
  __u64 sum = 0;
  for (int i = 0; i < 10; ++i) sum += words[i];
  if (folded(sum) != 0xffff) return none;
  __u32 ports = 0;
  __u64 addresses = (__u64)ip->saddr + ip->daddr;
  if ((ip->frag_off & bpf_htons(0x3fff)) == 0 &&
      !transport(packet, ip + 1, packet->length - sizeof *ip, ip->protocol, addresses, &ports))
    return none;
  __u32 hash = flowHash4Of(ip->saddr, ip->daddr, ports, ip->protocol);
  return findHop((void *)&ip->daddr, 0, hash);
}

static __always_inline struct hop check6(struct packet *packet) {
  struct hop none = {};
  struct ipv6hdr *ip = (void *)(packet->ethernet + 1);
  if ((void *)(ip + 1) > packet->end || ip->version != 6 || ip->hop_limit <= 1) return none;
  packet->length = bpf_ntohs(ip->payload_len) + sizeof *ip;
  if (packet->length > packet->end - (void *)ip) return none;
  __u32 *words = ip->saddr.in6_u.u6_addr32, ports = 0;
  if (ip->saddr.in6_u.u6_addr8[0] == 0xff || (words[0] | words[1] | words[2] | words[3]) == 0) return none;
  __u64 addresses = 0;
  for (int i = 0; i < 8; ++i) addresses += words[i];
  if (!transport(packet, ip + 1, packet->length - sizeof *ip, ip->nexthdr, addresses, &ports)) return none;
  return findHop((void *)&ip->daddr, 1, flowHash6Of(words, ports));
}

static __always_inline int resolve(struct packet *packet, struct hop *hop, struct port *port) {
  if (hop->kind == HOP_NEIGHBOR) return 1;
  if (hop->kind != HOP_ON_LINK) return 0;
  struct link_address key = {.interface = port->interface};
  if (packet->ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr *ip = (void *)(packet->ethernet + 1);
    if ((void *)(ip + 1) > packet->end) return 0;
    key.address[10] = key.address[11] = 0xff;
    __builtin_memcpy(key.address + 12, &ip->daddr, 4);
  } else {
    struct ipv6hdr *ip = (void *)(packet->ethernet + 1);
    if ((void *)(ip + 1) > packet->end) return 0;
    __builtin_memcpy(key.address, &ip->daddr, 16);
  }
  struct hop *known = bpf_map_lookup_elem(&neighbors, &key);
  if (!known) return 0;
  __u64 word = *(volatile __u64 *)known;
  __builtin_memcpy(hop->mac, &word, 6);
  return 1;
}

static __always_inline int oneHopLess(struct packet *packet) {
  if (packet->ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr *ip = (void *)(packet->ethernet + 1);
    if ((void *)(ip + 1) > packet->end) return 0;
    // RFC 1624.
    __u32 sum = ip->check + (__u32)bpf_htons(0x0100);
    ip->check = (__u16)(sum + (sum >= 0xffff));
    --ip->ttl;
    return 1;
  }
  struct ipv6hdr *ip = (void *)(packet->ethernet + 1);
  if ((void *)(ip + 1) > packet->end) return 0;
  --ip->hop_limit;
  return 1;
}

static __always_inline int isOther(const __u8 *a, const __u8 *b) {
  return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) | (a[5] ^ b[5])) != 0;
}

SEC("xdp")
int forward(struct xdp_md *context) {
  struct packet packet = {.end = (void *)(long)context->data_end, .ethernet = (void *)(long)context->data};
  if (isForHost(packet.ethernet, packet.end)) return XDP_PASS;
  if ((void *)(packet.ethernet + 1) > packet.end) return XDP_PASS;

  __u32 zero = 0;
  struct settings *settings = bpf_map_lookup_elem(&options, &zero);
  if (!settings) return toPlane(context);
  __u32 by = settings->port;
  struct port *in = bpf_map_lookup_elem(&ports, &by);
  if (!in || isOther(packet.ethernet->h_dest, in->mac)) return toPlane(context);

  struct hop hop = packet.ethernet->h_proto == bpf_htons(ETH_P_IP) ? check4(&packet) : check6(&packet);
  __u32 number = hop.port;
  struct port *out = bpf_map_lookup_elem(&ports, &number);
  if (!out || out->interface == 0 || packet.length > out->mtu) return toPlane(context);
  if (!out->takesFrames && !settings->isGeneric) return toPlane(context);
  if (!resolve(&packet, &hop, out) || !oneHopLess(&packet)) return toPlane(context);

  __builtin_memcpy(packet.ethernet->h_dest, hop.mac, 6);
  __builtin_memcpy(packet.ethernet->h_source, out->mac, 6);
  struct traffic *received = bpf_map_lookup_elem(&traffic, &by), *sent = bpf_map_lookup_elem(&traffic, &number);
  if (received) ++received->received;
  if (sent) ++sent->sent;
  return bpf_redirect(out->interface, 0);
}
