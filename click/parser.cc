// The parser reads statements into scopes (scope.h), from which expansion.h makes the flat form. A compound is a scope;
// a group is not: its elements are among those around it, and only its own input and output are tunnels.
//
// After an error the parser goes on at the next token, so that all errors are told at once.

#include <click/chain.h>
#include <click/expansion.h>
#include <click/kinds.h>
#include <click/parser.h>
#include <click/scope.h>
#include <click/tokens.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace xylem::click {

namespace {

const char* const PORT_NAMES[] = {"input", "output"};

enum class Inside { FILE, COMPOUND, GROUP };

struct Named {
  // An element in a list, before it is known whether it is declared or referred to.
  std::string name;
  int type = -1;
  // If the name is that of a class.
  int declared = -1;
  // The class behind `::`.
  bool isBare = false;
  std::string config;
  Landmark landmark;
};

std::string readFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string findLibrary(const std::string& name, const std::string& beside) {
  // Beside the file, then in each directory of CLICKPATH, alone and in its `conf`.
  std::vector<std::string> places{beside + "/" + name};
  if (name[0] == '/') places = {name};
  if (auto path = getenv("CLICKPATH")) {
    std::stringstream list(path);
    for (std::string each; std::getline(list, each, ':');)
      for (auto between : {"/conf/", "/"}) places.push_back(std::string(each).append(between).append(name));
  }
  for (auto& each : places)
    if (std::ifstream(each).good()) return each;
  return "";
}

class Parser {
 public:
  Parser(const Source& source, Errors& errors)
      : source(source), errors(errors), tokens(std::make_unique<Tokens>(source.text, source.file, errors)) {
    types.push_back({"<tunnel>", nullptr, nullptr});
    scope = std::make_shared<Scope>();
  }

  Flat run() {
    statements(Inside::FILE);
    expand(types, *scope, source.parameters, flat, errors);
    flat.text = source.text;
    return std::move(flat);
  }

 private:
  // ---- types

  int typeOf(const std::string& name) {
    if (auto found = visible.find(name); found != visible.end()) return found->second;
    auto kind = findKind(name);
    return kind ? addType({name, kind, nullptr}) : -1;
  }
  int addType(ElementType type) {
    types.push_back(std::move(type));
    if (!types.back().name.empty()) visible[types.back().name] = int(types.size() - 1);
    return int(types.size() - 1);
  }
  int forceType(const std::string& name, bool isTold = true) {
    if (int known = typeOf(name); known >= 0) return known;
    if (isTold) tokens->error("unknown element class " + quoted(name));
    return addType({name, nullptr, nullptr});
  }

  // ---- statements

  Token statements(Inside inside) {
    bool endsInOutput = true;
    while (true) {
      auto token = tokens->next();
      switch (token.kind) {
        case Token::IDENTIFIER:
        case Token::ARROW:
        case Token::DOUBLE_ARROW:
          tokens->back(token);
          chain(inside, endsInOutput);
          break;
        case Token::ELEMENTCLASS:
          elementClass();
          break;
        case Token::REQUIRE:
          require();
          break;
        case Token::DEFINE:
          define();
          break;
        case Token::BARS:
          if (inside == Inside::COMPOUND) return token;
          tokens->syntaxError(token);
          break;
        case Token::END:
          if (inside != Inside::FILE) tokens->error(inside == Inside::GROUP ? "expected ')'" : "expected '}'");
          return token;
        default:
          if (token.is('[') || token.is('{') || token.is('(')) {
            tokens->back(token);
            chain(inside, endsInOutput);
          } else if (token.is('}') && inside != Inside::FILE) {
            if (inside == Inside::COMPOUND) return token;
            tokens->syntaxError(token);
            tokens->back(token);
            return token;
          } else if (token.is(')') && inside == Inside::GROUP) {
            return token;
          } else if (!token.is(';')) {
            tokens->syntaxError(token);
          }
      }
    }
  }

