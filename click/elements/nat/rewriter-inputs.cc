// What is said about the inputs of a rewriter, and what its handlers tell.

#include <click/elements/nat/rewriter.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

void Rewriter::configure(Args& args) {
  std::string capacity;
  std::optional<bool> ignored;
  readTimeouts(args);
  args.keyword("CAPACITY", capacity, as::word).keyword("MAPPING_CAPACITY", capacity, as::word);
  args.keyword("DST_ANNO", notesDestination).keyword("REPLY_ANNO", replyAnnotation, as::annotation);
  args.keyword("REAP_TIME", interval, as::time).keyword("REAP_INTERVAL", interval, as::time);
  Strings texts;
  if (!args.rest(texts).complete()) return;
  if (!capacity.empty() && !readCapacity(capacity, args)) return args.error("bad MAPPING_CAPACITY");
  if (replyAnnotation && *replyAnnotation >= anno::SIZE) return args.error("REPLY_ANNO: out of range");
  if (int(texts.size()) != inputs())
    return args.error("need " + std::to_string(inputs()) + " arguments, one per input port");
  for (auto& text : texts) {
    Prefixed prefixed(args.errors, "input spec " + std::to_string(specs.size()) + ": ");
    Input input;
    readInput(text, input, prefixed);
    specs.push_back(std::move(input));
  }
}

bool Rewriter::readCapacity(const std::string& text, Args& args) {
  SilentErrors silent;
  if (read(text, heap->capacity, Reading{this, silent}) && silent.count() == 0) return heap->capacity >= 0;
  auto other = router().findAs<Rewriter>(text, args.element);
  if (other == nullptr) return false;
  heap = other->heap;
  return true;
}

bool Rewriter::inRange(const PatternOutputs& to, Errors& errors) const {
  if (to.forward >= 0 && to.forward < outputs() && to.reply >= 0 && to.reply < outputs()) return true;
  errors.error("output port out of range");
  return false;
}

bool Rewriter::readInput(const std::string& text, Input& out, Errors& errors) {
  Reading reading{this, errors};
  auto wrong = [&errors](const std::string& what) {
    errors.error(what);
    return false;
  };
  out.text = text;
  auto rest = text;
  auto word = shiftWord(rest);
  if (word.empty()) return wrong("empty argument");
  auto words = splitWords(rest);
  if (word == "pass" || word == "passthrough" || word == "nochange") {
    out.kind = Input::PASSES;
    SilentErrors silent;
    if (!words.empty() &&
        (words.size() > 1 || !read(words[0], out.to.forward, Reading{this, silent}) || silent.count() > 0))
      return wrong("syntax error, expected 'nochange [OUTPUT]'");
    return inRange(out.to, errors);
  }
  if (word == "keep") {
    out.kind = Input::KEEPS;
    return readOutputs(words, out.to, reading) && inRange(out.to, errors);
  }
  if (word == "drop" || word == "discard") return words.empty() || wrong("syntax error, expected " + quoted(word));
  if (word == "pattern" || word == "xpattern") {
    out.kind = Input::PATTERN;
    return readPattern(words, out.to, reading) && inRange(out.to, errors) && accepts(*out.to.pattern, errors);
  }
  auto element = router().find(word, this);
  if (element == nullptr) return wrong("unknown specification");
  if (!words.empty()) return wrong("syntax error, expected 'ELEMENTNAME'");
  out.kind = Input::MAPPER;
  out.mapper = dynamic_cast<FlowMapper*>(element);
  if (out.mapper == nullptr) return wrong("element is not an IPMapper");
  auto before = errors.count();
  out.mapper->used(*this, errors);
  return errors.count() == before;
}

void Rewriter::setInput(size_t input, const std::string& text, Errors& errors) {
  Prefixed prefixed(errors, "input spec " + std::to_string(input) + ": ");
  Input wanted;
  if (!readInput(trim(text), wanted, prefixed)) return;
  for (auto flow : heap->all())
    if (flow->owner == this && flow->input == int(input)) forget(*flow);
  specs[input] = wanted;
}

std::string Rewriter::inputText(const Input& input) const {
  static constexpr const char* NAMES[] = {"<drop>", "<nochange>", "<keep>", "", "<mapper>"};
  auto out = input.kind == Input::PATTERN ? input.to.pattern->text() : std::string(NAMES[input.kind]);
  return out + (input.count > 0 ? " [" + std::to_string(input.count) + "]" : "") + "\n";
}

void Rewriter::addHandlers(Handlers& handlers) {
  auto sum = [this](uint32_t Input::*what) {
    uint64_t all = 0;
    for (auto& each : specs) all += each.*what;
    return std::to_string(all);
  };
  handlers.read("nmappings", [sum]() { return sum(&Input::count); });
  handlers.read("table_size", [sum]() { return sum(&Input::count); });
  handlers.read("mapping_failures", [sum]() { return sum(&Input::failures); });
  handlers.read("size", [this]() { return std::to_string(heap->size()); });
  handlers.read("capacity", [this]() { return std::to_string(heap->capacity); });
  handlers.write("capacity", [this](const std::string& text, Errors& errors) {
    int32_t wanted = 0;
    if (!read(trim(text), wanted, Reading{this, errors})) return;
    if (wanted < 0) return errors.error("CAPACITY: out of range, bound 0");
    heap->capacity = wanted;
    shrink(size_t(wanted));
  });
  handlers.button("clear", [this]() { shrink(0); });
  addInputHandlers(handlers);
}

void Rewriter::addInputHandlers(Handlers& handlers) {
  handlers.read("patterns", [this]() {
    std::string out;
    for (auto& each : specs) out += inputText(each);
    return out;
  });
  for (size_t i = 0; i < specs.size(); ++i) {
    auto name = "pattern" + std::to_string(i);
    handlers.read(name, [this, i]() { return inputText(specs[i]); });
    handlers.write(name, [this, i](const std::string& text, Errors& errors) { setInput(i, text, errors); });
  }
}

std::string Rewriter::describe(const FlowId& before, const FlowId& after, Way) const {
  return before.text() + " => " + after.text();
}

std::string Rewriter::tableText(int table) const {
  std::vector<Flow*> flows;
  for (auto flow : heap->all())
    if (flow->owner == this && flow->table == table) flows.push_back(flow);
  std::sort(flows.begin(), flows.end(), [](Flow* a, Flow* b) { return a->serial < b->serial; });
  std::string out;
  for (auto flow : flows)
    for (auto way : {FORWARD, REPLY}) {
      auto left = (flow->expires + SECOND / 2 - now()) / SECOND;
      out += describe(flow->before(way), flow->after(way), way) +
             format(way == FORWARD ? " [*%d %d] i%d exp%lld\n" : " [%d *%d] i%d exp%lld\n", flow->outputs[FORWARD],
                    flow->outputs[REPLY], flow->input, (long long)left);
    }
  return out;
}

std::string Rewriter::lookup(int table, const std::string& argument, Errors& errors) const {
  Args args(splitWords(argument), const_cast<Rewriter*>(this), errors);
  FlowId id;
  args.mandatory("SADDR", id.source).mandatory("SPORT", id.sourcePort, as::tcpPort);
  args.mandatory("DADDR", id.destination).mandatory("DPORT", id.destinationPort, as::tcpPort);
  if (!args.complete()) return "";
  auto [flow, way] = find({id, uint8_t(table)});
  if (flow == nullptr) return "";
  auto after = flow->after(way);
  return ip4::print(after.source) + " " + std::to_string(after.sourcePort) + " " + ip4::print(after.destination) + " " +
         std::to_string(after.destinationPort);
}

}  // namespace xylem::click
