// Commands are a tree of words. A node may end a command, go on with further words, or both, as `show route` and `show
// route summary`. At such a node a word that is one of the further words, or abbreviates one, is taken as that; any
// other is a parameter.

#include <cli/commands.h>
#include <kj/debug.h>
#include <net/near.h>
#include <net/word.h>

#include <algorithm>

namespace xylem::cli {

using config::Candidate;
using config::Completion;
using config::Path;
using config::WrongWord;

constexpr uint64_t ACCESS = 0xb1f4f1f0a7d35c11;
constexpr uint DAEMON = 2;  // xrl::Role

struct Commands::Node {
  kj::String word;
  kj::Vector<kj::Own<Node>> below;

  // ---- the command that ends here, if any
  const config::Schema* schema = nullptr;
  bool ends = false;
  uint role = 0;
  kj::String interface;
  kj::Maybe<capnp::InterfaceSchema::Method> method;
  capnp::StructSchema state;
  kj::Maybe<capnp::StructSchema::Field> field;
  kj::StringPtr doc;

  Node& add(kj::StringPtr word) {
    for (auto& child : below) {
      if (child->word == word) return *child;
    }
    auto& made = *below.add(kj::heap<Node>());
    made.word = kj::str(word);
    return made;
  }

  kj::Vector<const Node*> beginningWith(kj::StringPtr prefix) const {
    kj::Vector<const Node*> found;
    for (auto& child : below) {
      if (child->word == prefix) {
        found.clear();
        found.add(child.get());
        break;
      }
      if (child->word.startsWith(prefix)) found.add(child.get());
    }
    return found;
  }

  kj::String help() const {
    if (doc != nullptr) return config::firstLine(doc);
    return kj::strArray(
        KJ_MAP(child, below)->kj::StringPtr { return child->word; }, ", ");
  }
};

namespace {

using Node = Commands::Node;
using Field = capnp::StructSchema::Field;
using Method = capnp::InterfaceSchema::Method;

bool isBare(Field field) { return config::annotation(field, config::BARE) != nullptr; }

kj::Vector<Field> parametersOf(const Node& node) {
  kj::Vector<Field> all;
  KJ_IF_MAYBE (method, node.method) {
    for (auto field : method->getParamType().getFields()) {
      if (net::isWord(field.getType()) && field.getProto().getName() != "after") all.add(field);
    }
  }
  return all;
}

kj::String nameOf(Field field) { return net::kebab(field.getProto().getName()); }

class Parameters {
  // The words behind a command, one by one.
 public:
  explicit Parameters(const Node& node) : node(node), all(parametersOf(node)) {}

  kj::Maybe<kj::String> step(kj::StringPtr word, capnp::DynamicStruct::Builder to) {
    KJ_IF_MAYBE (field, waiting) {
      auto wrong = net::parseWord(to, *field, expand(*field, word));
      KJ_IF_MAYBE (text, wrong) return kj::str(config::quoted(word), ": ", *text);
      waiting = nullptr;
      return nullptr;
    }
    auto named = byName(word);
    if (named.size() == 1 && nameOf(named[0]) == word) return begin(named[0], to);
    kj::Maybe<kj::String> wrong;
    KJ_IF_MAYBE (field, nextBare()) {
      wrong = net::parseWord(to, *field, expand(*field, word));
      if (wrong == nullptr) {
        used.add(*field);
        return nullptr;
      }
    }
    if (named.size() == 1) return begin(named[0], to);
    if (named.size() > 1) {
      auto names = KJ_MAP(field, named) { return nameOf(field); };
      auto words = KJ_MAP(name, names)->kj::StringPtr { return name; };
      return kj::str(config::quoted(word), " is ambiguous: ", net::alternatives(words));
    }
    KJ_IF_MAYBE (text, wrong) return kj::str(config::quoted(word), ": ", *text);
    return unknown(word);
  }

  kj::Maybe<kj::String> missing() const {
    KJ_IF_MAYBE (field, waiting) {
      return kj::str('"', nameOf(*field), "\" needs a value: ", net::expected(field->getType()));
    }
    return nullptr;
  }

  void offer(kj::StringPtr partial, Completion& out) const {
    KJ_IF_MAYBE (field, waiting) {
      offerValues(*field, partial, out);
      return;
    }
    KJ_IF_MAYBE (field, nextBare()) offerValues(*field, partial, out);
    for (auto field : all) {
      if (isBare(field) || isUsed(field)) continue;
      auto name = nameOf(field);
      if (name.startsWith(partial)) out.candidates.add(Candidate{kj::mv(name), help(field), doc(field), false, false});
    }
  }

 private:
  kj::Vector<Field> byName(kj::StringPtr word) const {
    kj::Vector<Field> found;
    for (auto field : all) {
      if (isBare(field) || isUsed(field)) continue;
      auto name = nameOf(field);
      if (name == word) {
        found.clear();
        found.add(field);
        break;
      }
      if (name.startsWith(word)) found.add(field);
    }
    return found;
  }