  void require() {
    if (!tokens->accept('(')) return tokens->error("expected '('");
    auto text = tokens->config();
    tokens->expect(')');
    for (auto& each : splitArguments(text)) {
      auto words = splitWords(each);
      if (words.empty()) continue;
      std::string type = unquote(words[0]), value = words.size() > 1 ? unquote(words[1]) : "";
      if (words.size() == 1 && type != "compact_config" && type != "package" && type != "library") {
        value = type;
        type = "package";
      }
      bool isWhole = type == "compact_config" ? words.size() == 1 : !value.empty() && words.size() <= 2;
      if (!isWhole || (type != "compact_config" && type != "package" && type != "library"))
        tokens->error("syntax error at requirement");
      else if (type == "library")
        library(value);
      else if (type == "package" && !provides(value))
        tokens->error("requirement " + quoted(value) + " not available");
      else
        flat.requirements.push_back({type, value});
    }
  }

  void library(const std::string& name) {
    if (scope->depth > 0) return tokens->error("'require library' must be used at file scope");
    auto file = tokens->landmark().file;
    auto slash = file.rfind('/');
    auto path = findLibrary(name, slash == std::string::npos ? "." : file.substr(0, slash));
    if (path.empty()) return tokens->error("library " + quoted(name) + " not found in CLICKPATH/conf");
    if (!libraries.insert(path).second) return;
    auto outer = std::move(tokens);
    tokens = std::make_unique<Tokens>(readFile(path), path, errors);
    statements(Inside::FILE);
    tokens = std::move(outer);
  }

  void define() {
    tokens->expect('(');
    auto text = tokens->config();
    tokens->expect(')');
    for (auto& each : splitArguments(text)) {
      if (each.empty()) continue;
      auto value = each;
      auto variable = shiftWord(value);
      if (variable.size() < 2 || variable[0] != '$' || !isIdentifier(variable.substr(1)))
        tokens->error("bad 'define' declaration: not a variable");
      else if (isDefined(variable.substr(1)))
        tokens->error("parameter " + quoted(variable) + " multiply defined");
      else
        scope->definitions.push_back({variable.substr(1), value});
    }
  }

  bool isDefined(const std::string& name) const {
    for (auto& each : scope->formals)
      if (each.name == name) return true;
    for (auto& each : scope->definitions)
      if (each.first == name) return true;
    return false;
  }

  // ---- classes

  void elementClass() {
    auto name = tokens->next();
    if (!name.is(Token::IDENTIFIER)) {
      tokens->error("expected element type name");
      tokens->back(name);
      name.text.clear();
    }
    auto what = tokens->next();
    if (what.is('{')) {
      compound(name.text);
    } else if (what.is(Token::IDENTIFIER)) {
      auto meant = types[size_t(forceType(what.text))];
      meant.name = name.text;
      addType(meant);
    } else {
      tokens->syntaxError(what);
      addType({name.text, nullptr, nullptr});
    }
  }

  int compound(const std::string& name) {
    // Behind its `{`; up to its `}`. One or more compounds, of which the first that fits is taken.
    auto outer = scope;
    auto outerVisible = visible;
    std::vector<std::shared_ptr<Scope>> alternatives;
    int extended = -1;
    Token end;
    do {
      auto token = tokens->next();
      if (token.is(Token::DOTS)) {
        if (typeOf(name) < 0) tokens->error("cannot extend unknown element class " + quoted(name));
        extended = forceType(name, false);
        end = tokens->next();
        if (alternatives.empty() || !end.is('}')) tokens->error("'...' should occur last, after one or more compounds");
        break;
      }
      tokens->back(token);
      scope = std::make_shared<Scope>();
      scope->name = name;
      scope->landmark = tokens->landmark();
      scope->depth = outer->depth + 1;
      scope->add("input", Scope::TUNNEL, "", scope->landmark, errors);
      scope->add("output", Scope::TUNNEL, "", scope->landmark, errors);
      scope->unnumbered = 2;
      formals();
      if (++depth > DEEPEST) {
        if (depth == DEEPEST + 1) tokens->error("maximum compound element nesting depth exceeded");
        end = skipBraces();
      } else {
        end = statements(Inside::COMPOUND);
      }
      --depth;
      finish();
      alternatives.push_back(scope);
      scope = outer;
      visible = outerVisible;
    } while (end.is(Token::BARS));

    int next = extended;
    for (size_t i = alternatives.size(); i-- > 1;) {
      alternatives[i]->overload = next;
      types.push_back({name, nullptr, alternatives[i]});
      next = int(types.size() - 1);
    }
    if (alternatives.empty()) return addType({name, nullptr, nullptr});
    alternatives[0]->overload = next;
    return addType({name, nullptr, alternatives[0]});
  }

