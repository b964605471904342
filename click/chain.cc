// Each side is stepped through port by port, unless it is a single port, which takes all that the other side has. At
// most one side may be longer than what is written there.

#include <click/chain.h>

#include <algorithm>

namespace xylem::click {

namespace {

struct Side {
  // The ports of one side of an arrow, stepped through one by one.
  const ChainItems& items;
  bool isOutput;
  int least = 0;
  int expandable = 0;
  int more = 0;
  // How many ports "and so on" stands for.
  bool steps = false;
  size_t item = 0, place = 0;

  Side(const ChainItems& items, bool isOutput) : items(items), isOutput(isOutput) {
    for (auto& each : items) {
      auto& ports = each.ports[isOutput];
      bool isOpen = ports.size() > 1 && ports.back() == -1;
      expandable += isOpen;
      least += ports.size() <= 1 ? 1 : int(ports.size()) - isOpen;
    }
  }
  bool ended() const { return item == items.size(); }
  int port() const {
    auto& ports = items[item].ports[isOutput];
    if (place < ports.size() && ports[place] >= 0) return ports[place];
    if (ports.size() > 1) return ports[ports.size() - 2] + int(place) - int(ports.size() - 2);
    return int(place) + (ports.empty() ? 0 : ports[0]);
  }
  void step() {
    if (!steps) return;
    auto& ports = items[item].ports[isOutput];
    ++place;
    if (place < ports.size() && ports[place] >= 0) return;
    bool isOpen = (!ports.empty() && ports.back() == -1) || (ports.empty() && least == 1);
    if (isOpen && more-- > 0) return;
    ++item;
    place = 0;
  }
};

}  // namespace

Strings connectItems(Scope& scope, const ChainItems& from, const ChainItems& to, bool isDouble) {
  Strings wrong;
  Side out(from, true), in(to, false);
  if (out.expandable + in.expandable > 1) {
    wrong.push_back("at most one expandable port allowed per connection");
    (in.least < out.least ? out : in).expandable = 0;
  }
  if (isDouble) {
    if (in.least == 1 && out.least > 1 && to[0].ports[0].empty()) in.expandable = 1;
    if (out.least == 1 && in.least > 1 && from[0].ports[1].empty()) out.expandable = 1;
  }
  in.steps = in.least > 1 || in.expandable > 0;
  out.steps = out.least > 1 || out.expandable > 0;
  in.more = in.expandable ? std::max(0, out.least - in.least) : 0;
  out.more = out.expandable ? std::max(0, in.least - out.least) : 0;
  if (in.steps && out.steps) {
    auto outputs = std::to_string(out.least), inputs = std::to_string(in.least);
    if (!isDouble) wrong.push_back("syntax error: many-to-many connections require '=>'");
    if (!in.expandable && !out.expandable && in.least != out.least)
      wrong.push_back("connection mismatch: " + outputs + " outputs connected to " + inputs + " inputs");
    else if (!in.expandable && in.least < out.least)
      wrong.push_back("connection mismatch: " + outputs + " or more outputs connected to " + inputs + " inputs");
    else if (!out.expandable && out.least < in.least)
      wrong.push_back("connection mismatch: " + outputs + " outputs connected to " + inputs + " or more inputs");
  } else if (!in.steps && !out.steps) {
    in.steps = true;
  }
  for (; !out.ended() && !in.ended(); out.step(), in.step())
    scope.connect(from[out.item].element, out.port(), to[in.item].element, in.port());
  return wrong;
}

}  // namespace xylem::click
