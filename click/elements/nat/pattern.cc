// Numbers of words tell patterns apart: four have both ports, three an identifier, two addresses only, one is a name.

#include <click/elements/nat/ip-rewriter-patterns.h>
#include <click/elements/nat/pattern.h>

#include <cstdlib>

namespace xylem::click {

namespace {

bool readPort(const std::string& text, uint16_t& out) {
  __int128 value;
  if (!parseInteger(text, value) || value <= 0 || value > 65535) return false;
  out = uint16_t(value);
  return true;
}

std::shared_ptr<RewriterPattern> wrong(const Reading& reading, const std::string& text) {
  reading.errors.error(text);
  return nullptr;
}

}  // namespace

std::string RewriterPattern::order(std::string text) {
  // What stands behind a range.
  if (!text.ends_with('#') && !text.ends_with('?')) return text;
  isSequential = text.ends_with('#');
  prefersSame = false;
  text.pop_back();
  return text;
}

bool RewriterPattern::readAddresses(const std::string& text, const Reading& reading) {
  SilentErrors silent;
  Reading quiet{reading.element, silent};
  auto range = order(text);
  auto dash = range.find('-');
  if (dash != std::string::npos) {
    Ip4 last;
    bool isRange = read(range.substr(0, dash), to.source, quiet) && read(range.substr(dash + 1), last, quiet);
    if (!isRange || last.bits < to.source.bits) return false;
    variations = last.bits - to.source.bits;
    return true;
  }
  Ip4Mask net;
  if (!read(range, net, quiet) || net.address.isUnspecified() || net.mask.isUnspecified()) return false;
  auto hosts = ~net.mask.bits;
  if ((hosts & (hosts + 1)) != 0) return false;
  to.source = net.address;
  variations = hosts;
  if (hosts <= 1) return true;
  // Without the network's own address and its broadcast address.
  to.source.bits |= 1;
  variations = hosts - 2;
  return true;
}

bool RewriterPattern::readPorts(const std::string& text) {
  auto range = order(text);
  auto dash = range.find('-');
  if (dash == std::string::npos) return false;
  __int128 first, last;
  if (!parseInteger(range.substr(0, dash), first) || !parseInteger(range.substr(dash + 1), last)) return false;
  if (first < 0 || last < first || last > 65535) return false;
  to.sourcePort = uint16_t(first);
  variations = uint32_t(last - first);
  return true;
}

std::shared_ptr<RewriterPattern> RewriterPattern::parse(const Strings& words, const Reading& reading) {
  if (words.empty() || words.size() > 4) return wrong(reading, "syntax error");
  if (words.size() == 1) {
    auto named = IPRewriterPatterns::find(words[0], *reading.element);
    return named ? named : wrong(reading, "no such pattern " + quoted(words[0]));
  }
  SilentErrors silent;
  Reading quiet{reading.element, silent};
  auto made = std::make_shared<RewriterPattern>();
  auto& to = made->to;
  made->hasPorts = words.size() >= 3;
  auto& source = words[0];
  if (source != "-" && !read(source, to.source, quiet) && !made->readAddresses(source, reading))
    return wrong(reading, "bad source address");
  auto sourcePort = words.size() < 3 ? "-" : words[words.size() == 3 ? 2 : 1];
  if (sourcePort != "-" && !readPort(sourcePort, to.sourcePort) && !made->readPorts(sourcePort))
    return wrong(reading, "bad source port");
  auto& destination = words[words.size() == 4 ? 2 : 1];
  if (destination != "-" && !read(destination, to.destination, quiet)) return wrong(reading, "bad destination address");
  if (words.size() == 4 && words[3] != "-" && !readPort(words[3], to.destinationPort))
    return wrong(reading, "bad destination port");
  return made;
}

std::optional<FlowId> RewriterPattern::rewrite(const FlowId& flow, const FlowTable& replies) {
  auto out = flow;
  if (!to.source.isUnspecified()) out.source = to.source;
  if (to.sourcePort != 0 || (hasPorts && variations > 0)) out.sourcePort = to.sourcePort;
  if (!to.destination.isUnspecified()) out.destination = to.destination;
  if (to.destinationPort != 0) out.destinationPort = to.destinationPort;
  if (variations == 0) return out;
  auto isFree = [&](uint32_t variation) {
    if (hasPorts)
      out.sourcePort = uint16_t(to.sourcePort + variation);
    else
      out.source.bits = to.source.bits + variation;
    return !replies.contains(out.reversed());
  };
  auto own = hasPorts ? uint32_t(flow.sourcePort) - to.sourcePort : flow.source.bits - to.source.bits;
  if (prefersSame && own <= variations && isFree(own)) {
    next = own + 1;
    return out;
  }
  auto from = isSequential ? (next > variations ? 0 : next) : uint32_t(uint64_t(random()) % (uint64_t(variations) + 1));
  for (uint64_t i = 0; i <= variations; ++i) {
    auto variation = uint32_t((from + i) % (uint64_t(variations) + 1));
    if (!isFree(variation)) continue;
    next = variation + 1;
    return out;
  }
  return std::nullopt;
}

std::string RewriterPattern::text() const {
  auto range = [this](bool isVaried, const std::string& first, const std::string& last) {
    return isVaried && variations > 0 ? first + "-" + last : first;
  };
  std::string out = to.source.isUnspecified()
                        ? "-"
                        : range(!hasPorts, ip4::print(to.source), ip4::print(Ip4{to.source.bits + variations}));
  if (hasPorts)
    out += to.sourcePort == 0 && variations == 0
               ? " -"
               : " " + range(true, std::to_string(to.sourcePort), std::to_string(to.sourcePort + variations));
  out += to.destination.isUnspecified() ? " -" : " " + ip4::print(to.destination);
  if (hasPorts) out += to.destinationPort == 0 ? " -" : " " + std::to_string(to.destinationPort);
  return out;
}

bool readOutputs(const Strings& words, PatternOutputs& out, const Reading& reading) {
  SilentErrors silent;
  Reading quiet{reading.element, silent};
  if (words.size() != 2 || !read(words[0], out.forward, quiet) || silent.count() > 0) {
    reading.errors.error("bad forward port");
    return false;
  }
  if (read(words[1], out.reply, quiet) && silent.count() == 0) return true;
  reading.errors.error("bad reply port");
  return false;
}

bool readPattern(Strings words, PatternOutputs& out, const Reading& reading) {
  if (words.size() <= 2) {
    reading.errors.error("syntax error");
    return false;
  }
  Strings outputs(words.end() - 2, words.end());
  words.resize(words.size() - 2);
  out.pattern = RewriterPattern::parse(words, reading);
  return out.pattern != nullptr && readOutputs(outputs, out, reading);
}

}  // namespace xylem::click
