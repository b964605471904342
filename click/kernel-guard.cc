// A table that has an owner goes with the socket that made it (Linux 5.12); and what arrives is given to packet sockets
// before it comes to the hook.

#include <arpa/inet.h>
#include <click/kernel-guard.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <unistd.h>

namespace xylem::click {

KernelGuard::KernelGuard(const std::string& device, bool keepsHost)
    : keepsHost(keepsHost),
      context(nft_ctx_new(NFT_CTX_DEFAULT)),
      table("netdev xylem-" + std::to_string(getpid()) + "-" + std::to_string(if_nametoindex(device.c_str()))) {
  nft_ctx_buffer_error(context);
  nft_ctx_buffer_output(context);
}

KernelGuard::~KernelGuard() { nft_ctx_free(context); }

bool KernelGuard::run(const std::string& commands) { return nft_run_cmd_from_buffer(context, commands.c_str()) == 0; }

std::unique_ptr<KernelGuard> KernelGuard::open(const std::string& device, bool keepsHost, std::string& problem) {
  std::unique_ptr<KernelGuard> guard(new KernelGuard(device, keepsHost));
  auto host = keepsHost ? R"(
      ether type != { ip, ip6 } accept
      meta pkttype { multicast, broadcast } accept
      ip daddr { 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3 } accept
      ip6 daddr { ff00::/8, fe80::/10 } accept
      ip daddr @own4 accept
      ip6 daddr @own6 accept)"
                        : "";
  auto text = "table " + guard->table + R"( {
    flags owner
    set own4 { type ipv4_addr; }
    set own6 { type ipv6_addr; }
    chain take {
      type filter hook ingress device ")" +
              device + R"(" priority 0; policy drop;)" + host + "\n}\n}\n";
  if (guard->run(text)) return guard;
  problem = nft_ctx_get_error_buffer(guard->context);
  problem = device + ": the kernel would handle the packets too: " + problem.substr(0, problem.find('\n'));
  return nullptr;
}

void KernelGuard::setHost(std::span<const std::string> addresses) {
  std::string commands;
  for (auto [set, size, family] :
       {std::tuple{" own4", size_t(4), AF_INET}, std::tuple{" own6", size_t(16), AF_INET6}}) {
    commands += "flush set " + table + set + "\n";
    for (auto& each : addresses) {
      char text[INET6_ADDRSTRLEN];
      if (each.size() == size)
        commands += "add element " + table + set + " { " + inet_ntop(family, each.data(), text, sizeof text) + " }\n";
    }
  }
  run(commands);
}

}  // namespace xylem::click
