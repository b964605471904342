// Sends frames by a device in bursts, as a driver would deliver them (BPF_PROG_RUN with live frames), or drops all that
// a device gets in its driver; so that what lies between two devices can be measured. Ends when it is killed.
//
//     bench-frames send DEVICE DESTINATION-MAC SIZE NETWORKS     UDP to one of so many /24 from 20.0.0.0/24 on
//     bench-frames drop DEVICE

#include <bpf/bpf.h>
#include <click/bpf-object.h>
#include <click/xdp/source.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/mac.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern "C" const uint8_t xylemSourceStart[], xylemSourceEnd[];

namespace {

using xylem::click::BpfObject;

[[noreturn]] void fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

void drop(const BpfObject& object, unsigned device) {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = XDP_FLAGS_DRV_MODE;
  if (bpf_link_create(object.program("drop"), int(device), BPF_XDP, &options) < 0) fail("cannot attach");
  puts("ready");
  fflush(stdout);
  pause();
}

void send(const BpfObject& object, unsigned device, const char* to, unsigned size, uint32_t networks) {
  source source{};
  source.interface = device;
  source.address = 0x0a000102;
  source.first = 20u << 24;
  source.networks = networks;
  KJ_IF_MAYBE (mac, xylem::net::Mac::parse(to)) mac->toBytes(source.to);
  uint32_t zero = 0;
  if (bpf_map_update_elem(object.map("sources"), &zero, &source, BPF_ANY) < 0) fail("cannot tell the program");
  std::vector<uint8_t> frame(size);
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = frame.data();
  options.data_size_in = size;
  options.repeat = 1 << 20;
  options.batch_size = 64;
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  while (bpf_prog_test_run_opts(object.program("source"), &options) == 0) {
  }
  fail("cannot send");
}

}  // namespace

int main(int argc, char** argv) {
  std::string mode = argc > 2 ? argv[1] : "";
  if (!(mode == "drop" && argc == 3) && !(mode == "send" && argc == 6)) {
    fprintf(stderr, "usage: bench-frames send DEVICE DESTINATION-MAC SIZE NETWORKS | drop DEVICE\n");
    return 1;
  }
  auto device = if_nametoindex(argv[2]);
  if (device == 0) fail(argv[2]);
  auto object = BpfObject::load({xylemSourceStart, xylemSourceEnd});
  if (object == nullptr) fail("cannot load the program");
  if (mode == "drop")
    drop(*object, device);
  else
    send(*object, device, argv[3], unsigned(atoi(argv[4])), uint32_t(atoi(argv[5])));
}