  Token skipBraces() {
    for (int open = 0;;) {
      auto token = tokens->next();
      if (token.is('{')) ++open;
      if (token.is(Token::END) || (token.is('}') && open-- == 0)) return token;
    }
  }

  void formals() {
    bool isDisordered = false;
    while (true) {
      auto first = tokens->next();
      Scope::Formal formal;
      if (first.is(Token::IDENTIFIER)) {
        auto second = tokens->next();
        if (!second.is(Token::VARIABLE)) {
          if (!scope->formals.empty()) tokens->error("expected variable");
          tokens->back(second);
          return tokens->back(first);
        }
        formal = {second.text, first.text};
      } else if (first.is(Token::VARIABLE)) {
        formal = {first.text, ""};
      } else if (first.is('|')) {
        return;
      } else {
        if (!scope->formals.empty()) tokens->error("expected variable");
        return tokens->back(first);
      }
      addFormal(formal, isDisordered);
      auto separator = tokens->next();
      if (separator.is('|')) return;
      if (!separator.is(',')) {
        tokens->error("expected ',' or '|'");
        return tokens->back(separator);
      }
    }
  }

  void addFormal(const Scope::Formal& formal, bool& isDisordered) {
    if (isDefined(formal.name)) return tokens->error("parameter '$" + formal.name + "' multiply defined");
    for (auto& each : scope->formals)
      if (!formal.keyword.empty() && each.keyword == formal.keyword)
        tokens->error("repeated keyword parameter " + quoted(formal.keyword) + " in compound element");
    if (!isDisordered && !scope->formals.empty()) {
      auto& last = scope->formals.back().keyword;
      isDisordered = last == "__REST__" || (formal.keyword.empty() && !last.empty());
      if (isDisordered)
        tokens->error(
            "compound element parameters out of order\n(The correct order is "
            "'[positional], [keywords], [__REST__]'.)");
    }
    scope->formals.push_back(formal);
  }

  int checkPseudo(int which, bool isOutput, const std::string& name, const Landmark& landmark) {
    // How many ports of a compound or group are used inside.
    auto& mine = scope->elements[size_t(which)];
    std::vector<bool> used(size_t(isOutput ? mine.inputs : mine.outputs), false);
    for (auto& each : scope->connections) {
      if (isOutput && int(each.to) == which) used[size_t(each.toPort)] = true;
      if (!isOutput && int(each.from) == which) used[size_t(each.fromPort)] = true;
    }
    if ((isOutput ? mine.outputs : mine.inputs) > 0)
      errors.say(Errors::ERROR, landmark.text(),
                 quoted(name) + " pseudoelement " + quoted(PORT_NAMES[isOutput]) + " may only be used as " +
                     PORT_NAMES[!isOutput]);
    for (size_t i = 0; i < used.size(); ++i)
      if (!used[i])
        errors.say(Errors::ERROR, landmark.text(),
                   quoted(name) + " " + PORT_NAMES[isOutput] + " " + std::to_string(i) + " missing");
    return int(used.size());
  }

  void finish() {
    scope->inputs = checkPseudo(0, false, scope->printable(), scope->landmark);
    scope->outputs = checkPseudo(1, true, scope->printable(), scope->landmark);
    for (size_t i = 0; i < scope->elements.size(); ++i) scope->settleName(int(i));
  }

  // ---- chains

  void chain(Inside inside, bool& endsInOutput) {
    bool isNested = scope->depth > 0 || inside != Inside::FILE;
    ChainItems last;
    Token arrow;
    while (true) {
      ChainItems items = list(isNested, last.empty(), endsInOutput);
      if (items.empty()) break;
      if (last.empty())
        checkUseless(items, false);
      else
        connect(last, items, arrow.is(Token::DOUBLE_ARROW));
      last = std::move(items);
      arrow = tokens->next();
      while (arrow.is(',') || arrow.is(Token::COLONS)) {
        tokens->syntaxError(arrow);
        arrow = tokens->next();
      }
      if (arrow.isArrow()) continue;
      endChain(arrow);
      break;
    }
    checkUseless(last, true);
    endsInOutput = last.size() == 1 && last[0].element == scope->find("output");
  }

