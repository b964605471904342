// The lexical grammar is Spirit X3, all of it in this translation unit. It is a set of flat rules for one token, one
// piece of a configuration string, one piece of space: what nests is counted or parsed outside, so that no text decides
// how deep the stack gets.

#include <click/text.h>
#include <click/tokens.h>

#include <algorithm>
#include <boost/spirit/home/x3.hpp>

namespace xylem::click {

namespace {

namespace x3 = boost::spirit::x3;

const auto PART = x3::char_("0-9A-Za-z_@");
// Not x3::alnum, which aborts at bytes that are not ASCII; so do x3::blank and x3::space.
const auto WORD = +PART >> *('/' >> +PART);
const auto VARIABLE = '$' >> *x3::char_("0-9A-Za-z_");
const auto MARK = x3::lit("...") | "->" | "=>" | "::" | "||" | x3::char_;

const auto LINE_COMMENT = "//" >> *(x3::char_ - x3::eol) >> (x3::eol | x3::eoi);
const auto COMMENT = "/*" >> *(x3::char_ - "*/") >> ("*/" | x3::eoi);
const auto ANY_COMMENT = LINE_COMMENT | COMMENT;
const auto SPACE = x3::eol | +x3::char_(" \t") | x3::char_(" \t\n\v\f\r") | ANY_COMMENT;

const auto BYTES = "\\<" >> *(ANY_COMMENT | (x3::char_ - '>')) >> ('>' | x3::eoi);
const auto SINGLE = '\'' >> *(x3::char_ - '\'') >> ('\'' | x3::eoi);
const auto DOUBLE = '"' >> *(BYTES | ('\\' >> x3::char_) | (x3::char_ - '"')) >> ('"' | x3::eoi);
const auto PIECE = ANY_COMMENT | SINGLE | DOUBLE | BYTES | (x3::char_ - x3::char_("()#"));

const auto BLANK = *x3::char_(" \t");
const auto DIRECTIVE = '#' >> BLANK >> -(x3::lit("line") >> +x3::char_(" \t"));
const auto FILE_NAME = '"' >> *(('\\' >> x3::char_) | (x3::char_ - '"' - x3::eol)) >> '"';

using Place = std::string::const_iterator;

bool skip(const auto& rule, Place& from, Place end) { return x3::parse(from, end, x3::omit[rule]); }

}  // namespace

Tokens::Tokens(std::string given, std::string file, Errors& errors)
    : text(std::move(given)), original(file), here{std::move(file), 1}, errors(errors) {}

void Tokens::advance(size_t to) {
  for (; at < to; ++at)
    if (text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'))) ++here.line;
}

void Tokens::directive() {
  // `# 12 "file"` or `#line 12 "file"`: where the next line really comes from.
  Place first = text.begin() + long(at), end = text.end();
  unsigned line = 0;
  skip(DIRECTIVE, first, end);
  bool known = x3::parse(first, end, x3::uint_, line);
  if (known) {
    skip(BLANK, first, end);
    auto name = first;
    if (skip(FILE_NAME, first, end)) {
      auto file = unquote(std::string(name, first));
      here.file = file.empty() ? original : file;
    }
  } else {
    error("unknown preprocessor directive");
  }
  auto newline = std::find(first, end, '\n');
  at = size_t(newline - text.cbegin());
  if (known) here.line = line - 1;
}

void Tokens::skipSpace() {
  while (at < text.size()) {
    if (text[at] == '#' && (at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r')) {
      directive();
      continue;
    }
    // A line at a time, since a directive may begin the next one.
    Place first = text.begin() + long(at);
    if (!skip(SPACE, first, text.end())) return;
    advance(size_t(first - text.cbegin()));
  }
}

Token Tokens::next() {
  if (!returned.empty()) {
    auto token = returned.back();
    returned.pop_back();
    return token;
  }
  skipSpace();
  Place first = text.begin() + long(at), end = text.end(), begin = first;
  if (first == end) return {};
  static const std::pair<const char*, Token::Kind> KEYWORDS[] = {{"elementclass", Token::ELEMENTCLASS},
                                                                 {"require", Token::REQUIRE},
                                                                 {"provide", Token::PROVIDE},
                                                                 {"define", Token::DEFINE}};
  static const std::pair<const char*, Token::Kind> MARKS[] = {{"->", Token::ARROW},
                                                              {"=>", Token::DOUBLE_ARROW},
                                                              {"::", Token::COLONS},
                                                              {"||", Token::BARS},
                                                              {"...", Token::DOTS}};
  Token token;
  if (skip(WORD, first, end)) {
    token = {Token::IDENTIFIER, std::string(begin, first)};
    for (auto& [word, kind] : KEYWORDS)
      if (token.text == word) token.kind = kind;
  } else if (skip(VARIABLE, first, end)) {
    token = {Token::VARIABLE, std::string(begin + 1, first)};
  } else {
    skip(MARK, first, end);
    token = {Token::MARK, std::string(begin, first)};
    for (auto& [word, kind] : MARKS)
      if (token.text == word) token.kind = kind;
  }
  at = size_t(first - text.cbegin());
  return token;
}

std::string Tokens::config() {
  std::string out;
  auto begin = at;
  for (unsigned depth = 1; at < text.size();) {
    char c = text[at];
    if (c == ')' && --depth == 0) break;
    if (c == '(') ++depth;
    if (c == '#' && at > 0 && (text[at - 1] == '\n' || text[at - 1] == '\r')) {
      out += text.substr(begin, at - begin);
      directive();
      begin = at;
      continue;
    }
    Place first = text.begin() + long(at);
    if (!skip(PIECE, first, text.end())) ++first;
    advance(size_t(first - text.cbegin()));
  }
  return out + text.substr(begin, at - begin);
}

bool Tokens::accept(char mark) {
  auto token = next();
  if (token.is(mark)) return true;
  back(std::move(token));
  return false;
}

void Tokens::expect(char mark) {
  if (!accept(mark)) error(std::string("expected '") + mark + "'");
}

}  // namespace xylem::click
