// Compounds and groups are joined to what is around them by tunnels: pseudo elements `x`, `x/input` and `x/output`,
// which are taken out at the end, when each connection is followed through them to its real ends. The elements of a
// compound are copied for each use; its parameters are put into their configurations when their turn comes, so that
// each is expanded once.

#include <click/expansion.h>
#include <click/kinds.h>

#include <set>

namespace xylem::click {

namespace {

class Expansion {
 public:
  Expansion(const std::vector<ElementType>& types, Scope& file, Errors& errors)
      : types(types), file(file), errors(errors) {}

  void expand(int which, const Environment& environment, unsigned level) {
    file.settleName(which);
    auto& mine = file.elements[size_t(which)];
    if (mine.type == Scope::TUNNEL) return;
    mine.config = environment.expand(mine.config);
    auto compound = types[size_t(mine.type)].compound;
    if (compound == nullptr) return;
    if (level > DEEPEST) return errors.say(Errors::ERROR, mine.landmark.text(), "compound elements nested too deep");

    auto arguments = splitArguments(mine.config);
    Strings values;
    auto fitting = choose(*compound, mine, arguments, values);
    if (fitting < 0) return;
    mine.type = fitting;
    compound = types[size_t(fitting)].compound;
    if (compound == nullptr) return;
    Environment inner;
    inner.parent = environment.at(compound->depth - 1);
    inner.depth = compound->depth;
    for (size_t i = 0; i < compound->formals.size() && i < values.size(); ++i)
      inner.values.push_back({compound->formals[i].name, values[i]});
    inner.define(compound->definitions);
    copy(which, *compound, inner, level);
  }

  void flatten(Flat& flat) const {
    std::vector<int> place(file.elements.size(), -1);
    for (size_t i = 0; i < file.elements.size(); ++i) {
      auto& each = file.elements[i];
      if (each.type == Scope::TUNNEL) continue;
      place[i] = int(flat.elements.size());
      auto& type = types[size_t(each.type)];
      auto kind = type.compound ? nullptr : type.kind;
      flat.elements.push_back({each.name, kind ? kind->name : type.name, kind, trim(each.config), each.landmark});
    }
    using Port = std::pair<size_t, int>;
    std::map<Port, std::vector<Port>> leads;
    for (auto& each : file.connections) leads[{each.from, each.fromPort}].push_back({each.to, each.toPort});
    std::set<Flat::Connection> all;
    for (auto& [from, first] : leads) {
      if (place[from.first] < 0) continue;
      auto ways = first;
      std::set<Port> seen;
      for (size_t i = 0; i < ways.size(); ++i) {
        auto [to, port] = ways[i];
        if (place[to] >= 0) {
          all.insert({size_t(place[from.first]), from.second, size_t(place[to]), port});
        } else if (auto other = file.partner.find(int(to));
                   other != file.partner.end() && seen.insert(ways[i]).second) {
          if (auto onward = leads.find({size_t(other->second), port}); onward != leads.end())
            ways.insert(ways.end(), onward->second.begin(), onward->second.end());
        }
      }
    }
    flat.connections.assign(all.begin(), all.end());
  }

 private:
  int choose(const Scope& first, const Scope::Element& mine, const Strings& arguments, Strings& values) {
    // The type of the first alternative that fits, or, if there is but one and only its ports are wrong, that one.
    std::vector<const Scope*> tried;
    int type = mine.type, closest = -1;
    Strings closestValues;
    for (auto each = &first; each != nullptr;) {
      tried.push_back(each);
      if (each->assign(arguments, values)) {
        if (each->inputs == mine.inputs && each->outputs == mine.outputs) return type;
        closest = type;
        closestValues = values;
      }
      if (each->overload < 0) break;
      type = each->overload;
      if (types[size_t(type)].compound == nullptr) return type;
      each = types[size_t(type)].compound.get();
    }
    values = closestValues;
    if (tried.size() == 1 && closest >= 0) return closest;
    errors.say(Errors::ERROR, mine.landmark.text(),
               "no match for " + quoted(signature(first.name, arguments.size(), mine.inputs, mine.outputs)));
    errors.say(Errors::MESSAGE, mine.landmark.text(), "candidates are:");
    for (auto each : tried) errors.say(Errors::MESSAGE, each->landmark.text(), "  " + each->signature());
    return closest;
  }

  void copy(int which, const Scope& compound, const Environment& inner, unsigned level) {
    auto name = file.elements[size_t(which)].name;
    auto landmark = file.elements[size_t(which)].landmark;
    file.elements[size_t(which)].type = Scope::TUNNEL;
    auto ends = file.addTunnels(name, landmark, errors);
    std::vector<int> place{ends[1], ends[2]};
    for (size_t i = 2; i < compound.elements.size(); ++i) {
      auto& each = compound.elements[i];
      auto full = name + "/" + each.name;
      if (int known = file.find(full); known >= 0) {
        bool isTunnelEnd = each.type == Scope::TUNNEL && file.elements[size_t(known)].type == Scope::TUNNEL;
        if (!isTunnelEnd) tellRedeclared(full, landmark, file.elements[size_t(known)].landmark, errors);
        place.push_back(known);
      } else if (each.type == Scope::TUNNEL) {
        place.push_back(file.addTunnels(full, each.landmark, errors)[0]);
      } else {
        place.push_back(file.add(full, each.type, each.config, each.landmark, errors));
      }
    }
    for (auto& each : compound.connections) file.connect(place[each.from], each.fromPort, place[each.to], each.toPort);
    for (size_t i = 2; i < place.size(); ++i)
      if (compound.elements[i].type != Scope::TUNNEL) expand(place[i], inner, level + 1);
  }

  const std::vector<ElementType>& types;
  Scope& file;
  Errors& errors;
};

}  // namespace

void expand(const std::vector<ElementType>& types, Scope& file, const std::map<std::string, std::string>& parameters,
            Flat& out, Errors& errors) {
  Environment environment;
  // Those of the command line are found first.
  environment.values.assign(parameters.begin(), parameters.end());
  environment.define(file.definitions);
  Expansion expansion(types, file, errors);
  for (size_t i = 0, own = file.elements.size(); i < own; ++i) expansion.expand(int(i), environment, 0);
  expansion.flatten(out);
}

}  // namespace xylem::click
