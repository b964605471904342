// Ethernet in GRE over IPv4 (RFC 2784, RFC 2890) between the machine's end of a pair of devices, whose other end is in
// a slice, and the device that leads to the other machine.
//
// `wrap` sees what comes out of the slice. Headers are pushed by bpf_skb_adjust_room, which tells the kernel where the
// inner ones are: so a frame that is still to be cut into segments is cut on the way out, by the device or by the
// kernel, and its inner checksum is filled in likewise. That call takes IP alone. Another frame (ARP, IS-IS) gets its
// headers by bpf_skb_change_head, but is then still no IP packet for the kernel: it comes in by the same device once
// more, which looks at its type anew. A mark tells it then; what comes out of a slice has none.
//
// `unwrap` sees what comes in by the device between the machines, and lets go on whatever is not for one of the
// slice's tunnels, fragments and headers with options included. The outer packet forbids to be fragmented.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <slice/bpf/egre.h>

#define NEXT (-1)
#define WRAPPED 0x65588
#define KEYED_ETHERNET 0x20006558
#define NOT_WHOLE 0x3fff
#define DONT_FRAGMENT 0x4000
#define TTL 64
#define SHORTEST 60
#define LONGEST 0xffff
#define DECAP_L3_IPV6 (1ull << 8)
// Not yet in the headers of older systems.

struct outer {
  struct iphdr ip;
  __u32 form, key;
};
#define ROOM (sizeof(struct outer) + ETH_HLEN)
#define TAG 4

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, struct tunnel);
} tunnels SEC(".maps");
// By the machine's end of the pair.

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct flow);
  __type(value, struct end);
} ends SEC(".maps");

static __always_inline __u16 checksum(struct iphdr *ip) {
  __u32 sum = bpf_csum_diff(0, 0, (__be32 *)ip, sizeof *ip, 0);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline int putOuter(struct __sk_buff *frame, struct tunnel *tunnel) {
  __u32 length = frame->len - ETH_HLEN;
  struct outer outer = {.form = bpf_htonl(KEYED_ETHERNET), .key = tunnel->flow.key};
  outer.ip.version = 4;
  outer.ip.ihl = 5;
  // One yet to be cut may be longer than can be said here.
  outer.ip.tot_len = bpf_htons(length < LONGEST ? length : LONGEST);
  outer.ip.frag_off = bpf_htons(DONT_FRAGMENT);
  outer.ip.ttl = TTL;
  outer.ip.protocol = IPPROTO_GRE;
  outer.ip.saddr = tunnel->flow.here;
  outer.ip.daddr = tunnel->flow.there;
  outer.ip.check = checksum(&outer.ip);
  struct ethhdr ethernet = {.h_proto = bpf_htons(ETH_P_IP)};
  if (bpf_skb_store_bytes(frame, 0, &ethernet, sizeof ethernet, 0) < 0) return -1;
  return bpf_skb_store_bytes(frame, ETH_HLEN, &outer, sizeof outer, 0);
}

struct inner {
  // An Ethernet header and, if the kernel has it beside the frame, a tag.
  __u8 addresses[2 * ETH_ALEN];
  __be16 type[3];
};

static __always_inline int putInner(struct __sk_buff *frame, struct inner *inner, int tagged) {
  const __u32 at = ETH_HLEN + sizeof(struct outer);
  return tagged ? bpf_skb_store_bytes(frame, at, inner, ETH_HLEN + TAG, 0)
                : bpf_skb_store_bytes(frame, at, inner, ETH_HLEN, 0);
}

static __always_inline int makeRoom(struct __sk_buff *frame, int tagged) {
  const __u64 how = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE |
                    BPF_F_ADJ_ROOM_ENCAP_L2_ETH;
  return tagged
             ? bpf_skb_adjust_room(frame, ROOM + TAG, BPF_ADJ_ROOM_MAC, how | BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN + TAG))
             : bpf_skb_adjust_room(frame, ROOM, BPF_ADJ_ROOM_MAC, how | BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN));
}

static __always_inline int popTag(struct __sk_buff *frame, struct inner *inner) {
  __be16 type = inner->type[0];
  // One below another would take its place.
  if (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD)) return -1;
  inner->type[2] = type;
  inner->type[1] = bpf_htons(frame->vlan_tci);
  inner->type[0] = frame->vlan_proto;
  return bpf_skb_vlan_pop(frame);
}

