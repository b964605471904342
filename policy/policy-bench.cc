// What policies cost a route: a prefix list of one entry and of 100,000, an AS-path expression, and a whole policy. The
// last column says how many times a second.
//
//     policy-bench

#include <kj/debug.h>
#include <net/wire.h>
#include <policy/compiled.h>

#include <chrono>
#include <cstdio>
#include <random>

namespace xylem::policy {
namespace {

constexpr uint ENTRIES = 100000, ROUTES = 1 << 16, ROUNDS = 16;

template <typename F> void measure(const char* what, F&& f) {
  // f(i) for each of ROUTES routes; the best of ROUNDS.
  double best = 1e9;
  uint64_t sum = 0;
  for (uint round = 0; round < ROUNDS; ++round) {
    auto begin = std::chrono::steady_clock::now();
    for (uint i = 0; i < ROUTES; ++i) sum += f(i) ? 1 : 0;
    best = kj::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  printf("%-48s %7.1f ns %6.1f M/s   (%4.1f %% hold)\n", what, best / ROUTES * 1e9, ROUTES / best / 1e6,
         double(sum) / ROUNDS / ROUTES * 100);
}

net::Ip4Net randomNet(std::mt19937& random) { return net::Ip4Net(net::Ip4{uint32_t(random())}, 16 + random() % 9); }

void fill(schema::PrefixList::Builder list, const char* name, uint count, std::mt19937 random) {
  list.setName(name);
  auto prefixes = list.initPrefix(count);
  for (uint i = 0; i < count; ++i) {
    net::write(net::IpNet(randomNet(random)), prefixes[i].initNet());
    prefixes[i].setUpto(24);
  }
}

int run() {
  capnp::MallocMessageBuilder message;
  auto options = message.initRoot<schema::Options>();
  auto lists = options.initPrefixList(2);
  fill(lists[0], "ONE", 1, std::mt19937(1));
  fill(lists[1], "MANY", ENTRIES, std::mt19937(1));
  auto regex = options.initAsPathList(1)[0];
  regex.setName("PATHS");
  regex.initRegex(1).set(0, "^[1-100] (7|8 9)* .* [64512-65534]$");
  auto statement = options.initPolicyStatement(1)[0];
  statement.setName("P");
  auto terms = statement.initTerm(3);
  for (uint i = 0; i < 3; ++i) terms[i].setNumber(i + 1);
  terms[0].initFrom().initPrefixList(1).set(0, "MANY");
  terms[0].initThen().setLocalPreference("200");
  terms[1].initFrom().initAsPathList(1).set(0, "PATHS");
  terms[1].getThen().setReject();
  terms[2].initThen().initCommunity().initAdd(1).set(0, "65001:100");
  terms[2].getThen().setAccept();

  auto begin = std::chrono::steady_clock::now();
  Compiled compiled(options);
  printf("compiled %u entries in %.1f ms\n", ENTRIES,
         std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() * 1e3);

  std::mt19937 random(2);
  std::vector<net::IpNet> nets;
  std::vector<AsPath> paths(1024);
  for (uint i = 0; i < ROUTES; ++i) nets.push_back(net::IpNet(randomNet(random)));
  for (auto& path : paths)
    for (uint k = 0; k < 5; ++k) path.prepend(random() % 2 == 0 ? 64512 + random() % 100 : random() % 200);

  PrefixList one, many;
  net::Trie<net::Ip4Net, uint32_t> trie;
  std::mt19937 again(1);
  for (uint i = 0; i < ENTRIES; ++i) {
    auto net = net::IpNet(randomNet(again));
    if (i == 0) one.add(net, {net.length(), 24});
    many.add(net, {net.length(), 24});
    trie.upsert(net.v4(), i);
  }
  one.finish();
  many.finish();
  measure("prefix list of 1", [&](uint i) { return one.has(nets[i]); });
  measure("prefix list of 100000", [&](uint i) { return many.has(nets[i]); });
  measure("a trie of 100000, longest match", [&](uint i) { return trie.longestMatch(nets[i].v4()) != nullptr; });
  auto parsed = Regex::parse("^[1-100] (7|8 9)* .* [64512-65534]$", Regex::PATHS);
  auto& expression = *parsed.get<kj::Own<Regex>>();
  measure("AS-path expression, 5 hops", [&](uint i) { return expression.matches(paths[i % paths.size()]); });
  std::vector<Attributes> attributes(paths.size());
  for (size_t i = 0; i < paths.size(); ++i) attributes[i].path = paths[i];
  auto& policy = KJ_ASSERT_NONNULL(compiled.find("P"));
  measure("policy of 3 terms", [&](uint i) {
    Subject subject{nets[i], "bgp", {}, {}, 0, Validity::UNKNOWN, 0, attributes[i % attributes.size()]};
    return policy.run(subject) == Verdict::ACCEPT;
  });
  return 0;
}

}  // namespace
}  // namespace xylem::policy

int main() { return xylem::policy::run(); }
