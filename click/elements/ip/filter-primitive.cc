// Everything becomes tests of words under masks. So does "greater than": with the mask's bits from the top, as long as
// the bound's bit is 0, a 1 in the packet decides that it is greater, and where the bound's bit is 1, a 0 decides that
// it is not.

#include <click/elements/ip/filter-primitive.h>

namespace xylem::click {

namespace {

constexpr int ICMP = 1, IGMP = 2, IPIP = 4, TCP = 6, UDP = 17, DCCP = 33;

Decision::Condition protocolTest(int protocol) {
  auto one = [](int number) { return Decision::test(Decision::NETWORK + 8, uint32_t(number) << 16, 0xff0000); };
  if (protocol == Primitive::TCP_OR_UDP) return Decision::any({one(TCP), one(UDP)});
  return protocol >= 256 ? Decision::always() : one(protocol);
}

Decision::Condition firstFragment() { return Decision::test(Decision::NETWORK + 4, 0, 0x1fff); }

Decision::Condition greater(int offset, uint32_t bound, uint32_t mask) {
  // From the lowest bits to the highest, in runs of equal bits of the bound; equal is not greater.
  auto result = Decision::negate(Decision::always());
  bool isNever = true;
  for (uint32_t bit = 1; bit != 0;) {
    bool isOne = bound & bit;
    uint32_t run = 0;
    for (; bit != 0 && ((mask & bit) == 0 || ((bound & bit) != 0) == isOne); bit <<= 1) run |= mask & bit;
    if (run == 0 || (isOne && isNever)) continue;
    auto decides = isOne ? Decision::test(offset, run, run) : Decision::negate(Decision::test(offset, 0, run), true);
    result = isNever ? decides : isOne ? Decision::all({decides, result}) : Decision::any({decides, result});
    isNever = false;
  }
  return result;
}

}  // namespace

void Primitive::setType(Type given, Errors& errors) {
  if (type != NONE) errors.error("type specified twice");
  type = given;
}

void Primitive::setSide(Side given, Errors& errors) {
  if (side != UNSAID) errors.error("'src' or 'dst' specified twice");
  side = given;
}

void Primitive::setProtocol(int given, Errors& errors) {
  if (protocol != UNKNOWN && protocol != given) errors.error("transport protocol specified twice");
  protocol = given;
}

std::string Primitive::printProtocol(int protocol) {
  switch (protocol) {
    case UNKNOWN:
      return "";
    case ICMP:
      return "icmp";
    case IGMP:
      return "igmp";
    case IPIP:
      return "ipip";
    case TCP:
      return "tcp";
    case UDP:
      return "udp";
    case TCP_OR_UDP:
      return "tcpudp";
    case TRANSPORT:
      return "transp";
    default:
      return "ip proto " + std::to_string(protocol);
  }
}

std::string Primitive::print(Type type, const Field& field) {
  switch (type) {
    case HOST:
      return "ip host";
    case NET:
      return "ip net";
    case ETHER:
      return "ether host";
    case PROTO:
      return "proto";
    case PORT:
      return "port";
    case TCP_OPT:
      return "tcp opt";
    case FRAG:
      return "ip frag";
    case UNFRAG:
      return "ip unfrag";
    case ECT:
      return "ip ect";
    case CE:
      return "ip ce";
    case FIELD:
      if (field.name != nullptr) return field.name;
      return (field.protocol == UNKNOWN ? "ip" : printProtocol(field.protocol)) + "[...]";
    default:
      return "<none>";
  }
}

std::string Primitive::printRelation() const {
  if (relation == GREATER) return isNegated ? "<=" : ">";
  if (relation == LESS) return isNegated ? ">=" : "<";
  return isNegated ? "!=" : "=";
}

bool Primitive::fail(const std::string& what, Errors& errors) const {
  static const char* const SIDES[] = {"", "src ", "dst ", "src and dst ", "src or dst "};
  errors.error(quoted(SIDES[side] + print(type, field)) + ": " + what);
  return false;
}

bool Primitive::setMask(uint32_t full, Errors& errors) {
  auto under = maskType != NONE ? givenMask : full;
  if ((under & full) != under) return fail(format("mask out of range, bound 0x%X", full), errors);
  mask = under;
  if (relation == EQUAL) {
    if (value > full) return fail("out of range, bound " + std::to_string(full), errors);
    return true;
  }
  bool isAbove = relation == LESS ? value > under : value >= under;
  if (isAbove || (relation == LESS && value == 0)) {
    bool always = relation == LESS && isAbove ? !isNegated : isNegated;
    errors.warning(format("relation '%s %u' is always %s (range 0-%u)", printRelation().c_str(), value,
                          always ? "true" : "false", under));
    value = mask = 0;
    relation = EQUAL;
    isNegated = !always;
    return true;
  }
  if (relation == LESS) {
    // Less than n is not greater than n - 1.
    --value;
    isNegated = !isNegated;
    relation = GREATER;
  }
  if ((value & mask) != value) {
    // Under the mask, values jump: 'x & 5 > 2' says the same as 'x & 5 > 1'.
    auto missing = value & ~mask & full;
    while (missing & (missing - 1)) missing &= missing - 1;
    if (missing) value |= missing - 1;
    value &= mask;
  }
  return true;
}

bool Primitive::inherit(const Primitive& before, Errors& errors) {
  if (data == INTEGER) {
    if (before.type != FIELD && before.type != PROTO && before.type != PORT) {
      errors.error("specify header field or 'port'");
      return false;
    }
    data = before.type;
    field = before.field;
  }
  switch (data) {
    case HOST:
    case NET:
    case TCP_OPT:
    case ETHER:
      if (side == UNSAID) side = before.side;
      break;
    case PORT:
      if (side == UNSAID) side = before.side;
      if (protocol == UNKNOWN) protocol = before.protocol;
      break;
    case FIELD:
      if (protocol == UNKNOWN) protocol = field.protocol;
      break;
    case NONE:
      if (protocol == UNKNOWN) {
        errors.error("partial directive");
        return false;
      }
      type = PROTO;
      return true;
    default:
      break;
  }
  type = data;
  return true;
}

bool Primitive::complete(const Primitive& before, Errors& errors) {
  if (type == BROKEN) return false;
  auto saidSide = side;
  if (type == NONE && !inherit(before, errors)) return false;
  if (header == 0) header = data == ETHER ? 'e' : 'i';
  if (header == 'e' && type == HOST) type = ETHER;
  if (!check(errors)) return false;
  if (type == HOST || type == ETHER || type == PORT) {
    if (side == UNSAID) side = EITHER;
  } else if (saidSide != UNSAID) {
    errors.warning(quoted(print(type, field)) + ": 'src' or 'dst' ignored");
  }
  return true;
}

bool Primitive::check(Errors& errors) {
  if (type != ETHER && type != HOST && type != NET && header != 'i') return fail("ip only", errors);
  switch (type) {
    case HOST:
    case NET:
    case ETHER:
      return checkAddress(errors);
    case PROTO:
      return checkProtocol(errors);
    case PORT:
      return checkPort(errors);
    case TCP_OPT:
      return checkTcpOption(errors);
    case FIELD:
      if (data != INTEGER && data != FIELD) return fail("value missing", errors);
      if (maskType != NONE && maskType != INTEGER) return fail("bad mask", errors);
      return setMask(field.length == 32 ? ~0u : (1u << field.length) - 1, errors);
    default:
      return checkSimple(errors);
  }
}

bool Primitive::checkAddress(Errors& errors) {
  bool isEther = type == ETHER;
  if (header != (isEther ? 'e' : 'i') || data != type) return fail("address missing", errors);
  if (relation != EQUAL) return fail("operator not supported", errors);
  if (isEther) {
    if (maskType != NONE && maskType != ETHER) return fail("bad mask", errors);
    if (maskType == NONE) givenMac.bits = 0xffffffffffff;
    return true;
  }
  if (maskType == ETHER) return fail("bad mask", errors);
  if (type == HOST) mask = ~0u;
  if (maskType != NONE) mask = givenMask;
  type = HOST;
  return true;
}

bool Primitive::checkProtocol(Errors& errors) {
  if (data == INTEGER || data == PROTO) {
    if (protocol != UNKNOWN && protocol != int(value)) return fail("specified twice", errors);
  } else if (data == NONE && protocol != UNKNOWN) {
    value = uint32_t(protocol);
  } else {
    return fail("value missing", errors);
  }
  protocol = UNKNOWN;
  if (value >= 256 && value <= uint32_t(TRANSPORT)) {
    if (relation != EQUAL || maskType != NONE) {
      errors.error(quoted(printProtocol(int(value))) + ": operator or mask not supported");
      return false;
    }
    mask = 0xff;
  } else if (maskType != NONE && maskType != INTEGER) {
    return fail("bad mask", errors);
  } else if (!setMask(0xff, errors)) {
    return false;
  }
  if (relation == EQUAL && mask == 0xff && !isNegated) protocol = int(value);
  return true;
}

bool Primitive::checkPort(Errors& errors) {
  if (data == INTEGER) data = PORT;
  if (data != PORT) return fail("value missing", errors);
  if (protocol == UNKNOWN) {
    protocol = TCP_OR_UDP;
  } else if (protocol != TCP && protocol != UDP && protocol != TCP_OR_UDP && protocol != DCCP) {
    errors.error("'port': bad protocol " + std::to_string(protocol));
    return false;
  }
  if (maskType != NONE && maskType != INTEGER) return fail("bad mask", errors);
  return setMask(0xffff, errors);
}

bool Primitive::checkTcpOption(Errors& errors) {
  if (data == INTEGER) data = TCP_OPT;
  if (data != TCP_OPT) return fail("value missing", errors);
  if (protocol == UNKNOWN) protocol = TCP;
  if (protocol != TCP) {
    errors.error("'tcp opt': bad protocol " + std::to_string(protocol));
    return false;
  }
  if (relation != EQUAL || isNegated || maskType != NONE) return fail("operator or mask not supported", errors);
  if (value > 255) {
    errors.error(format("'tcp opt': value %d out of range", int(value)));
    return false;
  }
  mask = value;
  return true;
}

bool Primitive::checkSimple(Errors& errors) {
  if (type == ECT && data == INTEGER) {
    if (maskType != NONE && maskType != INTEGER) return fail("bad mask", errors);
    if (!setMask(3, errors)) return false;
  } else if (data != NONE || maskType != NONE) {
    return fail("value not supported", errors);
  } else if (type == ECT) {
    value = 0;
    mask = 3;
    isNegated = true;
  } else if (type == CE) {
    value = mask = 3;
  }
  if (type == ECT || type == CE) {
    type = FIELD;
    field = {UNKNOWN, 8, 8, "ip tos"};
  }
  return true;
}

Decision::Condition Primitive::compare(int offset, int shift) const {
  if (relation == EQUAL) return Decision::test(offset, (value & mask) << shift, mask << shift);
  return greater(offset, value << shift, mask << shift);
}

Decision::Condition Primitive::both(const Decision::Condition& src, const Decision::Condition& dst) const {
  Decision::Condition all;
  switch (side) {
    case SRC:
      all = src;
      break;
    case DST:
      all = dst;
      break;
    case BOTH:
      all = Decision::all({src, dst});
      break;
    default:
      all = Decision::any({src, dst});
  }
  return isNegated ? Decision::negate(all, true) : all;
}

Decision::Condition Primitive::ether() const {
  auto piece = [&](int offset, int right, int left, uint32_t bits) {
    auto shifted = [&](uint64_t address) { return uint32_t(address >> right) << left & bits; };
    return Decision::test(offset, shifted(mac.bits & givenMac.bits), shifted(givenMac.bits));
  };
  // The destination begins two bytes into a word, the source right behind it.
  return both(Decision::all({piece(8, 16, 0, ~0u), piece(12, 0, 16, 0xffff0000)}),
              Decision::all({piece(0, 32, 0, 0xffff), piece(4, 0, 0, ~0u)}));
}

Decision::Condition Primitive::condition() const {
  using D = Decision;
  std::vector<D::Condition> parts;
  if (protocol != UNKNOWN) parts.push_back(protocolTest(protocol));
  if (type == PORT || type == TCP_OPT || (type == FIELD && field.protocol != UNKNOWN)) parts.push_back(firstFragment());
  auto maybeNot = [&](D::Condition condition) { return isNegated ? D::negate(condition, true) : condition; };
  switch (type) {
    case HOST:
      parts.push_back(both(compare(D::NETWORK + 12, 0), compare(D::NETWORK + 16, 0)));
      break;
    case ETHER:
      parts.push_back(ether());
      break;
    case PROTO:
      if (protocol < 256) parts.push_back(maybeNot(compare(D::NETWORK + 8, 16)));
      break;
    case FRAG:
      parts.push_back(D::negate(D::test(D::NETWORK + 4, 0, 0x3fff), true));
      break;
    case UNFRAG:
      parts.push_back(D::test(D::NETWORK + 4, 0, 0x3fff));
      break;
    case PORT:
      parts.push_back(both(compare(D::TRANSPORT, 16), compare(D::TRANSPORT, 0)));
      break;
    case TCP_OPT:
      parts.push_back(D::test(D::TRANSPORT + 12, value << 16, mask << 16));
      break;
    default: {
      auto base = field.protocol == UNKNOWN ? D::NETWORK : D::TRANSPORT;
      parts.push_back(maybeNot(compare(base + field.offset / 32 * 4, 32 - field.offset % 32 - field.length)));
    }
  }
  return D::all(parts);
}

}  // namespace xylem::click