  void endChain(const Token& token) {
    if (token.is(';') || token.is(Token::END)) return;
    bool begins = token.kind != Token::MARK || token.is('{') || token.is('}') || token.is('[') || token.is(')');
    if (!begins || token.is(Token::DOTS) || token.is(Token::VARIABLE)) tokens->syntaxError(token);
    if (begins) tokens->back(token);
  }

  void connect(const ChainItems& from, const ChainItems& to, bool isDouble) {
    for (auto& each : connectItems(*scope, from, to, isDouble)) tokens->error(each);
  }

  void checkUseless(const ChainItems& items, bool isOutput) {
    for (auto& each : items)
      if (!each.ports[isOutput].empty())
        return tokens->error(isOutput ? "output ports ignored at end of chain"
                                      : "input ports ignored at start of chain");
  }

  ChainItems list(bool isNested, bool isFirst, bool endsInOutput) {
    // Elements with commas between them.
    ChainItems items;
    std::vector<Named> names;
    bool anyImplicit = false, anyPorts = false;
    do {
      ChainItem item;
      Named named;
      bool isImplicit = false;
      ports(item.ports[0]);
      if (!name(item, named, isNested, isFirst, endsInOutput, items.size(), isImplicit)) {
        if (items.empty()) return {};
        break;
      }
      if (isImplicit) {
        anyImplicit = true;
        if (isFirst) item.ports[0].swap(item.ports[1]);
      }
      declaration(item, named, isImplicit);
      anyPorts = anyPorts || !item.ports[0].empty() || !item.ports[1].empty();
      items.push_back(item);
      names.push_back(named);
    } while (tokens->accept(','));

    auto next = tokens->next();
    tokens->back(next);
    if (anyImplicit && !isFirst && next.isArrow()) tokens->error("implicit ports used in the middle of a chain");
    if (names.size() > 1 && isFirst && !next.isArrow() && !anyPorts && !anyImplicit) spread(names);
    for (size_t i = 0; i < items.size(); ++i) items[i].element = resolve(names[i]);
    return items;
  }

  bool name(ChainItem& item, Named& named, bool isNested, bool isFirst, bool endsInOutput, size_t position,
            bool& isImplicit) {
    auto token = tokens->next();
    named.landmark = tokens->landmark();
    if (token.is(Token::IDENTIFIER)) {
      named.name = token.text;
      named.isBare = true;
      named.type = typeOf(named.name);
      return true;
    }
    if (token.is('{')) {
      named.type = compound("");
      return true;
    }
    if (token.is('(')) {
      group(item, named);
      return true;
    }
    bool hasPorts = !item.ports[0].empty();
    if (isNested && token.isArrow()) {
      isImplicit = isFirst && (hasPorts || position == 0);
      if (isImplicit && !hasPorts && !endsInOutput)
        errors.say(Errors::WARNING, tokens->landmark().text(),
                   "suggest 'input " + token.text + "' or '[0] " + token.text + "' to start connection");
    } else if (isNested && token.is(',')) {
      isImplicit = hasPorts;
    } else if (isNested && !token.is(Token::COLONS)) {
      isImplicit = !isFirst && (hasPorts || position == 0);
    }
    if (isImplicit) {
      tokens->back(token);
      named.name = PORT_NAMES[!isFirst];
      named.type = typeOf(named.name);
      return true;
    }
    if (hasPorts) tokens->error("stranded port ignored");
    if (position > 0 || (isNested && isFirst))
      tokens->back(token);
    else
      tokens->syntaxError(token);
    return false;
  }

  void declaration(ChainItem& item, Named& named, bool isImplicit) {
    auto token = tokens->next();
    if (token.is(Token::COLONS) && !isImplicit) {
      named.isBare = false;
      token = tokens->next();
      if (token.is(Token::IDENTIFIER)) {
        named.declared = forceType(token.text);
        token = tokens->next();
      } else if (token.is('{')) {
        named.declared = compound("");
        token = tokens->next();
      } else {
        tokens->error("missing element type in declaration");
        named.declared = forceType(named.name);
      }
    }
    if (token.is('(') && !isImplicit) {
      if (scope->find(named.name) >= 0) tokens->error("configuration string ignored on element reference");
      named.config = tokens->config();
      tokens->expect(')');
      named.isBare = false;
      token = tokens->next();
    }
    tokens->back(token);
    if (token.is('[') && !isImplicit) {
      item.ports[1].clear();
      ports(item.ports[1]);
    }
  }

