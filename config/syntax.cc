// The grammar is Spirit X3, and all of it is in this translation unit, since it is slow to compile. It stops at the
// words: it is one flat repetition, whose actions feed a Sink, and blocks are kept by the sink on a stack of its own. A
// grammar that called itself for each `{` would let the text decide how deep the process's stack gets; and a flat one
// can always go on after an error, so that one missing `;` does not hide the next.

#include <config/syntax.h>

#include <boost/spirit/home/x3.hpp>
#include <string>

namespace xylem::config {
namespace {

namespace x3 = boost::spirit::x3;

constexpr uint MANY = 100;
// No more problems are told than this.
constexpr size_t ENOUGH = 16384;
// A statement with so many bytes of comment gets no more.

void tell(kj::Vector<Problem>& problems, Place place, kj::String text) {
  if (problems.size() < MANY) problems.add(Problem{place, kj::str(), kj::mv(text)});
}

class Sink {
  // What a text consists of, in order.
 public:
  explicit Sink(kj::StringPtr text) : line(text.begin()), reached(text.begin()) {}

  virtual void word(kj::StringPtr word, Place place) = 0;
  virtual void mark(char mark, Place place) = 0;
  virtual void comment(kj::StringPtr text) {}
  virtual void unclosed(Place place) { tell(problems, place, kj::str("expected a closing '\"' on this line")); }

  kj::Vector<Problem> problems;

  // ---- called by the grammar
  void begin(const char* at) {
    for (; reached < at; ++reached) {
      if (*reached == '\n') {
        ++place.line;
        line = reached + 1;
      }
    }
    place.column = at - line + 1;
    buffer.clear();
  }
  void endBare(const char* end) {
    apart(end);
    word(kj::str(kj::arrayPtr(reached, end)), place);
  }
  void endQuoted(const char* end) {
    apart(end);
    word(kj::StringPtr(buffer.c_str(), buffer.size()), place);
  }
  void endUnclosed() {
    unclosed(place);
    word(kj::StringPtr(buffer.c_str(), buffer.size()), place);
  }
  void badEscape(const char* at) {
    tell(problems, Place{place.line, place.column + static_cast<uint>(at - reached)},
         kj::str("unknown escape; in quotes, \\n, \\t, \\r, \\\", \\\\ and \\xNN are known"));
  }
  void stray(char c) {
    tell(problems, place, kj::str("unexpected control character ", static_cast<uint>(static_cast<unsigned char>(c))));
  }

  std::string buffer;
  // The quoted word so far.
  Place place{1, 1};
  // Of the token at hand.
  const char* wordEnd = nullptr;
  // Where the last word ended.

 private:
  void apart(const char* end) {
    if (reached == wordEnd) tell(problems, place, kj::str("expected a space before this word"));
    wordEnd = end;
  }