  kj::Maybe<Field> nextBare() const {
    for (auto field : all) {
      if (isBare(field) && !isUsed(field)) return field;
    }
    return nullptr;
  }

  bool isUsed(Field field) const { return std::find(used.begin(), used.end(), field) != used.end(); }

  kj::Maybe<kj::String> begin(Field field, capnp::DynamicStruct::Builder to) {
    used.add(field);
    if (field.getType().isBool()) {
      to.set(field, true);
    } else {
      waiting = field;
    }
    return nullptr;
  }

  static kj::String expand(Field field, kj::StringPtr word) {
    // An abbreviated choice; anything else stays as it is.
    kj::Vector<kj::String> found;
    if (field.getType().isEnum()) {
      for (auto enumerant : field.getType().asEnum().getEnumerants()) {
        auto name = net::kebab(enumerant.getProto().getName());
        if (name == word) return name;
        if (name.startsWith(word)) found.add(kj::mv(name));
      }
    }
    return found.size() == 1 ? kj::mv(found[0]) : kj::str(word);
  }

  kj::String unknown(kj::StringPtr word) const {
    kj::Vector<kj::String> names;
    for (auto& child : node.below) names.add(kj::str(child->word));
    for (auto field : all) {
      if (!isBare(field) && !isUsed(field)) names.add(nameOf(field));
    }
    if (names.size() == 0) return kj::str("unexpected ", config::quoted(word), ": nothing more follows");
    auto known = KJ_MAP(name, names)->kj::StringPtr { return name; };
    return kj::str(config::quoted(word), " is not known here", net::didYouMean(word, known));
  }

  void offerValues(Field field, kj::StringPtr partial, Completion& out) const {
    if (!field.getType().isEnum()) {
      out.candidates.add(Candidate{kj::str('<', nameOf(field), '>'), help(field), doc(field), true, false});
      return;
    }
    for (auto enumerant : field.getType().asEnum().getEnumerants()) {
      auto name = net::kebab(enumerant.getProto().getName());
      auto text = node.schema->doc(enumerant);
      if (name.startsWith(partial))
        out.candidates.add(Candidate{kj::mv(name), config::firstLine(text), text, false, false});
    }
  }

  kj::StringPtr doc(Field field) const { return node.schema->doc(field); }

  kj::String help(Field field) const {
    auto text = doc(field);
    if (text != nullptr) return config::firstLine(text);
    return field.getType().isBool() ? kj::String() : net::expected(field.getType());
  }

  const Node& node;
  kj::Vector<Field> all;
  kj::Vector<Field> used;
  kj::Maybe<Field> waiting;
  // Named, and its value comes next.
};

struct Found {
  const Node* node;
  uint words;
};

kj::OneOf<Found, WrongWord> descend(const Node& root, Path words) {
  // As far as command words go.
  auto at = &root;
  for (auto i : kj::indices(words)) {
    auto found = at->beginningWith(words[i]);
    if (found.size() == 1) {
      at = found[0];
      continue;
    }
    uint index = i;
    if (found.size() > 1) {
      auto names = KJ_MAP(node, found)->kj::StringPtr { return node->word; };
      return WrongWord{index, kj::str(config::quoted(words[i]), " is ambiguous: ", net::alternatives(names))};
    }
    if (at->ends) return Found{at, index};
    auto known = KJ_MAP(node, at->below)->kj::StringPtr { return node->word; };
    auto what = i == 0 ? " is no command" : " is not known here";
    return WrongWord{index, kj::str(config::quoted(words[i]), what, net::didYouMean(words[i], known))};
  }
  return Found{at, static_cast<uint>(words.size())};
}

kj::Maybe<Field> rowsOf(Method method) {
  kj::Maybe<Field> list;
  for (auto field : method.getResultType().getFields()) {
    auto type = field.getType();
    if (field.getProto().getName() == "next" && type.isText()) continue;
    bool structs =
        type.isList() && type.asList().getElementType().isStruct() && !net::isWord(type.asList().getElementType());
    if (!structs || list != nullptr) return nullptr;
    list = field;
  }
  return list;
}

bool isPaged(Method method) {
  return method.getParamType().findFieldByName("after") != nullptr &&
         method.getResultType().findFieldByName("next") != nullptr;
}

class Adder {
  // Puts the commands of one daemon into the tree.
 public:
  Adder(Node& root, const config::Schema& schema) : root(root), schema(schema) {}

  void methods() {
    for (auto& type : schema.own()) {
      if (!type.getProto().isInterface()) continue;
      auto interface = type.asInterface();
      uint role = DAEMON;
      KJ_IF_MAYBE (access, config::annotation(type, ACCESS)) role = access->getEnum();
      for (auto method : interface.getMethods()) {
        KJ_IF_MAYBE (words, config::annotation(method, config::COMMAND)) {
          resolve(method);
          auto& node = at(words->getText());
          if (&node == &root || node.method != nullptr) {
            taken.add(kj::str(words->getText()));
            continue;
          }
          claim(node);
          node.role = role;
          node.interface = kj::str(interface.getShortDisplayName());
          node.method = method;
          node.doc = schema.doc(method);
        }
      }
    }
  }

