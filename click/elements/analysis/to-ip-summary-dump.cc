// A line is made as a whole and written as often as the packet counts.

#include <click/elements/analysis/to-ip-summary-dump.h>
#include <click/router.h>
#include <unistd.h>

#include <cerrno>

namespace xylem::click {

const Kind ToIPSummaryDump::KIND = kindOf<ToIPSummaryDump>("ToIPSummaryDump", "1/0-1", "a/h");

void ToIPSummaryDump::configure(Args& args) {
  std::string wanted = "ip_src ip_dst";
  bool isBinary = false;
  args.mandatory("FILENAME", name)
      .keyword("CONTENTS", wanted, as::raw)
      .keyword("DATA", wanted, as::raw)
      .keyword("FIELDS", wanted, as::raw)
      .keyword("HEADER", hasHeader)
      .keyword("VERBOSE", isVerbose)
      .keyword("BANNER", banner)
      .keyword("MULTIPACKET", isMulti)
      .keyword("BAD_PACKETS", tellsBad)
      .keyword("CAREFUL_TRUNC", isCareful)
      .keyword("EXTRA_LENGTH", countsExtra)
      .keyword("BINARY", isBinary);
  if (!args.complete()) return;
  if (isBinary) return args.error("BINARY: not supported");
  for (auto& word : splitWords(wanted)) {
    // Several names may be in one pair of quotes.
    auto text = unquote(word);
    auto whole = findSummaryField(text);
    for (auto& each : whole ? Strings{text} : splitWords(text)) {
      auto field = findSummaryField(each);
      if (field == nullptr) {
        args.error("unknown content type " + quoted(each));
        continue;
      }
      hasCount = hasCount || std::string("count") == field->name;
      fields.push_back(field);
    }
  }
  if (fields.empty() && args.ok()) args.error("no contents specified");
}

void ToIPSummaryDump::initialize(Errors& errors) {
  file = name == "-" ? stdout : fopen(name.c_str(), "wb");
  if (file == nullptr) return errors.error(name + ": " + strerror(errno));
  if (hasHeader) writeHeader();
  if (isPush(Direction::INPUT, 0)) return;
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

void ToIPSummaryDump::writeHeader() {
  std::string out = "!IPSummaryDump 1.3\n";
  if (!banner.empty()) out += "!creator " + quote(banner, true) + "\n";
  if (isVerbose) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    out += std::string("!host ") + host + "\n!runtime " + printSeconds(router().scheduler.clock.now()) + "\n";
  }
  out += "!data";
  for (auto field : fields) out += std::string(" ") + field->name;
  out += "\n";
  fwrite(out.data(), 1, out.size(), file);
}

void ToIPSummaryDump::write(const Packet& packet) {
  SummaryView view(packet, countsExtra);
  std::string out;
  bool isTruncated = view.bad == "truncated IP length";
  if (!view.bad.empty() && (isTruncated ? isCareful : tellsBad)) out = "!bad " + view.bad + "\n";
  for (size_t i = 0; i < fields.size(); ++i) out += (i > 0 ? " " : "") + fields[i]->write(view).value_or("-");
  out += "\n";
  uint64_t times = isMulti && !hasCount ? uint64_t(packet.anno32(anno::EXTRA_PACKETS)) + 1 : 1;
  for (; times > 0; --times) {
    if (fwrite(out.data(), 1, out.size(), file) != out.size()) return;
    ++count;
  }
}

void ToIPSummaryDump::push(int, PacketPtr packet) {
  if (file != nullptr) write(*packet);
  pushTo(0, std::move(packet));
}

bool ToIPSummaryDump::runTask(Task&) {
  auto packet = input(0).pull();
  bool worked = packet != nullptr;
  if (worked) push(0, std::move(packet));
  if (worked || signal.active()) task.reschedule();
  return worked;
}

void ToIPSummaryDump::cleanup() {
  if (file != nullptr && file != stdout) fclose(file);
  if (file == stdout) fflush(stdout);
  file = nullptr;
}

void ToIPSummaryDump::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  handlers.data("filename", name);
  handlers.button("flush", [this]() {
    if (file != nullptr) fflush(file);
  });
}

}  // namespace xylem::click
