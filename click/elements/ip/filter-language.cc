// Recursive descent. What a word means depends on what stands before it ("src port echo", "icmp type echo"), so words
// are looked up in all places where names are known, and those that do not fit are put aside.

#include <click/elements/ip/filter-language.h>
#include <click/elements/ip/filter-primitive.h>
#include <click/elements/ip/icmp-names.h>

#include <cctype>
#include <map>

namespace xylem::click {

namespace {

using Type = Primitive::Type;

struct Qualifier {
  Type type;
  Primitive::Field field;
};

const std::map<std::string, Qualifier>& qualifiers() {
  constexpr int IP = Primitive::UNKNOWN;
  static const std::map<std::string, Qualifier> ALL = {
      {"ce", {Type::CE, {}}},
      {"dscp", {Type::FIELD, {IP, 8, 6, "ip dscp"}}},
      {"ect", {Type::ECT, {}}},
      {"frag", {Type::FRAG, {}}},
      {"hl", {Type::FIELD, {IP, 4, 4, "ip hl"}}},
      {"host", {Type::HOST, {}}},
      {"id", {Type::FIELD, {IP, 32, 16, "ip id"}}},
      {"len", {Type::FIELD, {IP, 16, 16, "ip len"}}},
      {"net", {Type::NET, {}}},
      {"opt", {Type::TCP_OPT, {}}},
      {"port", {Type::PORT, {}}},
      {"proto", {Type::PROTO, {}}},
      {"tos", {Type::FIELD, {IP, 8, 8, "ip tos"}}},
      {"ttl", {Type::FIELD, {IP, 64, 8, "ip ttl"}}},
      {"type", {Type::FIELD, {1, 0, 8, "icmp type"}}},
      {"unfrag", {Type::UNFRAG, {}}},
      {"vers", {Type::FIELD, {IP, 0, 4, "ip vers"}}},
      {"win", {Type::FIELD, {6, 112, 16, "tcp win"}}},
  };
  return ALL;
}

std::optional<uint32_t> tcpOption(const std::string& word) {
  static const std::pair<const char*, uint32_t> ALL[] = {{"fin", 1}, {"syn", 2},  {"rst", 4},
                                                         {"psh", 8}, {"ack", 16}, {"urg", 32}};
  for (auto& [name, bit] : ALL)
    if (word == name) return bit;
  return std::nullopt;
}

std::optional<uint32_t> number(const std::string& text) {
  __int128 value;
  if (!parseInteger(text, value) || value < INT32_MIN || value > UINT32_MAX) return std::nullopt;
  return uint32_t(value);
}

class Parser {
 public:
  Parser(const Strings& tokens, size_t at, Element* context, Errors& errors)
      : tokens(tokens), at(at), context(context), errors(errors) {}

  Decision::Condition parse() {
    auto result = expression();
    if (at < tokens.size()) errors.error("garbage after expression at " + quoted(tokens[at]));
    return result;
  }

 private:
  static constexpr int DEEPEST = 1000;

  bool is(const char* a, const char* b = nullptr) const {
    return at < tokens.size() && (tokens[at] == a || (b != nullptr && tokens[at] == b));
  }
  bool take(const char* a, const char* b = nullptr) {
    bool found = is(a, b);
    at += found;
    return found;
  }
  std::string token(size_t ahead = 0) const { return at + ahead < tokens.size() ? tokens[at + ahead] : ""; }

  Decision::Condition expression() {
    auto which = choice();
    if (!take("?")) return which;
    auto before = at;
    auto yes = expression();
    if (at == before || !take(":")) {
      errors.error("missing ':' in ternary expression");
      return which;
    }
    return Decision::choose(which, yes, expression());
  }

  Decision::Condition choice() {
    std::vector<Decision::Condition> parts{term()};
    while (take("or", "||")) parts.push_back(term());
    return parts.size() == 1 ? parts[0] : Decision::any(parts);
  }

