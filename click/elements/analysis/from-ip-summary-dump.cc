// A line that has more words than there are fields, or none that can be read, is passed over; that is told once.

#include <click/elements/analysis/from-ip-summary-dump.h>

#include <algorithm>

namespace xylem::click {

const Kind FromIPSummaryDump::KIND = kindOf<FromIPSummaryDump>("FromIPSummaryDump", "0/1", "a/a");

void FromIPSummaryDump::configure(Args& args) {
  std::string wanted, flow;
  pattern.protocol = 6;
  bool allows = false;
  args.mandatory("FILENAME", name)
      .keyword("CONTENTS", wanted, as::raw)
      .keyword("DEFAULT_CONTENTS", wanted, as::raw)
      .keyword("DEFAULT_FIELDS", wanted, as::raw)
      .keyword("FIELDS", wanted, as::raw)
      .keyword("PROTO", pattern.protocol, as::ipProtocol)
      .keyword("ZERO", fillsUp)
      .keyword("CHECKSUM", hasChecksum)
      .keyword("MULTIPACKET", isMulti)
      .keyword("FLOWID", flow, as::raw)
      .keyword("DEFAULT_FLOWID", flow, as::raw)
      .keyword("ALLOW_NONEXISTENT", allows);
  if (!common(args).complete()) return;
  if (!wanted.empty()) setFields(wanted, args.errors);
  if (!flow.empty() && !setFlow(flow)) args.error("bad FLOWID");
}

void FromIPSummaryDump::setFields(const std::string& text, Errors& errors) {
  fields.clear();
  for (auto& word : splitWords(text)) {
    auto plain = unquote(word);
    auto whole = findSummaryField(plain);
    for (auto& each : whole ? Strings{plain} : splitWords(plain)) {
      auto field = findSummaryField(each);
      if (field == nullptr) errors.warning("unknown content type " + quoted(each));
      fields.push_back(field);
    }
  }
}

bool FromIPSummaryDump::readLine(std::string& line) {
  if (hasPending) {
    hasPending = false;
    line = pending;
    return true;
  }
  line.clear();
  constexpr size_t LONGEST = 1 << 20;
  int c;
  while ((c = getc(file)) != EOF && c != '\n' && line.size() < LONGEST) line += char(c);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return c != EOF || !line.empty();
}

bool FromIPSummaryDump::open(Errors& errors) {
  if (!TraceSource::open(errors)) return false;
  if (!readLine(pending)) {
    errors.error(name + ": empty file");
    return false;
  }
  bool isBanner = pending.starts_with("!IPSummaryDump") || pending.starts_with("!creator");
  if (!isBanner && fields.empty()) errors.warning(name + ": missing banner line; is this an IP summary dump?");
  hasPending = !isBanner;
  return true;
}

bool FromIPSummaryDump::setFlow(const std::string& text) {
  auto words = splitWords(text);
  if (words.size() < 4 || words.size() > 5) return false;
  const char* const NAMES[] = {"ip_src", "sport", "ip_dst", "dport", "ip_proto"};
  for (size_t i = 0; i < words.size(); ++i)
    if (words[i] != "-" && !findSummaryField(NAMES[i])->read(words[i], pattern)) return false;
  return true;
}

void FromIPSummaryDump::directive(std::string line) {
  auto word = shiftWord(line);
  StandardErrors errors;
  Prefixed prefixed(errors, declaration() + ": ");
  bool good = true;
  if (word == "!data" || word == "!contents" || word == "!fields")
    setFields(line, prefixed);
  else if (word == "!flowid")
    good = setFlow(line);
  else if (word == "!proto")
    good = findSummaryField("ip_proto")->read(trim(line), pattern);
  else if (word == "!aggregate")
    good = findSummaryField("aggregate")->read(trim(line), pattern);
  else if (word == "!binary")
    prefixed.error("binary dumps are not supported");
  if (!good) prefixed.warning("bad " + word + " specification");
}

PacketPtr FromIPSummaryDump::packetOf(const std::string& line) {
  auto words = splitWords(line);
  auto draft = pattern;
  bool isGood = !words.empty() && words.size() <= fields.size();
  bool isAny = false;
  for (size_t i = 0; isGood && i < words.size(); ++i) {
    if (fields[i] == nullptr || fields[i]->read == nullptr || words[i] == "-") continue;
    if (fields[i]->read(words[i], draft)) isAny = true;
  }
  if (!isGood || !isAny) {
    if (!toldOfFormat)
      chatter(declaration() + ": " + name + ": packet parse error" + (fields.empty() ? ": no `!data' provided" : ""));
    toldOfFormat = true;
    return nullptr;
  }
  if (isMulti && draft.count > 1) {
    repeats = draft.count - 1;
    draft.count = 1;
    repeated = draft;
  }
  return makePacket(draft, fillsUp, hasChecksum);
}

PacketPtr FromIPSummaryDump::read() {
  if (repeats > 0) {
    --repeats;
    return makePacket(repeated, fillsUp, hasChecksum);
  }
  std::string line;
  while (readLine(line)) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '!') {
      directive(line);
      continue;
    }
    if (auto packet = packetOf(line)) return packet;
  }
  return nullptr;
}

}  // namespace xylem::click