SEC("tc")
int wrap(struct __sk_buff *frame) {
  __u32 device = frame->ifindex;
  struct tunnel *tunnel = bpf_map_lookup_elem(&tunnels, &device);
  if (!tunnel) return TC_ACT_SHOT;
  if (frame->mark == WRAPPED) {
    frame->mark = 0;
    return bpf_redirect_neigh(tunnel->underlay, 0, 0, 0);
  }
  struct inner inner = {};
  if (bpf_skb_load_bytes(frame, 0, &inner, ETH_HLEN) < 0) return TC_ACT_SHOT;
  int isIp = inner.type[0] == bpf_htons(ETH_P_IP) || inner.type[0] == bpf_htons(ETH_P_IPV6);
  int tagged = frame->vlan_present;
  if (tagged && popTag(frame, &inner) < 0) return TC_ACT_SHOT;
  if (isIp ? makeRoom(frame, tagged) < 0
           : frame->gso_size || bpf_skb_change_head(frame, tagged ? ROOM + TAG : ROOM, 0) < 0)
    return TC_ACT_SHOT;
  if (putInner(frame, &inner, tagged) < 0 || putOuter(frame, tunnel) < 0) return TC_ACT_SHOT;
  if (isIp) return bpf_redirect_neigh(tunnel->underlay, 0, 0, 0);
  frame->mark = WRAPPED;
  return bpf_redirect(frame->ifindex, BPF_F_INGRESS);
}

static __always_inline int isOurs(struct __sk_buff *frame, struct outer *outer) {
  struct iphdr *ip = &outer->ip;
  if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_GRE) return 0;
  if (ip->frag_off & bpf_htons(NOT_WHOLE) || outer->form != bpf_htonl(KEYED_ETHERNET)) return 0;
  __u32 length = bpf_ntohs(ip->tot_len);
  if (!frame->gso_size && (length < ROOM || length > frame->len - ETH_HLEN)) return 0;
  return checksum(ip) == 0;
}

static __always_inline int isSame(const __u8 *a, const __u8 *b) {
  return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) | (a[5] ^ b[5])) == 0;
}

SEC("tc")
int unwrap(struct __sk_buff *frame) {
  struct outer outer;
  if (frame->protocol != bpf_htons(ETH_P_IP) || frame->pkt_type != 0) return NEXT;
  struct iphdr *ip = (void *)(long)frame->data + ETH_HLEN;
  if ((void *)(ip + 1) <= (void *)(long)frame->data_end && ip->protocol != IPPROTO_GRE) return NEXT;
  if (bpf_skb_load_bytes(frame, ETH_HLEN, &outer, sizeof outer) < 0 || !isOurs(frame, &outer)) return NEXT;
  struct flow flow = {.here = outer.ip.daddr, .there = outer.ip.saddr, .key = outer.key};
  struct end *to = bpf_map_lookup_elem(&ends, &flow);
  if (!to) return NEXT;
  // The shortest frames are too short for the next call: they become as long as they would be on a wire.
  if (frame->len < ROOM + SHORTEST && bpf_skb_change_tail(frame, ROOM + SHORTEST, 0) < 0) return TC_ACT_SHOT;
  struct ethhdr inner;
  if (bpf_skb_load_bytes(frame, ROOM, &inner, sizeof inner) < 0) return TC_ACT_SHOT;
  __u64 how = BPF_F_ADJ_ROOM_FIXED_GSO | (inner.h_proto == bpf_htons(ETH_P_IPV6) ? DECAP_L3_IPV6 : 0);
  if (bpf_skb_adjust_room(frame, -(int)ROOM, BPF_ADJ_ROOM_MAC, how) < 0) return TC_ACT_SHOT;
  if (bpf_skb_store_bytes(frame, 0, &inner, sizeof inner, 0) < 0) return TC_ACT_SHOT;
  int isIp = inner.h_proto == bpf_htons(ETH_P_IP) || inner.h_proto == bpf_htons(ETH_P_IPV6);
  // The short way does not look at the frame anew: so it must be for that device, and IP as the outer one was.
  return isIp && isSame(inner.h_dest, to->mac) ? bpf_redirect_peer(to->device, 0) : bpf_redirect(to->device, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
