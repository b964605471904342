#pragma once
// Keeps from the kernel what a packet socket has taken of a device: the kernel, which sees the frames too, drops them
// behind the socket (nftables, hook ingress). The rules belong to this process and go with it, whatever its end.

#include <memory>
#include <span>
#include <string>

struct nft_ctx;

namespace xylem::click {

class KernelGuard {
 public:
  static std::unique_ptr<KernelGuard> open(const std::string& device, bool keepsHost, std::string& problem);
  // With keepsHost the kernel goes on getting what concerns this host itself, as xdp/steer.bpf.c says. Null if it
  // cannot be; then `problem` says why.
  ~KernelGuard();

  void setHost(std::span<const std::string> addresses);
  // The host's own: network order, 4 or 16 bytes each.
  const bool keepsHost;

 private:
  KernelGuard(const std::string& device, bool keepsHost);
  bool run(const std::string& commands);

  nft_ctx* context;
  std::string table;
};

}  // namespace xylem::click
