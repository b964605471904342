// The objects are linked into the program, so that nothing has to be found at run time.

#include <click/bpf-object.h>
#include <sys/resource.h>

namespace xylem::click {

std::unique_ptr<BpfObject> BpfObject::load(Code code, const Reuse& reuse) {
  // Before Linux 5.11 maps count as locked memory.
  rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
  libbpf_set_print(nullptr);
  auto out = std::make_unique<BpfObject>();
  out->object.reset(bpf_object__open_mem(code.data(), code.size(), nullptr));
  if (out->object == nullptr) return nullptr;
  for (auto map = bpf_object__next_map(out->object.get(), nullptr); map != nullptr && reuse;
       map = bpf_object__next_map(out->object.get(), map)) {
    int fd = reuse(bpf_map__name(map));
    if (fd >= 0 && bpf_map__reuse_fd(map, fd) < 0) return nullptr;
  }
  return bpf_object__load(out->object.get()) < 0 ? nullptr : std::move(out);
}

}  // namespace xylem::click