  Decision::Condition term() {
    std::vector<Decision::Condition> parts;
    for (bool isNeeded = true;; isNeeded = take("and", "&&")) {
      auto before = at;
      auto part = factor(false);
      if (at == before) {
        if (isNeeded) errors.error("missing expression");
        break;
      }
      if (part) parts.push_back(part);
    }
    return parts.size() == 1 ? parts[0] : Decision::all(parts);
  }

  Decision::Condition factor(bool negated) {
    if (++depth > DEEPEST) {
      if (depth == DEEPEST + 1) errors.error("expression too deep");
      at = tokens.size();
    }
    auto result = factorInside(negated);
    --depth;
    return result;
  }

  Decision::Condition factorInside(bool negated) {
    auto maybeNot = [negated](Decision::Condition condition) {
      return negated ? Decision::negate(condition) : condition;
    };
    if (is("not", "!")) {
      auto word = tokens[at++];
      auto before = at;
      auto inner = factor(!negated);
      if (at == before) errors.error("missing expression after " + quoted(word));
      return inner;
    }
    if (take("(")) {
      auto before = at;
      auto inner = expression();
      if (at == before) errors.error("missing expression after '('");
      if (!take(")") && at != before) errors.error("missing ')'");
      return maybeNot(inner);
    }
    if (at >= tokens.size() || is(")") || is("||", "or") || is("?", ":")) return nullptr;
    if (take("true")) return maybeNot(Decision::always());
    if (take("false")) return maybeNot(Decision::negate(Decision::always()));
    return primitive(negated);
  }

  Decision::Condition primitive(bool negated) {
    auto first = at;
    Primitive made;
    while (qualifier(made, negated)) ++at;
    if (at != first) before = Primitive();
    if (before.data == Type::ETHER) made.header = 'e';
    bool isLast = at + 1 >= tokens.size();
    if (!isLast && is("[") && at > first && made.type == Type::NONE) brackets(made);
    mask(made);
    relation(made);
    value(made);
    if (at == first) {
      errors.error("empty term near " + quoted(token()));
      return nullptr;
    }
    if (!made.complete(before, errors)) return Decision::always();
    before = made;
    auto condition = made.condition();
    return negated ? Decision::negate(condition) : condition;
  }

  bool qualifier(Primitive& made, bool& negated) {
    if (at >= tokens.size()) return false;
    auto& word = tokens[at];
    if (auto found = qualifiers().find(word); found != qualifiers().end()) {
      made.setType(found->second.type, errors);
      made.field = found->second.field;
      if (made.field.protocol != Primitive::UNKNOWN) made.setProtocol(made.field.protocol, errors);
      return true;
    }
    if (word == "src") {
      bool isPair = token(2) == "dst" || token(2) == "dest";
      bool isBoth = isPair && (token(1) == "and" || token(1) == "&&"),
           isEither = isPair && (token(1) == "or" || token(1) == "||");
      made.setSide(isBoth ? Primitive::BOTH : isEither ? Primitive::EITHER : Primitive::SRC, errors);
      if (isBoth || isEither) at += 2;
    } else if (word == "dst" || word == "dest") {
      made.setSide(Primitive::DST, errors);
    } else if (word == "ip" || word == "ether") {
      if (made.header != 0) return false;
      made.header = word[0];
    } else if (word == "not" || word == "!") {
      negated = !negated;
    } else {
      Primitive any;
      SilentErrors silent;
      if (!lookup(word, any, silent) || any.data != Type::PROTO) return false;
      made.setProtocol(int(any.value), errors);
    }
    return true;
  }

