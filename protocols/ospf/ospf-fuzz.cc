// OSPFv2 packets through a core.

#include <protocols/ospf/fuzz.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace xylem::ospf;
  fuzz::World(Face::V2).run(kj::arrayPtr(data, size));
  return 0;
}
