// One line a packet on standard error, made as a whole before it is written, so that lines do not mix.

#include <click/elements/standard/print.h>

#include <algorithm>

namespace xylem::click {

const Kind Print::KIND = kindOf<Print>("Print", "1/1", "a/a");

void Print::configure(Args& args) {
  std::string word = "HEX";
  bool isPrinted = true;
  bool hasOld = args.has("NBYTES");
  args.positional("LABEL", label).positional("MAXLENGTH", most);
  if (hasOld) args.keyword("NBYTES", most);
  auto before = args.has("CONTENTS");
  args.keyword("CONTENTS", word, as::word)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("PRINTANNO", hasAnnotations)
      .keyword("HEADROOM", hasHeadroom)
      .keyword("ACTIVE", isActive)
      .keyword("BCONTENTS", isPrinted);
  if (!args.complete()) return;
  auto name = toLower(word);
  if (name == "hex" || name == "true" || name == "1" || name == "yes")
    contents = HEX;
  else if (name == "none" || name == "false" || name == "0" || name == "no")
    contents = NONE;
  else if (name == "ascii")
    contents = ASCII;
  else
    args.error("bad contents value " + quoted(word) + "; should be 'NONE', 'HEX', or 'ASCII'");
  if (!before && !isPrinted) contents = NONE;
}

std::string Print::contentsOf(const Packet& packet) const {
  if (contents == NONE) return "";
  size_t count = most < 0 ? packet.length() : std::min<size_t>(size_t(most), packet.length());
  std::string out = " | ";
  for (size_t i = 0; i < count; ++i) {
    auto byte = packet.data()[i];
    if (contents == HEX)
      out += format(i > 0 && i % 4 == 0 ? " %02x" : "%02x", byte);
    else
      out += std::string(i > 0 && i % 8 == 0 ? " " : "") + (byte < 32 || byte > 126 ? '.' : char(byte));
  }
  return out;
}

int Print::step(Packet& packet) {
  if (!isActive) return 0;
  std::string line = label;
  if (hasTimestamp) line += (line.empty() ? "" : ": ") + printSeconds(packet.timestamp);
  if (hasHeadroom) line += (line.empty() ? "" : ": ") + format("(h%u t%u)", packet.headroom(), packet.tailroom());
  if (hasAnnotations) {
    line += line.empty() ? "" : ": ";
    for (unsigned i = 0; i < anno::SIZE; ++i) line += format("%02x", packet.anno8(i));
  }
  line += (line.empty() ? "" : ": ") + format("%4u", packet.length());
  chatter(line + contentsOf(packet));
  return 0;
}

}  // namespace xylem::click
