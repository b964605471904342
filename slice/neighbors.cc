// The limit can be read in the machine's own network namespace alone.

#include <slice/neighbors.h>
#include <slice/text.h>

#include <bit>
#include <fstream>

namespace xylem::slice {

uint64_t neighborsOf(const Slice& slice) {
  uint64_t sum = 0;
  for (auto& link : slice.links) sum += slice.endsHere(link).size();
  for (auto& lan : slice.lans) sum += lan.members.size() * (lan.members.size() - 1);
  return sum;
}

std::string whyTooMany(uint64_t neighbors, const std::string& folder) {
  for (std::string version : {"ipv4", "ipv6"}) {
    uint64_t room = 0;
    std::ifstream stream(folder + "/" + version + "/neigh/default/gc_thresh3");
    if (!(stream >> room) || neighbors <= room) continue;
    auto ask = std::to_string(std::bit_ceil(2 * neighbors));
    return "its nodes may come to have " + std::to_string(neighbors) + " neighbours, and the machine keeps " +
           std::to_string(room) + " for all namespaces: packets will be lost; as root: sysctl -w " +
           "net.ipv4.neigh.default.gc_thresh3=" + ask + " net.ipv6.neigh.default.gc_thresh3=" + ask;
  }
  return "";
}

}  // namespace xylem::slice