  void ports(std::vector<int>& out) {
    if (!tokens->accept('[')) return;
    while (true) {
      auto token = tokens->next();
      if (token.is(Token::IDENTIFIER)) {
        int from = portNumber(token), to = from;
        if (tokens->accept('-')) to = portNumber(tokens->next());
        for (int port = from; port <= to && out.size() < 1000; ++port) out.push_back(port);
      } else if (token.is(']')) {
        if (out.empty()) out.push_back(0);
        out.push_back(-1);
        return;
      } else {
        tokens->error("syntax error: expected port number");
        return tokens->back(token);
      }
      token = tokens->next();
      if (token.is(']')) return;
      if (!token.is(',')) {
        tokens->error("syntax error: expected ','");
        tokens->back(token);
      }
    }
  }

  int portNumber(const Token& token) {
    __int128 number = 0;
    if (parseInteger(token.text, number) && number >= 0 && number < 65536) return int(number);
    tokens->error("syntax error: port number should be integer");
    return 0;
  }

  void spread(std::vector<Named>& names) {
    // `a, b :: C(x)` alone declares both.
    size_t i = 0;
    while (i + 1 < names.size() && names[i].isBare) ++i;
    if (i + 1 < names.size()) return;
    for (auto& each : names) {
      each.declared = names.back().declared;
      each.config = names.back().config;
    }
  }

  int resolve(Named& named) {
    int known = named.type < 0 ? scope->find(named.name) : -1;
    auto say = [&](const std::string& text) { errors.say(Errors::ERROR, named.landmark.text(), text); };
    if (known >= 0) {
      auto& former = scope->elements[size_t(known)];
      if (named.declared >= 0 && former.type != Scope::TUNNEL)
        tellRedeclared(named.name, named.landmark, former.landmark, errors);
      if (named.declared >= 0 && former.type == Scope::TUNNEL) say("redeclaration of element " + quoted(named.name));
      return known;
    }
    if (named.declared >= 0 && named.type >= 0) {
      say("class " + quoted(named.name) + " used as element name");
    } else if (named.declared < 0 && named.type < 0) {
      say("undeclared element " + quoted(named.name));
      named.type = forceType(named.name, false);
    }
    auto name = named.type >= 0 ? scope->anonymousName(named.name) : named.name;
    return scope->add(name, named.type >= 0 ? named.type : named.declared, named.config, named.landmark, errors);
  }

  void group(ChainItem& item, Named& named) {
    named.name = scope->anonymousName("");
    auto ends = scope->addTunnels(named.name, tokens->landmark(), errors);
    auto outerInput = scope->find("input"), outerOutput = scope->find("output");
    scope->byName["input"] = ends[1];
    scope->byName["output"] = ends[2];
    if (++depth > DEEPEST)
      tokens->error("maximum element group nesting depth exceeded");
    else
      statements(Inside::GROUP);
    --depth;
    int counts[2];
    for (bool isOutput : {false, true})
      counts[isOutput] = checkPseudo(ends[isOutput ? 2 : 1], isOutput, "<anonymous group>", tokens->landmark());
    restore("input", outerInput);
    restore("output", outerOutput);
    for (bool isOutput : {false, true})
      for (int i = 0; item.ports[isOutput].size() < size_t(counts[isOutput]) && (i > 0 || item.ports[isOutput].empty());
           ++i)
        item.ports[isOutput].push_back(i);
  }

  void restore(const char* name, int element) {
    if (element >= 0)
      scope->byName[name] = element;
    else
      scope->byName.erase(name);
  }

  const Source& source;
  Errors& errors;
  std::unique_ptr<Tokens> tokens;
  std::vector<ElementType> types;
  std::map<std::string, int> visible;
  // Classes by name, as far as they are known in the scope at hand.
  std::shared_ptr<Scope> scope;
  std::set<std::string> libraries;
  unsigned depth = 0;
  Flat flat;
};

}  // namespace

Flat parse(const Source& source, Errors& errors) { return Parser(source, errors).run(); }

bool provides(const std::string& requirement) {
  static const std::set<std::string> FEATURES{"click", "linux",     "userlevel", "ip6",
                                              "ns",    "click-2.0", "int64",     "stats"};
  return findKind(requirement) != nullptr || FEATURES.count(requirement) > 0;
}

}  // namespace xylem::click
