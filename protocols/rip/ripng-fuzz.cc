// RIPng packets through a core.

#include <protocols/rip/fuzz.h>

using namespace xylem::rip;
using xylem::net::Ip6;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t LINK_LOCAL = 0xfe80'0000'0000'0000, GLOBAL = 0x2001'0db8'0000'0000;
  Settings<Ripng> settings;
  settings.interfaces["eth0"];
  settings.interfaces["eth1"].horizon = Horizon::NONE;
  Link link{true, 1500, {xylem::net::IfAddr(Ip6{LINK_LOCAL, 1}, 64), xylem::net::IfAddr(Ip6{GLOBAL, 1}, 64)}};
  const Ip6 senders[] = {{LINK_LOCAL, 2}, {LINK_LOCAL, 3}, {LINK_LOCAL, 1}, {GLOBAL, 2}};
  Fuzz<Ripng>(kj::mv(settings), kj::mv(link)).run(kj::arrayPtr(data, size), senders);
  return 0;
}
