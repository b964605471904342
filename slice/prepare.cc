// A new tree is made beside the old one; places of words come along, so that every problem is told where it was
// written.

#include <slice/prepare.h>

#include <set>

namespace xylem::slice {

namespace {

const std::set<kj::StringPtr> ROUTER_WORDS{"protocols"_kj, "policy"_kj, "interfaces"_kj, "forwarding"_kj, "system"_kj};
const std::set<kj::StringPtr> SHAPES{"rate"_kj,      "delay"_kj,   "jitter"_kj, "loss"_kj,
                                     "duplicate"_kj, "reorder"_kj, "queue"_kj};

config::Node& copy(const config::Node& from, config::Node& to) {
  auto& made = to.add(from.word(), from.place);
  made.heads = from.heads;
  made.merge(from);
  return made;
}

config::Node& begin(const config::Node& from, config::Node& to) {
  auto& made = to.add(from.word(), from.place);
  made.heads = from.heads;
  return made;
}

class Preparer {
 public:
  Prepared run(const config::Tree& tree) {
    for (auto& top : tree.root()) {
      if (top.word() != "slice"_kj) {
        copy(top, out.tree.root());
        continue;
      }
      auto& slices = begin(top, out.tree.root());
      for (auto& each : top) slice(each, begin(each, slices));
    }
    return kj::mv(out);
  }

 private:
  void slice(const config::Node& from, config::Node& to) {
    name = from.word().cStr();
    for (auto& each : from) {
      auto word = each.word();
      if (word == "link"_kj) {
        pairs(each, begin(each, to), kj::str("slice ", name.c_str(), " link"));
      } else if (word == "at"_kj) {
        auto& at = begin(each, to);
        for (auto& time : each) events(time, begin(time, at));
      } else if (word == "node"_kj) {
        auto& nodes = begin(each, to);
        for (auto& node : each) split(node, begin(node, nodes), name + " " + node.word().cStr());
      } else if (word == "defaults"_kj) {
        templates(each, begin(each, to), name + " defaults");
      } else if (word == "generate"_kj) {
        auto& all = begin(each, to);
        for (auto& one : each) templates(one, begin(one, all), name + " generate " + one.word().cStr());
      } else {
        copy(each, to);
      }
    }
    applyDefaults(to);
  }

  void pairs(const config::Node& from, config::Node& to, kj::String path) {
    for (auto& a : from) {
      if (a.word().findFirst(' ') != nullptr) {
        copy(a, to);
        continue;
      }
      if (a.size() == 0)
        out.problems.add(
            config::Problem{a.place, kj::str(path), kj::str("a link needs two nodes: link ", a.word(), " OTHER")});
      for (auto& b : a) {
        auto& made = to.add(kj::str(a.word(), ' ', b.word()), a.place);
        made.heads = b.heads;
        made.merge(b);
      }
    }
  }

  void events(const config::Node& from, config::Node& to) {
    for (auto& each : from)
      if (each.word() == "link"_kj)
        pairs(each, begin(each, to), kj::str("slice ", name.c_str(), " at ", from.word(), " link"));
      else
        copy(each, to);
  }

  void templates(const config::Node& from, config::Node& to, const std::string& key) {
    for (auto& each : from)
      if (each.word() == "node"_kj)
        split(each, begin(each, to), key);
      else
        copy(each, to);
  }

  void split(const config::Node& from, config::Node& to, const std::string& key) {
    auto router = std::make_shared<config::Tree>();
    for (auto& each : from) copy(each, ROUTER_WORDS.count(each.word()) > 0 ? router->root() : to);
    out.routers[key] = router;
  }

  static void fillIn(const config::Node& defaults, config::Node& to, bool isLink) {
    // The shape of a link is put together word by word, and so by read.cc.
    for (auto& each : defaults)
      if (to.find(each.word()) == nullptr && !(isLink && SHAPES.count(each.word()) > 0)) copy(each, to);
  }

  void applyDefaults(config::Node& slice) {
    KJ_IF_MAYBE (defaults, slice.find("defaults"_kj)) {
      for (auto kind : {"node"_kj, "link"_kj})
        KJ_IF_MAYBE (said, defaults->find(kind)) {
          KJ_IF_MAYBE (all, slice.find(kind))
            for (auto& each : *all) fillIn(*said, each, kind == "link"_kj);
          KJ_IF_MAYBE (all, slice.find("generate"_kj))
            for (auto& each : *all) fillIn(*said, each.add(kind, each.place), kind == "link"_kj);
        }
    }
  }

  std::string name;
  Prepared out;
};

}  // namespace

std::shared_ptr<config::Tree> Prepared::router(const std::string& slice, const std::string& key) const {
  auto made = std::make_shared<config::Tree>();
  for (auto& from : {slice + " " + key, slice + " defaults"}) {
    auto found = routers.find(from);
    if (found == routers.end()) continue;
    for (auto& each : found->second->root())
      if (made->root().find(each.word()) == nullptr) copy(each, made->root());
  }
  return made;
}

Prepared prepare(const config::Tree& tree) { return Preparer().run(tree); }

}  // namespace xylem::slice