  void state() {
    for (auto& type : schema.own()) {
      if (!type.getProto().isStruct() || !type.getProto().getDisplayName().endsWith(":State")) continue;
      auto state = type.asStruct();
      auto& node = root.add("show").add(schema.name);
      if (!node.ends) {
        claim(node);
        node.state = state;
        node.doc = schema.doc(type);
      }
      for (auto field : state.getFields()) {
        auto& inner = node.add(nameOf(field));
        if (inner.ends) continue;
        claim(inner);
        inner.state = state;
        inner.field = field;
        inner.doc = schema.doc(field);
      }
    }
  }

  kj::Vector<kj::String> taken;

 private:
  static void resolve(Method method) {
    // A type that nobody knows is a fault: of the schema, now, and not of whoever types the command.
    for (auto each : {method.getParamType(), method.getResultType()})
      for (auto field : each.getFields()) field.getType();
  }

  Node& at(kj::StringPtr words) {
    auto node = &root;
    auto line = config::splitLine(words);
    for (auto& word : line.words) node = &node->add(word.text);
    return *node;
  }

  void claim(Node& node) {
    node.ends = true;
    node.schema = &schema;
  }

  Node& root;
  const config::Schema& schema;
};

}  // namespace

Commands::Commands() : root(kj::heap<Node>()) {}

Commands::~Commands() noexcept(false) {}

kj::Maybe<kj::String> Commands::add(kj::StringPtr name, kj::Array<const kj::byte> blob) {
  kj::Maybe<kj::String> problem;
  auto fault = kj::runCatchingExceptions([&] {
    auto& schema = *schemas.add(kj::heap<config::Schema>(name, kj::mv(blob)));
    Adder adder(*root, schema);
    adder.methods();
    adder.state();
    if (adder.taken.size() > 0) {
      problem = kj::str("these commands are taken or empty: ", kj::strArray(adder.taken, ", "));
    }
  });
  KJ_IF_MAYBE (e, fault) return kj::str(e->getDescription());
  return problem;
}

kj::OneOf<Command, WrongWord> Commands::parse(Path words) const {
  auto descent = descend(*root, words);
  if (descent.is<WrongWord>()) return kj::mv(descent.get<WrongWord>());
  auto& node = *descent.get<Found>().node;
  uint count = words.size();
  if (!node.ends) {
    auto known = KJ_MAP(child, node.below)->kj::StringPtr { return child->word; };
    return WrongWord{count, kj::str("the command is not complete", net::didYouMean("", known))};
  }
  Command command;
  command.daemon = node.schema->name;
  command.role = node.role;
  command.state = node.state;
  command.field = node.field;
  Parameters parameters(node);
  kj::Maybe<capnp::DynamicStruct::Builder> params;
  command.params = kj::heap<capnp::MallocMessageBuilder>();
  KJ_IF_MAYBE (method, node.method) {
    command.interface = node.interface;
    command.method = *method;
    command.rows = rowsOf(*method);
    command.paged = isPaged(*method);
    params = command.params->initRoot<capnp::DynamicStruct>(method->getParamType());
  }
  for (uint i = descent.get<Found>().words; i < count; ++i) {
    KJ_IF_MAYBE (wrong, parameters.step(words[i], params.orDefault(capnp::DynamicStruct::Builder()))) {
      return WrongWord{i, kj::mv(*wrong)};
    }
  }
  KJ_IF_MAYBE (wrong, parameters.missing()) return WrongWord{count, kj::mv(*wrong)};
  return kj::mv(command);
}

Completion Commands::complete(Path words, kj::StringPtr partial) const {
  Completion out;
  auto descent = descend(*root, words);
  if (descent.is<WrongWord>()) return out;
  auto& node = *descent.get<Found>().node;
  auto used = descent.get<Found>().words;
  if (used == words.size()) {
    for (auto& child : node.below) {
      if (!child->word.startsWith(partial)) continue;
      out.candidates.add(Candidate{kj::str(child->word), child->help(), child->doc, false, false});
    }
  }
  if (!node.ends) return out;
  Parameters parameters(node);
  KJ_IF_MAYBE (method, node.method) {
    capnp::MallocMessageBuilder scratch;
    auto params = scratch.initRoot<capnp::DynamicStruct>(method->getParamType());
    for (auto word : words.slice(used, words.size())) {
      if (parameters.step(word, params) != nullptr) return out;
    }
  } else if (used < words.size()) {
    return out;
  }
  parameters.offer(partial, out);
  out.mayEnd = parameters.missing() == nullptr;
  return out;
}

}  // namespace xylem::cli
