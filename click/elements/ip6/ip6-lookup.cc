// Next hops are shared among routes and counted. Of packets without a route only the first few are told.

#include <click/elements/ip6/ip6-lookup.h>
#include <click/ip6.h>

#include <algorithm>

namespace xylem::click {

const Kind LookupIP6Route::KIND = kindOf<LookupIP6Route>("LookupIP6Route", "1/-", "h/h");

bool LookupIP6Route::parse(std::string text, Ip6Net& net, Hop& hop) {
  SilentErrors silent;
  Reading reading{this, silent};
  if (!read(shiftWord(text), net, reading)) return false;
  auto word = shiftWord(text);
  Ip6 gateway;
  if (word == "-" || read(word, gateway, reading)) {
    hop.gateway = gateway;
    word = shiftWord(text);
  }
  return trim(text).empty() && read(word, hop.output, reading) && hop.output >= 0 && hop.output < outputs();
}

void LookupIP6Route::put(const Ip6Net& net, const Hop& hop) {
  auto before = routes.find(net);
  routes.insert(net, hops.use(hop));
  if (before) hops.release(*before);
}

void LookupIP6Route::configure(Args& args) {
  Strings given;
  args.rest(given);
  for (size_t i = 0; i < given.size(); ++i) {
    Ip6Net net;
    Hop hop;
    if (parse(given[i], net, hop))
      put(net, hop);
    else
      args.error("argument " + std::to_string(i + 1) + " should be 'ADDR/MASK [GATEWAY] OUTPUT'");
  }
  args.complete();
}

void LookupIP6Route::add(const std::string& text, Errors& errors) {
  Ip6Net net;
  Hop hop;
  if (!parse(text, net, hop)) return errors.error("expected 'ADDR/MASK [GATEWAY] OUTPUT'");
  put(net, hop);
}

void LookupIP6Route::remove(const std::string& text, Errors& errors) {
  Ip6Net net;
  auto rest = text;
  if (!read(shiftWord(rest), net, Reading{this, errors})) return errors.error("expected 'ADDR/MASK'");
  auto number = routes.find(net);
  if (!number) return errors.error("route " + quoted(net.toString().cStr()) + " not found");
  routes.remove(net);
  hops.release(*number);
}

std::string LookupIP6Route::table() const {
  std::string out;
  routes.eachRoute([&](Ip6Net net, uint32_t number) {
    auto& hop = hops[number];
    out += std::string(net.toString().cStr()) + "\t" + (hop.gateway.isUnspecified() ? "-" : ip6::print(hop.gateway)) +
           "\t" + std::to_string(hop.output) + "\n";
  });
  return out;
}

void LookupIP6Route::addHandlers(Handlers& handlers) {
  handlers.read(
      "table", [this]() { return table(); }, Handler::EXPENSIVE);
  handlers.readWith("lookup", [this](const std::string& text, Errors& errors) -> std::string {
    Ip6 address;
    if (!read(trim(text), address, Reading{this, errors})) {
      errors.error("expected IPv6 address, not " + quoted(text));
      return "";
    }
    auto number = routes.lookup(address);
    if (number == RouteTable6::NOTHING) return "-1";
    auto& hop = hops[number];
    return std::to_string(hop.output) + (hop.gateway.isUnspecified() ? "" : " " + ip6::print(hop.gateway));
  });
  handlers.write("add", [this](const std::string& text, Errors& errors) { add(text, errors); });
  handlers.write("remove", [this](const std::string& text, Errors& errors) { remove(text, errors); });
  handlers.write("ctrl", [this](const std::string& text, Errors& errors) {
    for (size_t at = 0, end; at < text.size(); at = end + 1) {
      end = std::min(text.find('\n', at), text.size());
      auto line = text.substr(at, end - at);
      auto word = shiftWord(line);
      if (word == "add")
        add(line, errors);
      else if (word == "remove")
        remove(line, errors);
      else if (!word.empty())
        errors.error("bad command " + quoted(word));
    }
  });
}

int LookupIP6Route::step(Packet& packet) {
  constexpr unsigned MOST = 5;
  auto address = ip6::annotated(packet);
  auto number = routes.lookup(address);
  if (number == RouteTable6::NOTHING) {
    if (++complaints <= MOST) chatter("LookupIP6Route: no route for " + ip6::print(address));
    return DROP;
  }
  auto& hop = hops[number];
  if (!hop.gateway.isUnspecified()) ip6::annotate(packet, hop.gateway);
  return hop.output;
}

void LookupIP6Route::pushBatch(int port, Batch& batch) {
  for (unsigned i = 0; i < batch.size(); ++i) routes.prefetch(ip6::annotated(batch[i]));
  Sorting::pushBatch(port, batch);
}

}  // namespace xylem::click