  void brackets(Primitive& made) {
    auto begin = ++at;
    std::string inside;
    while (at < tokens.size() && tokens[at] != "]") inside += tokens[at++];
    if (at >= tokens.size()) {
      at = begin;
      return errors.error("missing ']'");
    }
    ++at;
    auto split = inside.find_first_of(":,");
    auto offset = number(inside.substr(0, split));
    auto second = split == std::string::npos ? std::optional<uint32_t>(1) : number(inside.substr(split + 1));
    if (!offset || !second || *offset > 255)
      return errors.error("syntax error after '[', expected '[POS]' or '[POS:LEN]'");
    auto from = int(*offset);
    auto length = int64_t(split != std::string::npos && inside[split] == ',' ? int64_t(*second) - from + 1 : *second);
    if (length < 1 || length > 4) return errors.error("LEN in '[POS:LEN]' out of range, should be between 1 and 4");
    if ((from & ~3) != ((from + length - 1) & ~3))
      return errors.error(format("field [%d:%d] does not fit in a single word", from, int(length)));
    made.setType(Type::FIELD, errors);
    made.field = {made.protocol, from * 8, int(length) * 8, nullptr};
  }

  void mask(Primitive& made) {
    if (!is("&") || at + 1 >= tokens.size()) return;
    auto& word = tokens[at + 1];
    Reading reading{context, silent};
    Ip4 address;
    if (auto bits = number(word)) {
      made.maskType = Type::INTEGER;
      made.givenMask = *bits;
    } else if (made.header != 'e' && read(word, address, reading)) {
      made.maskType = Type::HOST;
      made.givenMask = address.bits;
    } else if (made.header != 'i' && read(word, made.givenMac, reading)) {
      made.maskType = Type::ETHER;
    } else {
      return;
    }
    at += 2;
    if (made.maskType != Type::ETHER && made.givenMask == 0) {
      errors.error("zero mask ignored");
      made.maskType = Type::NONE;
    }
  }

  void relation(Primitive& made) {
    if (at + 1 >= tokens.size()) return;
    auto& word = tokens[at];
    if (word == ">" || word == "<=") made.relation = Primitive::GREATER;
    if (word == "<" || word == ">=") made.relation = Primitive::LESS;
    made.isNegated = word == "!=" || word == ">=" || word == "<=";
    at += word == "=" || word == "==" || made.isNegated || made.relation != Primitive::EQUAL;
  }

  void value(Primitive& made) {
    if (at >= tokens.size()) return;
    auto& word = tokens[at];
    Reading reading{context, silent};
    Ip4 address;
    Ip4Mask net;
    // A name of several meanings was told, and is passed over.
    if (lookup(word, made, errors)) return void(++at);
    if (auto bits = number(word)) {
      made.data = Type::INTEGER;
      made.value = *bits;
    } else if (made.header != 'e' && read(word, address, reading)) {
      address4(made, address);
    } else if (made.header != 'e' && read(word, net, reading)) {
      made.data = Type::NET;
      made.value = net.address.bits;
      made.mask = net.mask.bits;
    } else if (made.header != 'i' && read(word, made.mac, reading)) {
      made.data = Type::ETHER;
    } else {
      if (made.relation != Primitive::EQUAL || made.isNegated) errors.error("dangling operator near " + quoted(word));
      return;
    }
    ++at;
  }

  void address4(Primitive& made, Ip4 address) {
    Ip4 under;
    Ip4Mask net;
    Reading reading{context, silent};
    made.value = address.bits;
    made.data = Type::HOST;
    if (token(1) == "mask" && read(token(2), under, reading)) {
      made.mask = under.bits;
      made.value &= under.bits;
      made.data = Type::NET;
      at += 2;
    } else if (made.type == Type::NET && read(tokens[at], net, reading)) {
      made.mask = net.mask.bits;
      made.data = Type::NET;
    }
  }

  // ---- names
  struct Meaning {
    Type type;
    uint32_t value;
    Primitive::Field field;
    bool fits;
  };

