// A filter is a list of rules for the decision program, which reads headers by their own offsets. When one of the rules
// is wrong, the program that ran before runs on.

#include <click/elements/ip/filter-language.h>
#include <click/elements/ip/ip-filter.h>

namespace xylem::click {

const Kind IPFilter::KIND = kindOf<IPFilter>("IPFilter", "1/-", "h/h");
const Kind IPClassifier::KIND = kindOf<IPClassifier>("IPClassifier", "1/-", "h/h");

int IPFilter::actionOf(const std::string& word, Errors& errors) const {
  if (word == "allow") {
    if (outputs() == 0) errors.error("'allow' is meaningless, element has zero outputs");
    return 0;
  }
  if (word == "deny" && outputs() > 1) errors.warning("meaning of 'deny' has changed (now it means 'drop')");
  if (word == "deny" || word == "drop") return Decision::NOTHING;
  __int128 output;
  if (!parseInteger(word, output)) {
    errors.error("unknown slot ID " + quoted(word));
  } else if (output < 0 || output >= outputs()) {
    errors.error("slot " + quoted(word) + " out of range");
  } else {
    return int(output);
  }
  return Decision::NOTHING;
}

void IPFilter::compile(const Strings& patterns, Args& args) {
  std::vector<Decision::Rule> rules;
  auto before = args.errors.count();
  for (size_t i = 0; i < patterns.size(); ++i) {
    auto tokens = filterTokens(unquote(patterns[i]));
    if (tokens.empty()) {
      args.error("empty pattern " + std::to_string(i));
      continue;
    }
    Prefixed errors(args.errors, "pattern " + std::to_string(i) + ": ");
    auto action = actionOf(tokens[0], errors);
    rules.push_back({parseFilter(tokens, 1, this, errors), action});
  }
  if (args.complete() && args.errors.count() == before) decision.compile(rules, Decision::Space::HEADERS);
}

void IPFilter::configure(Args& args) {
  Strings patterns;
  args.rest(patterns);
  compile(patterns, args);
}

void IPFilter::addHandlers(Handlers& handlers) {
  handlers.read("program", [this]() { return decision.print(); });
}

void IPClassifier::configure(Args& args) {
  Strings given, actions;
  args.rest(given);
  if (int(given.size()) != outputs())
    args.error("need " + std::to_string(outputs()) + " arguments, one per output port");
  for (size_t i = 0; i < given.size() && int(i) < outputs(); ++i) actions.push_back(std::to_string(i) + " " + given[i]);
  compile(actions, args);
  if (args.ok()) patterns = given;
}

void IPClassifier::addHandlers(Handlers& handlers) {
  IPFilter::addHandlers(handlers);
  for (int i = 0; i < outputs(); ++i)
    handlers.read("pattern" + std::to_string(i),
                  [this, i]() { return size_t(i) < patterns.size() ? patterns[size_t(i)] : ""; });
}

}  // namespace xylem::click
