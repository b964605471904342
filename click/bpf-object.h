#pragma once
// A BPF object that this program carries: its maps and programs.
//
//     extern "C" const uint8_t xylemSteerStart[], xylemSteerEnd[];     // xdp/steer.bpf.c
//     auto object = BpfObject::load({xylemSteerStart, xylemSteerEnd});

#include <bpf/libbpf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace xylem::click {

class BpfObject {
 public:
  using Code = std::span<const uint8_t>;
  using Reuse = std::function<int(const char* map)>;
  // The descriptor of a map that is to be used instead of a new one, or -1.

  static std::unique_ptr<BpfObject> load(Code code, const Reuse& reuse = nullptr);
  // Null if the kernel refuses; then errno says why.

  int map(const char* name) const { return bpf_object__find_map_fd_by_name(object.get(), name); }
  int program(const char* name) const { return bpf_program__fd(bpf_object__find_program_by_name(object.get(), name)); }

 private:
  struct Close {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };
  std::unique_ptr<bpf_object, Close> object;
};

}  // namespace xylem::click
