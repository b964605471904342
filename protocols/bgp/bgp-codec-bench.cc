// What it costs to read and write UPDATE messages: 500 prefixes of /8 to /24 behind some 60 bytes of attributes.
//
//     bench-bgp-codec [ROUNDS]
//
// Times are the best of five passes, each of so many messages, on one core. A prefix is what remains of a whole message
// after one without prefixes.

#include <protocols/bgp/compose.h>
#include <protocols/bgp/update.h>

#include <kj/debug.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace xylem;
using namespace xylem::bgp;

namespace {

constexpr uint PREFIXES = 500, PASSES = 5;

template <typename F> double best(uint rounds, F&& f) {
  // Nanoseconds of a round.
  double best = 1e18;
  for (uint pass = 0; pass < PASSES; ++pass) {
    auto start = std::chrono::steady_clock::now();
    for (uint round = 0; round < rounds; ++round) f();
    auto took = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
    best = std::min(best, took / rounds);
  }
  return best;
}

policy::Attributes sample() {
  policy::Attributes attributes;
  attributes.origin = policy::Origin::IGP;
  const uint32_t path[] = {65001, 3356, 1299, 64512};
  attributes.path.append(policy::AsPath::SEQUENCE, path);
  attributes.nextHop = net::Ip4::of(192, 0, 2, 1);
  attributes.med = 100u;
  for (uint16_t i = 0; i < 4; ++i) attributes.communities.insert(policy::Community(65001, i));
  return attributes;
}

kj::Array<kj::byte> messageOf(const policy::Attributes& attributes, kj::ArrayPtr<const net::Ip4Net> nets) {
  net::ByteWriter block, out;
  encodeAttributes(attributes, {}, block);
  Composer composer(Family::IPV4_UNICAST, false, MAX_MESSAGE, out);
  KJ_REQUIRE(composer.begin(attributes.nextHop, {}, block.bytes()));
  for (auto net : nets) composer.announce(Destination<net::Ip4>{net});
  composer.finish();
  return out.finish();
}

uint64_t sink = 0;

void read(Bytes message, const Context& context, bool withAttributes) {
  auto outcome = split(message.slice(HEADER_SIZE, message.size()), context);
  auto& update = outcome.get<Update>();
  if (withAttributes) sink += decodeAttributes(update, update.announced[0], context).attributes.communities.size();
  Destination<net::Ip4> destination;
  for (Cursor<net::Ip4> cursor(update.announced[0].nlri); cursor.next(destination);)
    sink += destination.net.address().bits + destination.net.length();
}

}  // namespace

int main(int argc, char** argv) {
  uint rounds = argc > 1 ? uint(atoi(argv[1])) : 20000;
  std::mt19937 random(1);
  kj::Vector<net::Ip4Net> nets;
  for (uint i = 0; i < PREFIXES; ++i) nets.add(net::Ip4{uint32_t(random())}, 8 + random() % 17);
  auto attributes = sample();
  auto full = messageOf(attributes, nets), one = messageOf(attributes, nets.slice(0, 1));
  net::ByteWriter block;
  encodeAttributes(attributes, {}, block);
  Context context;
  auto print = [&](const char* name, double whole, double single) {
    printf("%-28s %8.0f ns/UPDATE, %6.0f ns without prefixes, %5.2f ns/prefix\n", name, whole, single,
           (whole - single) / (PREFIXES - 1));
  };
  printf("%zu bytes: %zu of attributes, %u prefixes\n", full.size(), block.size(), PREFIXES);
  print("decode", best(rounds, [&] { read(full, context, true); }), best(rounds, [&] { read(one, context, true); }));
  print("decode, attributes known", best(rounds, [&] { read(full, context, false); }),
        best(rounds, [&] { read(one, context, false); }));
  print("encode", best(rounds, [&] { sink += messageOf(attributes, nets).size(); }),
        best(rounds, [&] { sink += messageOf(attributes, nets.slice(0, 1)).size(); }));
  return sink == 0;
}
