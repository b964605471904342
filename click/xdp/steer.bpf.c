// What a device's XDP program decides: who gets a frame, the click plane or the kernel.
//
// With `keepsHost` clear every frame goes to the plane. With it set the kernel keeps what concerns this host itself:
// everything that is not IP, multicast and broadcast, and packets to its own addresses; the plane gets what is to be
// forwarded. If the plane's socket is not there the kernel gets everything.

#include <click/xdp/device.bpf.h>

SEC("xdp")
int steer(struct xdp_md *context) {
  __u32 zero = 0;
  struct settings *settings = bpf_map_lookup_elem(&options, &zero);
  if (settings && settings->keepsHost && isForHost((void *)(long)context->data, (void *)(long)context->data_end))
    return XDP_PASS;
  return toPlane(context);
}
