// These elements only speak while they are configured, before all others.

#include <click/elements/standard/info.h>
#include <click/router.h>

#include <cmath>

namespace xylem::click {

const Kind AddressInfo::KIND = kindOf<AddressInfo>("AddressInfo");
const Kind PortInfo::KIND = kindOf<PortInfo>("PortInfo");
const Kind ScheduleInfo::KIND = kindOf<ScheduleInfo>("ScheduleInfo");
const Kind AlignmentInfo::KIND = kindOf<AlignmentInfo>("AlignmentInfo");
const Kind StaticThreadSched::KIND = kindOf<StaticThreadSched>("StaticThreadSched");

bool AddressInfo::define(const std::string& name, const std::string& value) {
  SilentErrors silent;
  Reading reading{this, silent};
  auto& names = router().names;
  auto scope = scopeOf(this->name());
  auto slash = value.find('/');
  auto address = value.substr(0, slash);
  Ip4 ip4;
  Ip4Mask masked;
  Ip6 ip6;
  Ip6Net net6;
  Mac mac;
  bool known = false;
  auto add = [&](Names::Type type, const std::string& text) {
    names.define(type, scope, name, text);
    known = true;
  };
  if (read(value, mac, reading)) {
    add(Names::ETHER, value);
  } else if (read(value, masked, reading)) {
    if (slash != std::string::npos) add(Names::IP_NET, value);
    if (read(address, ip4, reading)) add(Names::IP, address);
  } else if (read(value, net6, reading)) {
    if (slash != std::string::npos) add(Names::IP6_NET, value);
    if (read(address, ip6, reading)) add(Names::IP6, address);
  }
  return known;
}

void AddressInfo::configure(Args& args) {
  Strings all;
  args.rest(all);
  for (auto& each : all) {
    auto words = splitWords(each);
    if (words.size() < 2) {
      args.error("expected 'NAME [ADDRS]'");
      continue;
    }
    for (size_t i = 1; i < words.size(); ++i)
      if (!define(words[0], words[i])) args.error(words[0] + ": " + quoted(words[i]) + " is not an address");
  }
}

void PortInfo::configure(Args& args) {
  Strings all;
  args.rest(all);
  for (auto& each : all) {
    auto words = splitWords(each);
    if (words.size() < 2) {
      args.error("expected 'NAME PORT'");
      continue;
    }
    for (size_t i = 1; i < words.size(); ++i) {
      auto slash = words[i].find('/');
      auto number = words[i].substr(0, slash);
      auto protocol = slash == std::string::npos ? "" : toLower(words[i].substr(slash + 1));
      __int128 port;
      bool isPort = parseInteger(number, port) && port >= 0 && port <= UINT16_MAX;
      if (!isPort || (!protocol.empty() && protocol != "tcp" && protocol != "udp")) {
        args.error(words[0] + ": " + quoted(words[i]) + " is not a port");
        continue;
      }
      auto scope = scopeOf(name());
      if (protocol != "udp") router().names.define(Names::TCP_PORT, scope, words[0], number);
      if (protocol != "tcp") router().names.define(Names::UDP_PORT, scope, words[0], number);
    }
  }
}

void ScheduleInfo::configure(Args& args) {
  Strings all;
  args.rest(all);
  for (auto& each : all) {
    auto words = splitWords(each);
    double factor;
    if (words.size() != 2 || !parseReal(words[1], factor) || factor < 0) {
      args.error("expected 'ELEMENTNAME PARAM'");
      continue;
    }
    auto full = words[0] == "." ? scopeOf(name()) : scopeOf(name()) + words[0];
    bool isKnown = false;
    for (auto& element : router().elements()) {
      if (element->name() != full && !element->name().starts_with(full.ends_with('/') ? full : full + "/")) continue;
      isKnown = true;
      router().setTickets(element->name(), int(std::lround(std::min(router().tickets(*element) * factor, 32768.0))));
    }
    if (!isKnown) args.error("no element named " + quoted(words[0]));
  }
}

void StaticThreadSched::configure(Args& args) {
  Strings all;
  args.rest(all);
  for (auto& each : all) {
    auto words = splitWords(each);
    __int128 thread;
    if (words.size() != 2 || !parseInteger(words[1], thread))
      args.error("expected 'ELEMENTNAME THREAD'");
    else if (router().find(words[0], this) == nullptr)
      args.error("no element named " + quoted(words[0]));
  }
}

}  // namespace xylem::click
