// Regular expressions are POSIX's: those of the C++ library recurse for each character and would let a long line end
// the process.

#include <cli/pipe.h>
#include <net/near.h>

#include <kj/debug.h>
#include <regex.h>

namespace xylem::cli {
namespace {

struct Known {
  kj::StringPtr word;
  Pipe::Kind kind;
  kj::StringPtr argument;
  kj::StringPtr help;
};

constexpr Known KNOWN[] = {
    {"match"_kj, Pipe::MATCH, "<expression>"_kj, "Only lines that match a regular expression."_kj},
    {"except"_kj, Pipe::EXCEPT, "<expression>"_kj, "Only lines that do not match."_kj},
    {"count"_kj, Pipe::COUNT, ""_kj, "Only the number of lines."_kj},
    {"json"_kj, Pipe::JSON, ""_kj, "As JSON."_kj},
    {"detail"_kj, Pipe::DETAIL, ""_kj, "With all columns."_kj},
    {"display"_kj, Pipe::DISPLAY_SET, "set"_kj, "Configuration in another form."_kj},
    {"no-more"_kj, Pipe::NO_MORE, ""_kj, "Without stopping at each page."_kj},
    {"svg"_kj, Pipe::SVG, ""_kj, "A graph as a picture (SVG)."_kj},
    {"save"_kj, Pipe::SAVE, "<file>"_kj, "Into a file."_kj},
};

class Expression {
 public:
  explicit Expression(kj::StringPtr text) {
    int error = regcomp(&compiled, text.cStr(), REG_EXTENDED | REG_NOSUB);
    if (error == 0) return;
    char reason[128];
    regerror(error, &compiled, reason, sizeof(reason));
    wrong = kj::str(reason);
  }
  ~Expression() {
    if (wrong == nullptr) regfree(&compiled);
  }
  KJ_DISALLOW_COPY(Expression);

  bool matches(kj::StringPtr line) const { return regexec(&compiled, line.cStr(), 0, nullptr, 0) == 0; }

  kj::Maybe<kj::String> wrong;

 private:
  regex_t compiled;
};

class Line {
  // The words of a line, with the bars between them.
 public:
  explicit Line(kj::StringPtr text) {
    size_t start = 0;
    bool quoted = false;
    for (size_t i = 0; i <= text.size(); ++i) {
      char c = i < text.size() ? text[i] : '|';
      if (i < text.size() && quoted && c == '\\') {
        ++i;
      } else if (i < text.size() && c == '"') {
        quoted = !quoted;
      } else if (c == '|' && (!quoted || i == text.size())) {
        part(text, start, kj::min(i, text.size()));
        start = i + 1;
      }
    }
    if (start <= text.size() && quoted) part(text, start, text.size());
  }

  kj::Vector<kj::Vector<config::Word>> parts;
  kj::Vector<uint> ends;
  // The column behind each part.
  kj::Maybe<config::Problem> problem;

