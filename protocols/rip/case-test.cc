// Recorded cases: cases/*.case. Each is a transcript: events on lines of their own, below each, indented, all that the
// core does about it.
//
//     rip | ripng                                          first line: which protocol; random choices take the least
//     timers UPDATE TIMEOUT GARBAGE                        seconds, from the next `configure` on
//     configure IF [metric N] [passive] [horizon H] [neighbor A] [password P] [, IF ...]
//     link IF ADDRESS/LENGTH ... | link IF down
//     at SECONDS                                           let the time pass, with all ticks that are due
//     hear IF FROM[:PORT] [hops N] request * | request NET, ... | response NET metric N [tag N] [next-hop A], ...
//     hear IF FROM[:PORT] [hops N] hex BYTES
//     redistribute NET metric N [tag N] [next-hop A IF]
//     withdraw NET
//     table                                                print the table
//     counters IF
//     retire
//
// What is done is printed with its time: `send`, `put` and `remove`. Run with RECORD_CASES=1 to write what the core
// does into the files, and read the difference with care.

#include <protocols/rip/core.h>

#include <gtest/gtest.h>
#include <kj/encoding.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>

namespace xylem::rip {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& text, char separator) {
  Words parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

template <typename T> T parse(const std::string& word) {
  return KJ_REQUIRE_NONNULL(T::parse(word.c_str()), word.c_str());
}

template <typename T> std::string text(const T& value) { return kj::str(value).cStr(); }

template <typename F> class Play final : public Actions<F> {
 public:
  using Address = typename F::Address;
  using Net = typename F::Net;

  Play() : core(*this, []() -> uint32_t { return 0; }) {}

  std::string line(const std::string& event) {
    // Let it happen; returns what was done about it.
    out.str("");
    Words words = split(event, ' ');
    auto name = words.at(0);
    words.erase(words.begin());
    if (name == "timers")
      timers(words);
    else if (name == "configure")
      configure(split(event.substr(name.size()), ','));
    else if (name == "link")
      link(words);
    else if (name == "at")
      until(std::stod(words.at(0)));
    else if (name == "hear")
      hear(event, words);
    else if (name == "redistribute")
      redistribute(words);
    else if (name == "withdraw")
      core.withdraw(parse<Net>(words.at(0)), now());
    else if (name == "table")
      table();
    else if (name == "counters")
      counters(words.at(0));
    else if (name == "retire")
      core.retire(now());
    else
      KJ_FAIL_REQUIRE("unknown event", event.c_str());
    return out.str();
  }

 private:
  Time now() const { return kj::origin<Time>() + milliseconds * kj::MILLISECONDS; }

  std::ostream& say() {
    return out << "    " << std::fixed << std::setprecision(2) << double(milliseconds) / 1000 << ' ';
  }

  std::string describe(const Packet<F>& packet) {
    if (packet.wholeTable) return "*";
    std::string all;
    for (auto& entry : packet.entries) {
      all += (all.empty() ? "" : ", ") + text(entry.net) + " metric " + std::to_string(entry.metric);
      if (entry.tag != 0) all += " tag " + std::to_string(entry.tag);
      if (!entry.nextHop.isUnspecified()) all += " next-hop " + text(entry.nextHop);
    }
    return all;
  }

  void send(const std::string& interface, Address to, uint16_t port, kj::Array<kj::byte> packet) override {
    kj::Maybe<uint32_t> sequence;
    auto opened = open<F>(packet, core.ports().at(interface)->settings.authentication, sequence);
    auto& content = opened.template get<Opened>();
    auto decoded = decode<F>(content);
    say() << "send " << interface << ' ' << text(to) << (port == F::PORT ? "" : ":" + std::to_string(port)) << ' '
          << (content.command == Command::REQUEST ? "request " : "response ")
          << describe(decoded.template get<Packet<F>>()) << '\n';
  }
  void put(Net net, Address nextHop, const std::string& interface, uint8_t metric, uint16_t tag) override {
    say() << "put " << text(net) << " via " << text(nextHop) << ' ' << interface << " metric " << uint(metric);
    if (tag != 0) out << " tag " << tag;
    out << '\n';
  }
  void remove(Net net) override { say() << "remove " << text(net) << '\n'; }

  void timers(const Words& words) {
    updateInterval = std::stoi(words.at(0));
    timeout = std::stoi(words.at(1));
    garbage = std::stoi(words.at(2));
  }

  void configure(const Words& interfaces) {
    Settings<F> settings;
    settings.updateInterval = updateInterval * kj::SECONDS;
    settings.timeout = timeout * kj::SECONDS;
    settings.garbageCollect = garbage * kj::SECONDS;
    for (auto& each : interfaces) {
      auto words = split(each, ' ');
      auto& port = settings.interfaces[words.at(0)];
      for (size_t i = 1; i < words.size(); ++i) {
        auto value = [&]() { return words.at(++i); };
        if (words[i] == "metric")
          port.metric = uint8_t(std::stoi(value()));
        else if (words[i] == "passive")
          port.passive = true;
        else if (words[i] == "neighbor")
          port.neighbors.push_back(parse<Address>(value()));
        else if (words[i] == "password")
          port.authentication = Authentication(kj::str(value().c_str()));
        else if (words[i] == "horizon")
          port.horizon = horizon(value());
        else
          KJ_FAIL_REQUIRE("unknown setting", words[i].c_str());
      }
    }
    core.configure(kj::mv(settings), now());
  }
  static Horizon horizon(const std::string& word) {
    return word == "none" ? Horizon::NONE : word == "split" ? Horizon::SPLIT : Horizon::POISON_REVERSE;
  }

  void link(const Words& words) {
    Link link;
    link.running = words.at(1) != "down";
    for (size_t i = 1; link.running && i < words.size(); ++i) link.addresses.push_back(parse<net::IfAddr>(words[i]));
    core.link(words[0], kj::mv(link), now());
  }

  void until(double seconds) {
    int64_t end = int64_t(seconds * 1000 + 0.5);
    for (;;) {
      auto deadline = core.deadline();
      KJ_IF_MAYBE (due, deadline) {
        int64_t at = kj::max(milliseconds, int64_t((*due - kj::origin<Time>()) / kj::MILLISECONDS));
        if (at > end) break;
        milliseconds = at;
        core.tick(now());
      } else {
        break;
      }
    }
    milliseconds = end;
  }

  Entry<F> entry(const Words& words) {
    Entry<F> e{parse<Net>(words.at(0)), {}, 0, UNREACHABLE};
    for (size_t i = 1; i + 1 < words.size(); i += 2) {
      if (words[i] == "metric")
        e.metric = uint8_t(std::stoi(words[i + 1]));
      else if (words[i] == "tag")
        e.tag = uint16_t(std::stoi(words[i + 1]));
      else if (words[i] == "next-hop")
        e.nextHop = parse<Address>(words[i + 1]);
      else
        KJ_FAIL_REQUIRE("unknown word", words[i].c_str());
    }
    return e;
  }

  void hear(const std::string& event, const Words& words) {
    Datagram<F> datagram;
    auto from = words.at(1);
    if (auto colon = from.rfind(':'); F::VERSION == Rip::VERSION && colon != std::string::npos) {
      datagram.port = uint16_t(std::stoi(from.substr(colon + 1)));
      from = from.substr(0, colon);
    }
    datagram.from = parse<Address>(from);
    size_t next = 2;
    if (words.at(2) == "hops") {
      datagram.multicast = true;
      datagram.hops = uint8_t(std::stoi(words.at(3)));
      next = 4;
    }
    auto kind = words.at(next);
    auto body = event.substr(event.find(" " + kind + " ") + kind.size() + 2);
    if (kind == "hex") {
      auto bytes = kj::decodeHex(kj::StringPtr(body.c_str()));
      datagram.bytes = bytes;
      core.receive(words[0], datagram, now());
      return;
    }
    auto port = core.ports().find(words[0]);
    Authentication none;
    auto& authentication = port == core.ports().end() ? none : port->second->settings.authentication;
    Composer<F> packet(kind == "request" ? Command::REQUEST : Command::RESPONSE, authentication, 9000);
    if (body == "*")
      packet.addWholeTable();
    else
      for (auto& each : split(body, ',')) packet.add(entry(split(each, ' ')));
    auto bytes = packet.finish(0);
    datagram.bytes = bytes;
    core.receive(words[0], datagram, now());
  }

  void redistribute(const Words& words) {
    Words head(words.begin(), words.begin() + long(kj::min(words.size(), size_t(7))));
    auto e = entry(head);
    Offer<F> offer{e.metric, e.tag, e.nextHop, ""};
    if (!e.nextHop.isUnspecified()) offer.interface = words.back();
    core.redistribute(e.net, offer, now());
  }

  void table() {
    for (auto& [net, route] : core.table().routes()) {
      const char* source[] = {"learned", "connected", "redistributed"};
      say() << text(net) << ' ' << source[int(route.source)] << " metric " << uint(route.metric);
      if (route.tag != 0) out << " tag " << route.tag;
      if (!route.nextHop.isUnspecified()) out << " via " << text(route.nextHop);
      if (!route.from.isUnspecified()) out << " from " << text(route.from);
      if (!route.interface.empty()) out << ' ' << route.interface;
      KJ_IF_MAYBE (due, route.due) out << " due " << double((*due - kj::origin<Time>()) / kj::MILLISECONDS) / 1000;
      out << '\n';
    }
  }

  void counters(const std::string& interface) {
    auto& port = *core.ports().at(interface);
    auto& c = port.counters;
    say() << "received " << c.packetsReceived << " bad-packets " << c.badPackets << " bad-routes " << c.badRoutes;
    if (c.badReason.size() > 0) out << " (" << c.badReason.cStr() << ')';
    for (auto& [address, neighbor] : port.neighbors) {
      out << " neighbor " << text(address) << ' ' << neighbor.badPackets << ' ' << neighbor.badRoutes;
    }
    out << '\n';
  }

  std::ostringstream out;
  int64_t milliseconds = 0;
  int updateInterval = 30, timeout = 180, garbage = 120;
  Core<F> core;
};

template <typename F> std::string transcript(std::istream& in) {
  // The case as it plays now: comments and events as they are, below them what is done.
  Play<F> play;
  std::string all;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("    ", 0) == 0) continue;
    all += line + "\n";
    if (line.empty() || line[0] == '#') continue;
    all += play.line(line);
  }
  return all;
}

class Cases : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Cases, PlaysAsRecorded) {
  std::ifstream in(GetParam());
  std::string protocol;
  std::getline(in, protocol);
  ASSERT_TRUE(protocol == "rip" || protocol == "ripng");
  auto played = protocol + "\n" + (protocol == "rip" ? transcript<Rip>(in) : transcript<Ripng>(in));
  std::ifstream again(GetParam());
  std::string recorded((std::istreambuf_iterator<char>(again)), std::istreambuf_iterator<char>());
  if (getenv("RECORD_CASES") != nullptr)
    std::ofstream(GetParam()) << played;
  else
    EXPECT_EQ(played, recorded);
}

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> files;
  for (auto& each : std::filesystem::directory_iterator(SOURCE_ROOT "/protocols/rip/cases")) {
    if (each.path().extension() == ".case") files.push_back(each.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Cases, ::testing::ValuesIn(cases()), [](auto& info) {
  std::string name = info.param.stem();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace xylem::rip
