// For measurements: frames as a device's driver would deliver them, and a device that drops what it gets.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <click/xdp/source.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct source);
} sources SEC(".maps");

SEC("xdp")
int source(struct xdp_md *context) {
  // The memory of a frame comes back as the last one left it, so all of it is written anew.
  void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
  struct ethhdr *ethernet = data;
  struct iphdr *ip = (void *)(ethernet + 1);
  __u32 zero = 0;
  struct source *source = bpf_map_lookup_elem(&sources, &zero);
  if (!source || (void *)(ip + 1) > end) return XDP_DROP;
  __builtin_memcpy(ethernet->h_dest, source->to, 6);
  __builtin_memcpy(ethernet->h_source, source->from, 6);
  ethernet->h_proto = bpf_htons(ETH_P_IP);
  *(__u32 *)ip = bpf_htonl(0x45000000 | (__u32)(end - (void *)ip));
  ip->id = ip->frag_off = 0;
  ip->ttl = 64;
  ip->protocol = IPPROTO_UDP;
  ip->check = 0;
  ip->saddr = bpf_htonl(source->address);
  ip->daddr = bpf_htonl(source->first + (bpf_get_prandom_u32() % source->networks << 8) + 1);
  __u16 *words = (void *)ip;
  __u32 sum = 0;
  for (int i = 0; i < 10; ++i) sum += words[i];
  sum = (sum & 0xffff) + (sum >> 16);
  ip->check = ~(__u16)((sum & 0xffff) + (sum >> 16));
  return bpf_redirect(source->interface, 0);
}

SEC("xdp")
int drop(struct xdp_md *context) {
  // Not what neighbors tell each other.
  __u8 *frame = (void *)(long)context->data;
  return (void *)(frame + 1) <= (void *)(long)context->data_end && (*frame & 1) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
