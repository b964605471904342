#pragma once
// What every program on a device has: the device's own maps, and who this host is.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <click/xdp/tables.h>

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct settings);
} options SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, OWN);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, __u8);
} own4 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, OWN);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct in6_addr);
  __type(value, __u8);
} own6 SEC(".maps");

static __always_inline int isForHost(void* data, void* end) {
  struct ethhdr* ethernet = data;
  if ((void*)(ethernet + 1) > end) return 1;
  if (ethernet->h_dest[0] & 1) return 1;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(ethernet + 1);
    if ((void*)(ip + 1) > end) return 1;
    __u32 to = ip->daddr;
    __u8 first = to & 0xff;
    return first >= 224 || first == 127 || first == 0 || bpf_map_lookup_elem(&own4, &to) != 0;
  }
  if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = (void*)(ethernet + 1);
    if ((void*)(ip + 1) > end) return 1;
    struct in6_addr to = ip->daddr;
    __u8 first = to.in6_u.u6_addr8[0], second = to.in6_u.u6_addr8[1];
    return first == 0xff || (first == 0xfe && (second & 0xc0) == 0x80) || bpf_map_lookup_elem(&own6, &to) != 0;
  }
  return 1;
}

static __always_inline int toPlane(struct xdp_md* context) {
  // If the plane's socket is not there the kernel gets it.
  return bpf_redirect_map(&sockets, context->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