  const char* line;
  const char* reached;
};

namespace grammar {

struct SinkTag {};

Sink& sink(auto& context) { return x3::get<SinkTag>(context).get(); }
auto at(auto& context) { return x3::_where(context).begin(); }

const auto BEGIN = x3::eps[([](auto& c) { sink(c).begin(at(c)); })];
const auto BARE = ~x3::char_(" \t\r\n{};\"#\x01-\x1f\x7f") - x3::char_('\0');
const auto KEEP = [](auto& c) { sink(c).buffer += static_cast<char>(x3::_attr(c)); };

struct Escapes : x3::symbols<char> {
  Escapes() { add("n", '\n')("t", '\t')("r", '\r')("\"", '"')("\\", '\\'); }
};
const Escapes ESCAPES;
const x3::uint_parser<unsigned char, 16, 2, 2> BYTE;

const auto ESCAPE = '\\' >> (ESCAPES[KEEP] | ('x' >> &x3::char_('0', '7') >> (BYTE - "00")[KEEP]) |
                             x3::eps[([](auto& c) { sink(c).badEscape(at(c)); })]);
const auto INSIDE = ESCAPE | (x3::char_ - x3::char_("\"\\\n") - x3::char_('\0'))[KEEP];

const auto COMMENT = BEGIN >> '#' >> x3::raw[*(x3::char_ - x3::char_("\r\n"))][([](auto& c) {
                       auto text = x3::_attr(c);
                       sink(c).comment(kj::str(kj::arrayPtr(text.begin(), text.end())));
                     })];
const auto BARE_WORD = BEGIN >> +BARE >> x3::eps[([](auto& c) { sink(c).endBare(at(c)); })];
const auto QUOTED_WORD = BEGIN >> '"' >> *INSIDE >> (('"' >> x3::eps[([](auto& c) { sink(c).endQuoted(at(c)); })]) |
                                                     x3::eps[([](auto& c) { sink(c).endUnclosed(); })]);
const auto MARK = BEGIN >> x3::char_("{};")[([](auto& c) { sink(c).mark(x3::_attr(c), sink(c).place); })];
const auto STRAY = BEGIN >> x3::char_[([](auto& c) { sink(c).stray(x3::_attr(c)); })];

const auto TEXT = *(+x3::char_(" \t\r\n") | COMMENT | BARE_WORD | MARK | QUOTED_WORD | STRAY);

}  // namespace grammar

kj::Maybe<size_t> notUtf8(kj::StringPtr text) {
  // The first byte that does not belong to a well-formed character.
  auto bytes = text.asBytes();
  for (size_t i = 0; i < bytes.size();) {
    auto lead = bytes[i];
    uint more = lead < 0x80 ? 0 : lead < 0xc2 ? 9 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 9;
    if (more == 9 || i + more >= bytes.size()) return i;
    for (uint j = 1; j <= more; ++j) {
      auto low = j > 1 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
      auto high = j > 1 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      if (bytes[i + j] < low || bytes[i + j] > high) return i;
    }
    i += more + 1;
  }
  return nullptr;
}

void feed(kj::StringPtr text, Sink& sink) {
  KJ_IF_MAYBE (bad, notUtf8(text)) {
    sink.begin(text.begin() + *bad);
    tell(sink.problems, sink.place, kj::str("this byte is not UTF-8 text"));
    return;
  }
  auto first = text.begin();
  x3::parse(first, text.end(), x3::with<grammar::SinkTag>(std::ref(sink))[grammar::TEXT]);
}

class BracesSink final : public Sink {
 public:
  explicit BracesSink(kj::StringPtr text) : Sink(text) { blocks.add(Block{tree.root(), 0, {}, kj::str()}); }

  void word(kj::StringPtr word, Place place) override { words.add(Word{kj::str(word), place}); }

  void mark(char mark, Place place) override {
    switch (mark) {
      case ';':
        if (words.size() > 0) statement(place.line);
        break;
      case '{':
        open(place);
        break;
      case '}':
        close(place);
        break;
    }
  }

  void comment(kj::StringPtr text) override {
    if (words.size() == 0 && place.line == lastLine) {
      KJ_IF_MAYBE (node, last) append(*node, kj::str(text, '\n'));
    } else {
      comments.addAll(text);
      comments.add('\n');
    }
  }

  void finish() {
    if (words.size() > 0) {
      missingEnd();
      statement(words.back().place.line);
    }
    for (; blocks.size() > 1; blocks.removeLast()) {
      auto& block = blocks.back();
      tell(problems, block.opened, kj::str("expected a \"}\" that closes \"", block.name, "\" before the end"));
    }
    settleComments();
  }

  Tree tree;

 private:
  struct Block {
    kj::Maybe<Node&> node;
    // None: too deep to be kept.
    uint depth;
    Place opened;
    kj::String name;
  };

  kj::Maybe<Node&> addWords() {
    auto& block = blocks.back();
    auto node = block.node;
    if (block.depth + words.size() > MAX_DEPTH) {
      if (node != nullptr) {
        tell(problems, words[0].place, kj::str("this is nested too deeply: a path has at most ", MAX_DEPTH, " words"));
      }
      return nullptr;
    }
    KJ_IF_MAYBE (at, node) {
      auto end = at;
      for (auto& word : words) end = &end->add(word.text, word.place);
      last = *end;
      settleComments();
      return *end;
    }
    return nullptr;
  }

  void statement(uint line) {
    addWords();
    words.clear();
    lastLine = line;
  }

  void open(Place place) {
    if (words.size() == 0) {
      tell(problems, place, kj::str("expected the name of a block before \"{\""));
      auto outer = blocks.back().node;
      blocks.add(Block{outer, blocks.back().depth, place, kj::str("{")});
      return;
    }
    auto node = addWords();
    KJ_IF_MAYBE (block, node) block->heads = false;
    uint depth = blocks.back().depth + words.size();
    blocks.add(Block{node, depth, words[0].place, kj::str(words[0].text)});
    words.clear();
    lastLine = place.line;
  }

