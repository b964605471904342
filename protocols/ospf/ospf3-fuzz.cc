// OSPFv3 packets through a core, of the address family that the input's first byte says.

#include <protocols/ospf/fuzz.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xylem::ospf;
  if (size == 0) return 0;
  fuzz::World(data[0] & 1 ? Face::V3_IP4 : Face::V3).run(kj::arrayPtr(data + 1, size - 1));
  return 0;
}