 private:
  void part(kj::StringPtr text, size_t start, size_t end) {
    auto split = config::splitLine(kj::str(text.slice(start, end)));
    for (auto& word : split.words) word.place.column += start;
    if (problem == nullptr && split.problems.size() > 0) {
      split.problems[0].place.column += start;
      problem = kj::mv(split.problems[0]);
    }
    if (problem == nullptr && split.unclosed) {
      problem = config::Problem{split.words.back().place, kj::str(), kj::str("expected a closing '\"'")};
    }
    parts.add(kj::mv(split.words));
    ends.add(end + 1);
  }
};

kj::OneOf<const Known*, kj::String> findKnown(kj::StringPtr word) {
  kj::Vector<const Known*> found;
  for (auto& each : KNOWN) {
    if (each.word == word) return &each;
    if (each.word.startsWith(word)) found.add(&each);
  }
  if (found.size() == 1) return found[0];
  auto names = KJ_MAP(each, found)->kj::StringPtr { return each->word; };
  if (found.size() > 1) return kj::str(config::quoted(word), " is ambiguous: ", net::alternatives(names));
  kj::StringPtr all[kj::size(KNOWN)];
  for (auto i : kj::indices(KNOWN)) all[i] = KNOWN[i].word;
  return kj::str(config::quoted(word), " is no pipe", net::didYouMean(word, all));
}

kj::OneOf<Pipe, config::Problem> readPipe(kj::ArrayPtr<config::Word> words, uint end) {
  auto wrong = [](config::Place place, kj::String text) { return config::Problem{place, kj::str(), kj::mv(text)}; };
  if (words.size() == 0) return wrong(config::Place{1, end}, kj::str("expected a pipe after \"|\""));
  auto found = findKnown(words[0].text);
  if (found.is<kj::String>()) return wrong(words[0].place, kj::mv(found.get<kj::String>()));
  auto& known = *found.get<const Known*>();
  bool takes = known.argument.size() > 0;
  if (takes && words.size() < 2) {
    return wrong(config::Place{1, end}, kj::str('"', known.word, "\" needs ", known.argument));
  }
  if (words.size() > (takes ? 2 : 1)) {
    auto& extra = words[takes ? 2 : 1];
    return wrong(extra.place, kj::str("unexpected ", config::quoted(extra.text), " after \"", known.word, "\""));
  }
  if (known.kind == Pipe::DISPLAY_SET && !"set"_kj.startsWith(words[1].text)) {
    return wrong(words[1].place, kj::str(config::quoted(words[1].text), " is not \"set\""));
  }
  if (known.kind == Pipe::MATCH || known.kind == Pipe::EXCEPT) {
    Expression expression(words[1].text);
    KJ_IF_MAYBE (reason, expression.wrong) return wrong(words[1].place, kj::str("not a regular expression: ", *reason));
  }
  return Pipe{known.kind, takes ? kj::str(words[1].text) : kj::String()};
}

}  // namespace

bool Piped::has(Pipe::Kind kind) const {
  for (auto& pipe : pipes) {
    if (pipe.kind == kind) return true;
  }
  return false;
}

Piped parsePipes(kj::StringPtr text) {
  Line line(text);
  Piped out;
  out.problem = kj::mv(line.problem);
  out.words = kj::mv(line.parts[0]);
  for (auto i = 1u; i < line.parts.size() && out.problem == nullptr; ++i) {
    auto pipe = readPipe(line.parts[i], line.ends[i]);
    if (pipe.is<Pipe>()) {
      out.pipes.add(kj::mv(pipe.get<Pipe>()));
    } else {
      out.problem = kj::mv(pipe.get<config::Problem>());
    }
  }
  return out;
}

config::Completion completePipe(kj::ArrayPtr<const kj::StringPtr> words, kj::StringPtr partial) {
  config::Completion out;
  auto offer = [&](kj::StringPtr word, kj::StringPtr help, bool hint) {
    if (hint || word.startsWith(partial))
      out.candidates.add(config::Candidate{kj::str(word), kj::str(help), help, hint, false});
  };
  if (words.size() == 0) {
    for (auto& known : KNOWN) offer(known.word, known.help, false);
    return out;
  }
  auto found = findKnown(words[0]);
  if (found.is<kj::String>()) return out;
  auto& known = *found.get<const Known*>();
  out.mayEnd = words.size() == (known.argument.size() == 0 ? 1 : 2);
  if (words.size() == 1 && known.argument.size() > 0) {
    offer(known.argument, known.help, known.argument.startsWith("<"));
  }
  return out;
}

class Pipeline::Stage {
 public:
  explicit Stage(const Pipe& pipe) : counting(pipe.kind == Pipe::COUNT), wanted(pipe.kind == Pipe::MATCH) {
    if (!counting) expression = kj::heap<Expression>(pipe.argument);
  }

  bool passes(kj::StringPtr line) {
    if (counting) ++count;
    return !counting && expression->matches(line) == wanted;
  }

  const bool counting;
  uint64_t count = 0;
  kj::Own<Expression> expression;

 private:
  bool wanted;
};

Pipeline::Pipeline(kj::ArrayPtr<const Pipe> pipes, Sink sink) : sink(kj::mv(sink)) {
  for (auto& pipe : pipes) {
    if (pipe.kind != Pipe::MATCH && pipe.kind != Pipe::EXCEPT && pipe.kind != Pipe::COUNT) continue;
    auto& stage = *stages.add(kj::heap<Stage>(pipe));
    KJ_REQUIRE(stage.counting || stage.expression->wrong == nullptr, "not a regular expression", pipe.argument);
  }
}

Pipeline::~Pipeline() noexcept(false) {}

void Pipeline::write(kj::StringPtr text) {
  while (text.size() > 0) {
    KJ_IF_MAYBE (end, text.findFirst('\n')) {
      rest.addAll(text.slice(0, *end));
      rest.add('\0');
      auto whole = kj::mv(rest);
      line(kj::StringPtr(whole.begin(), whole.size() - 1));
      rest = {};
      text = text.slice(*end + 1);
    } else {
      rest.addAll(text);
      break;
    }
  }
}

void Pipeline::line(kj::StringPtr line) {
  for (auto& stage : stages) {
    if (!stage->passes(line)) return;
  }
  sink(kj::str(line, '\n'));
}

void Pipeline::end() {
  if (rest.size() > 0) write("\n");
  for (auto i : kj::indices(stages)) {
    if (!stages[i]->counting) continue;
    // What follows a count sees one line.
    auto number = kj::str(stages[i]->count);
    bool passes = true;
    for (auto& later : stages.slice(i + 1, stages.size())) passes = passes && later->passes(number);
    if (passes) sink(kj::str(number, '\n'));
  }
}

}  // namespace xylem::cli