  std::vector<Meaning> meanings(const std::string& word, Type type, int protocol) const {
    std::vector<Meaning> all;
    if (word.empty() || !std::isalpha(static_cast<unsigned char>(word[0]))) return all;
    SilentErrors none;
    Reading reading{context, none};
    auto add = [&](Type is, uint32_t value, std::initializer_list<int> protocols, Primitive::Field field = {}) {
      bool fits = (type == Type::NONE || type == is) && (is == Type::PROTO || protocol == Primitive::UNKNOWN);
      for (auto each : protocols) fits = fits || ((type == Type::NONE || type == is) && each == protocol);
      all.push_back({is, value, field, fits});
    };
    uint8_t protocolNumber;
    uint16_t tcp = 0, udp = 0;
    if (word == "tcpudp" || word == "transp")
      add(Type::PROTO, uint32_t(word == "tcpudp" ? Primitive::TCP_OR_UDP : Primitive::TRANSPORT), {});
    else if (as::ipProtocol(word, protocolNumber, reading))
      add(Type::PROTO, protocolNumber, {});
    bool isTcp = as::tcpPort(word, tcp, reading);
    if (isTcp) add(Type::PORT, tcp, {6, Primitive::TCP_OR_UDP});
    bool isTcpFit = isTcp && all.back().fits;
    if (as::udpPort(word, udp, reading)) {
      add(Type::PORT, udp, {17, Primitive::TCP_OR_UDP});
      if (isTcpFit && tcp == udp) all.back().fits = false;
    }
    if (auto bit = tcpOption(word)) add(Type::TCP_OPT, *bit, {6, Primitive::TCP_OR_UDP});
    if (auto icmpType = icmp::typeNamed(word)) add(Type::FIELD, *icmpType, {1}, qualifiers().at("type").field);
    return all;
  }

  static std::string describe(Type type, const Primitive::Field& field, int protocol, const std::string& word) {
    auto name = type == Type::NONE ? "" : Primitive::print(type, field) + " ";
    auto of = Primitive::printProtocol(protocol);
    return quoted(name + (of.empty() ? "" : of + " ") + word);
  }

  bool lookup(const std::string& word, Primitive& made, Errors& to) const {
    if (made.type == Type::NONE && qualifiers().contains(word)) return false;
    auto all = meanings(word, made.type, made.protocol);
    if (all.empty()) return false;
    size_t fitting = 0;
    std::string others;
    for (auto& each : all) {
      others += (others.empty() ? "" : ", ") + describe(each.type, each.field, made.protocol, word);
      if (!each.fits) continue;
      ++fitting;
      made.data = each.type;
      made.value = each.value;
      if (made.type == Type::NONE) made.field = each.field;
    }
    if (fitting == 1) return true;
    to.error(describe(made.type, made.field, made.protocol, word) +
             (fitting > 1 ? " is ambiguous" : " is meaningless") + "; try " + others);
    made.type = Type::BROKEN;
    made.data = Type::NONE;
    return true;
  }

  const Strings& tokens;
  size_t at;
  Element* context;
  Errors& errors;
  SilentErrors silent;
  Primitive before;
  int depth = 0;
};

}  // namespace

Strings filterTokens(const std::string& text) {
  Strings out;
  auto inWord = [](unsigned char c) {
    return std::isalnum(c) || std::string_view("-./@_:").find(char(c)) != std::string_view::npos;
  };
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    if (std::isspace(c)) {
      ++i;
      continue;
    }
    size_t length = 1;
    bool isTwin = i + 1 < text.size() &&
                  (((c == '&' || c == '|') && text[i + 1] == text[i]) ||
                   (std::string_view("<>!=").find(char(c)) != std::string_view::npos && text[i + 1] == '='));
    if (isTwin) length = 2;
    if (inWord(c))
      while (i + length < text.size() && inWord(static_cast<unsigned char>(text[i + length]))) ++length;
    out.push_back(text.substr(i, length));
    i += length;
  }
  return out;
}

Decision::Condition parseFilter(const Strings& tokens, size_t from, Element* context, Errors& errors) {
  bool isAll = tokens.size() == from ||
               (tokens.size() == from + 1 && (tokens[from] == "-" || tokens[from] == "all" || tokens[from] == "any"));
  return isAll ? Decision::always() : Parser(tokens, from, context, errors).parse();
}

}  // namespace xylem::click
