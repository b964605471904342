#pragma once
// Links by `tunnel egre` that the kernel carries: Ethernet in GRE by two programs in it (bpf/egre.bpf.c), for those of
// one slice.
//
// Such a link is a pair of devices. One is in the slice; the other, `xegre.` and eight digits, is the machine's, and
// frames go from it to the device that leads to the other machine, and back, without a process. The programs are there
// as long as this is: the kernel takes them off when the descriptors are closed, however that comes.

#include <slice/kernel.h>

#include <map>
#include <memory>
#include <string>

struct bpf_object;

namespace xylem::slice {

class Egre {
 public:
  static std::unique_ptr<Egre> open(std::string& problem);
  // Null if the kernel does not let this process load them; then `problem` says why.
  ~Egre() noexcept(false);

  std::string reach(net::Ip4 there);
  // Why frames to that address cannot be carried so, or nothing: then they can be, by the device that leads there now.

  void add(const std::string& name, const Interface& device, int network, const Tunnel& tunnel, int end);
  // The device of that end of a tunnel, in that namespace. The other machine can be reached. `name` is the link's,
  // and says which slice of which domain it is of.
  void remove(const std::string& name);
  // All but the devices, which go with the one in the slice. Nothing if there is no such link.

 private:
  struct Carried {
    uint32_t device = 0, underlay = 0;
    Tunnel tunnel;
    int end = 0;
    kj::AutoCloseFd program;
  };
  Egre() = default;
  kj::AutoCloseFd attach(const char* program, uint32_t device);
  int map(const char* name) const;

  struct Close {
    void operator()(bpf_object* object) const;
  };
  std::unique_ptr<bpf_object, Close> object;
  std::map<uint32_t, kj::AutoCloseFd> underlays;
  // By device: what is attached there.
  std::map<std::string, Carried> links;
};

}  // namespace xylem::slice
