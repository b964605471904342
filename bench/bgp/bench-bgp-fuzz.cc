// Bodies of UPDATEs, as a router under test may send them, through the receiver's decoder.

#include <bench/bgp/messages.h>
#include <kj/debug.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xylem;
  size_t nets = 0;
  bench::eachChange(kj::arrayPtr(data, size), [&](net::IpNet net, bool) {
    KJ_ASSERT(net.length() <= (net.is4() ? 32u : 128u));
    ++nets;
  });
  KJ_ASSERT(nets <= size);
  return 0;
}
