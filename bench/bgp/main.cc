// The peers of the router that `./x bench bgp` measures, as one process that is told what to do by lines, and answers
// each by a line of JSON. Moments are seconds of the monotonic clock.
//
//     bgp-peers floor             be the router, without BGP
//     bgp-peers PEERS IP4 IP6 distinct|same NETNS|- PATIENCE [TABLE]
//                                 be the peers of the router in network namespace NETNS (`-`: its kernel does not
//                                 matter): so many announcers, together of so many prefixes (`distinct`), or of
//                                 all of these each (`same`). First answers when all sessions are up.
//     announce, withdraw          pass the whole load
//     single COUNT                single prefixes, one after the other, up to the first that is lost

#include <bench/bgp/floor.h>
#include <bench/bgp/peers.h>
#include <kj/debug.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace xylem::bench {
namespace {

void tell(const Load& load) {
  size_t bytes = 0;
  for (auto& feed : load.feeds) bytes += feed.announcement.size();
  printf("{\"ip4\":%zu,\"ip6\":%zu,\"attributes\":%zu,\"bytes\":%zu}\n", load.ip4, load.nets.size() - load.ip4,
         load.attributes, bytes);
}

void tell(const Passage& passage, const Peers& peers) {
  printf("{\"begin\":%.6f,\"written\":%.6f,\"received\":%.6f,\"last\":%.6f,\"installed\":%.6f,\"strangers\":%zu}\n",
         passage.begin, passage.written, passage.received, passage.last, passage.installed, peers.strangers());
}

void tell(const std::vector<Single>& singles) {
  printf("{\"received\":[");
  for (auto& single : singles) printf("%s%.6f", &single == singles.data() ? "" : ",", single.received);
  printf("],\"installed\":[");
  for (auto& single : singles) printf("%s%.6f", &single == singles.data() ? "" : ",", single.installed);
  printf("]}\n");
}

void obey(kj::StringPtr line, Peers& peers) {
  uint count = 0;
  if (line == "announce" || line == "withdraw") {
    tell(peers.pass(line == "announce"), peers);
  } else if (sscanf(line.cStr(), "single %u", &count) == 1) {
    std::vector<Single> singles;
    for (uint i = 0; i < count; ++i) {
      KJ_IF_MAYBE (single, peers.single(i)) {
        singles.push_back(*single);
      } else {
        break;
      }
    }
    tell(singles);
  } else {
    KJ_FAIL_REQUIRE("no such command", line);
  }
}

void run(char** words, int count) {
  KJ_REQUIRE(count == 6 || count == 7, "usage: bgp-peers PEERS IP4 IP6 distinct|same NETNS|- PATIENCE [TABLE]");
  auto ip4 = strtoull(words[1], nullptr, 10), ip6 = strtoull(words[2], nullptr, 10);
  auto sharing = kj::StringPtr(words[3]) == "same" ? Sharing::SAME : Sharing::DISTINCT;
  // Some of what is generated is not for use.
  auto table = count == 7 ? readTable(words[6]) : generateTable(ip4 + ip4 / 50, ip6 + ip6 / 50);
  auto load = makeLoad(kj::mv(table), ip4, ip6, uint(atoi(words[0])), sharing);
  kj::Maybe<Kernel> kernel;
  if (kj::StringPtr(words[4]) != "-") kernel.emplace(kj::StringPtr(words[4]));
  Peers peers(load, kernel, atof(words[5]));
  peers.establish();
  tell(load);
  char line[64];
  for (;;) {
    peers.serveUntil(STDIN_FILENO);
    auto size = read(STDIN_FILENO, line, sizeof line - 1);
    if (size <= 0) return;
    line[strcspn(line, "\n")] = '\0';
    obey(line, peers);
  }
}

}  // namespace
}  // namespace xylem::bench

int main(int argc, char** argv) {
  using namespace xylem::bench;
  setlinebuf(stdout);
  if (argc == 2 && kj::StringPtr(argv[1]) == "floor") runFloor();
  run(argv + 1, argc - 1);
  return 0;
}
