// The table is that of click/route-table.h. Next hops are shared among routes and counted; routes that come with the
// configuration and by handlers take the same path.

#include <click/elements/ip/ip-lookup.h>
#include <click/ip4.h>

#include <algorithm>

namespace xylem::click {

const Kind LookupIPRoute::KIND = kindOf<LookupIPRoute>("LookupIPRoute", "1/-", "h/h");
const Kind LinearIPLookup::KIND = kindOf<LinearIPLookup>("LinearIPLookup", "1/-", "h/h");
const Kind StaticIPLookup::KIND = kindOf<StaticIPLookup>("StaticIPLookup", "1/-", "h/h");
const Kind RadixIPLookup::KIND = kindOf<RadixIPLookup>("RadixIPLookup", "1/-", "h/h");
const Kind DirectIPLookup::KIND = kindOf<DirectIPLookup>("DirectIPLookup", "1/-", "h/h");
const Kind RangeIPLookup::KIND = kindOf<RangeIPLookup>("RangeIPLookup", "1/-", "h/h");
const Kind SortedIPLookup::KIND = kindOf<SortedIPLookup>("SortedIPLookup", "1/-", "h/h");

std::string IPLookup::Route::print(char gap) const {
  // In columns of eight, if the gap is a tab.
  auto padded = [gap](const std::string& text, size_t width) {
    return text + gap + (gap == '\t' && text.size() + 1 < width ? "\t" : "");
  };
  auto prefix = ip4::print(net.address()) + "/" + std::to_string(net.length());
  return padded(prefix, 17) + padded(gateway.bits ? ip4::print(gateway) : "-", 9) + std::to_string(output);
}

bool IPLookup::parse(std::string text, Route& route, bool isRemoval) {
  SilentErrors silent;
  Reading reading{this, silent};
  if (!read(shiftWord(text), route.net, reading)) return false;
  auto word = shiftWord(text);
  Ip4 gateway;
  if (word == "-" || read(word, gateway, reading)) {
    if (word != "-") route.gateway = gateway;
    word = shiftWord(text);
  }
  if (!trim(text).empty()) return false;
  return word.empty() ? isRemoval : read(word, route.output, reading);
}

void IPLookup::configure(Args& args) {
  Strings given;
  args.rest(given);
  size_t replaced = 0;
  for (size_t i = 0; i < given.size(); ++i) {
    Route route;
    if (parse(given[i], route, false) && route.output >= 0 && route.output < outputs())
      replaced += !put(route);
    else
      args.error("argument " + std::to_string(i + 1) + " should be 'ADDR/MASK [GATEWAY] OUTPUT'");
  }
  if (replaced > 0)
    args.errors.warning(format("%zu %s replaced by later versions", replaced, replaced > 1 ? "routes" : "route"));
  args.complete();
}

std::optional<IPLookup::Route> IPLookup::find(Ip4Net net) const {
  auto number = routes.find(net);
  if (!number) return std::nullopt;
  return Route{net, hops[*number].gateway, hops[*number].output};
}

bool IPLookup::put(const Route& route) {
  auto before = routes.find(route.net);
  routes.insert(route.net, hops.use({route.gateway, route.output}));
  if (before) hops.release(*before);
  if (!before) order[route.net] = added++;
  return !before;
}

void IPLookup::drop(Ip4Net net) {
  auto number = routes.find(net);
  if (!number) return;
  routes.remove(net);
  hops.release(*number);
  order.erase(net);
}

bool IPLookup::run(Command command, const std::string& text, std::vector<Former>* formers, Errors& errors) {
  Route route;
  auto fail = [&](const std::string& what) {
    errors.error(what);
    return false;
  };
  if (!parse(text, route, command == REMOVE))
    return fail(command == REMOVE ? "expected 'ADDR/MASK [GATEWAY OUTPUT]'" : "expected 'ADDR/MASK [GATEWAY] OUTPUT'");
  if (route.output < (command == REMOVE ? -1 : 0) || route.output >= outputs()) return fail("bad OUTPUT");
  auto before = find(route.net);
  if (command == ADD && before) return fail("conflict with existing route " + quoted(before->print()));
  bool isOther = before && route.output >= 0 && (before->gateway != route.gateway || before->output != route.output);
  if (command == REMOVE && (!before || isOther)) return fail("route " + quoted(route.print()) + " not found");
  if (formers != nullptr) formers->emplace_back(route.net, before);
  if (command == REMOVE)
    drop(route.net);
  else
    put(route);
  return true;
}

void IPLookup::control(const std::string& text, Errors& errors) {
  std::vector<Former> formers;
  bool isGood = true;
  for (size_t at = 0, end; isGood && at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    auto line = trim(text.substr(at, end - at));
    auto word = shiftWord(line);
    if (word.empty()) continue;
    if (word == "add" || word == "set" || word == "remove") {
      isGood = run(word == "add" ? ADD : word == "set" ? SET : REMOVE, line, &formers, errors);
    } else {
      errors.error("bad command " + quoted(word));
      isGood = false;
    }
  }
  if (isGood) return;
  for (auto former = formers.rbegin(); former != formers.rend(); ++former) {
    if (former->second)
      put(*former->second);
    else
      drop(former->first);
  }
}

std::string IPLookup::table() const {
  std::vector<std::pair<uint64_t, Ip4Net>> sorted;
  for (auto& [net, number] : order) sorted.emplace_back(number, net);
  std::ranges::sort(sorted);
  std::string out;
  for (auto& [number, net] : sorted) out += find(net)->print('\t') + "\n";
  return out;
}

void IPLookup::addHandlers(Handlers& handlers) {
  handlers.read(
      "table", [this]() { return table(); }, Handler::EXPENSIVE);
  handlers.readWith("lookup", [this](const std::string& text, Errors& errors) -> std::string {
    Ip4 address;
    if (!read(trim(text), address, Reading{this, errors})) {
      errors.error("expected IP address, not " + quoted(text));
      return "";
    }
    auto number = routes.lookup(address);
    if (number == RouteTable4::NOTHING) return "-1";
    auto& hop = hops[number];
    return std::to_string(hop.output) + (hop.gateway.bits ? " " + ip4::print(hop.gateway) : "");
  });
  if (isFixed()) return;
  handlers.write("add", [this](const std::string& text, Errors& errors) { run(ADD, text, nullptr, errors); });
  handlers.write("set", [this](const std::string& text, Errors& errors) { run(SET, text, nullptr, errors); });
  handlers.write("remove", [this](const std::string& text, Errors& errors) { run(REMOVE, text, nullptr, errors); });
  handlers.write("ctrl", [this](const std::string& text, Errors& errors) { control(text, errors); });
  handlers.button("flush", [this]() {
    routes.clear();
    order.clear();
    hops = {};
  });
}

int IPLookup::complain(uint32_t address) {
  constexpr unsigned MOST = 5;
  if (++complaints <= MOST) chatter("IPRouteTable: no route for " + ip4::print(Ip4{address}));
  return DROP;
}

int IPLookup::step(Packet& packet) {
  auto address = packet.dstIp();
  auto number = routes.lookup({address});
  if (number == RouteTable4::NOTHING) return complain(address);
  auto& hop = hops[number];
  if (hop.gateway.bits) packet.setDstIp(hop.gateway.bits);
  return hop.output;
}

void IPLookup::pushBatch(int port, Batch& batch) {
  for (unsigned i = 0; i < batch.size(); ++i) routes.prefetch({batch[i].dstIp()});
  Sorting::pushBatch(port, batch);
}

}  // namespace xylem::click
