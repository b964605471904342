// RIPv2 packets through a core. A signature cannot be guessed, so the interface that wants one takes a password, and
// the signed kinds are also checked on their own.

#include <protocols/rip/fuzz.h>

using namespace xylem::rip;
using xylem::net::Ip4;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Settings<Rip> settings;
  settings.interfaces["eth0"];
  settings.interfaces["eth1"].authentication = Authentication(kj::str("a"));
  Link link{true, 1500, {xylem::net::IfAddr(Ip4::of(10, 0, 0, 1), 24)}};
  const Ip4 senders[] = {Ip4::of(10, 0, 0, 2), Ip4::of(10, 0, 0, 3), Ip4::of(10, 0, 0, 1), Ip4::of(10, 9, 9, 9)};
  Fuzz<Rip>(kj::mv(settings), kj::mv(link)).run(kj::arrayPtr(data, size), senders);

  if (size == 0) return 0;
  kj::Vector<Key> keys;
  keys.add(Key{data[0], Algorithm(size % 5), kj::str("key"), false});
  Authentication authentication(kj::mv(keys));
  kj::Maybe<uint32_t> sequence;
  open<Rip>(kj::arrayPtr(data, size), authentication, sequence);
  return 0;
}