  void close(Place place) {
    if (words.size() > 0) {
      missingEnd();
      statement(place.line);
    }
    settleComments();
    if (blocks.size() > 1) {
      last = blocks.back().node;
      blocks.removeLast();
      lastLine = place.line;
    } else {
      tell(problems, place, kj::str("unexpected \"}\": no block is open here"));
    }
  }

  void missingEnd() {
    auto& word = words.back();
    tell(problems, word.place, kj::str("expected \";\" after ", quoted(word.text)));
  }

  static void append(Node& node, kj::ArrayPtr<const char> text) {
    // The same statement may come again and again, each time with a comment.
    if (node.comment.size() < ENOUGH) node.comment = kj::str(node.comment, text);
  }

  void settleComments() {
    if (comments.size() == 0) return;
    KJ_IF_MAYBE (node, last) append(*node, comments);
    comments = {};
  }

  kj::Vector<Block> blocks;
  kj::Vector<Word> words;
  kj::Vector<char> comments;
  kj::Maybe<Node&> last;
  // The statement or block that was closed or opened last, on line `lastLine`.
  uint lastLine = 0;
};

class SetSink final : public Sink {
 public:
  using Sink::Sink;

  void word(kj::StringPtr word, Place place) override {
    if (words.size() > 0 && words[0].place.line != place.line) finish();
    words.add(Word{kj::str(word), place});
  }

  void mark(char mark, Place place) override {
    tell(problems, place, kj::str("unexpected \"", mark, "\": this text is lines of \"set\" and \"delete\""));
  }

  void finish() {
    if (words.size() == 0) return;
    auto verb = words[0].text.asPtr();
    if (verb != "set" && verb != "delete") {
      tell(problems, words[0].place, kj::str("expected \"set\" or \"delete\", not ", quoted(verb)));
    } else if (words.size() > MAX_DEPTH) {
      tell(problems, words[0].place, kj::str("a path has at most ", MAX_DEPTH, " words"));
    } else if (words.size() == 1) {
      tell(problems, words[0].place, kj::str("expected a statement after \"", verb, "\""));
    } else {
      auto path = kj::heapArrayBuilder<Word>(words.size() - 1);
      for (auto& word : words.slice(1, words.size())) path.add(kj::mv(word));
      edits.add(Edit{verb == "delete", path.finish()});
    }
    words.clear();
  }

  kj::Vector<Edit> edits;

 private:
  kj::Vector<Word> words;
};

class LineSink final : public Sink {
 public:
  using Sink::Sink;

  void word(kj::StringPtr word, Place place) override { out.words.add(Word{kj::str(word), place}); }
  void mark(char mark, Place place) override { tell(problems, place, kj::str("unexpected \"", mark, "\"")); }
  void unclosed(Place) override { out.unclosed = true; }

  Line out;
};

}  // namespace

kj::String KJ_STRINGIFY(const Problem& problem) {
  return kj::str(problem.place.line, ':', problem.place.column, ": ", problem.path, problem.path == nullptr ? "" : ": ",
                 problem.text);
}

Parsed parseBraces(kj::StringPtr text) {
  BracesSink sink(text);
  feed(text, sink);
  sink.finish();
  return Parsed{kj::mv(sink.tree), kj::mv(sink.problems)};
}

ParsedEdits parseSet(kj::StringPtr text) {
  SetSink sink(text);
  feed(text, sink);
  sink.finish();
  return ParsedEdits{kj::mv(sink.edits), kj::mv(sink.problems)};
}

bool isSet(kj::StringPtr text) {
  auto at = text.begin();
  auto skip = *(x3::char_(" \t\r\n") | ('#' >> *(x3::char_ - '\n')));
  return x3::parse(at, text.end(), skip >> (x3::lit("set") | "delete") >> (x3::char_(" \t\r\n") | x3::eoi));
}

Line splitLine(kj::StringPtr line) {
  LineSink sink(line);
  feed(line, sink);
  auto out = kj::mv(sink.out);
  out.problems = kj::mv(sink.problems);
  out.open = out.unclosed || (out.words.size() > 0 && sink.wordEnd == line.end());
  return out;
}

Place placeOf(const Tree& tree, kj::StringPtr path) {
  const Node* at = &tree.root();
  Place place;
  for (auto& word : splitLine(path).words) {
    KJ_IF_MAYBE (next, at->find(word.text)) {
      at = next;
      place = next->place;
    } else {
      break;
    }
  }
  return place;
}

}  // namespace xylem::config
