#pragma once
// The words of the Click language, one at a time, with their landmarks.

#include <click/errors.h>
#include <click/flat.h>

#include <string>
#include <vector>

namespace xylem::click {

struct Token {
  enum Kind {
    END,
    IDENTIFIER,
    VARIABLE,
    ARROW,
    DOUBLE_ARROW,
    COLONS,
    BARS,
    DOTS,
    ELEMENTCLASS,
    REQUIRE,
    PROVIDE,
    DEFINE,
    MARK
  };
  Kind kind = END;
  std::string text;
  // A variable's without the `$`.

  bool is(Kind wanted) const { return kind == wanted; }
  bool is(char mark) const { return kind == MARK && text[0] == mark; }
  bool isArrow() const { return kind == ARROW || kind == DOUBLE_ARROW; }
};

class Tokens {
 public:
  Tokens(std::string text, std::string file, Errors& errors);

  Token next();
  void back(Token token) { returned.push_back(std::move(token)); }
  // `next` gives it again.
  std::string config();
  // From here, behind a `(`, up to the `)` that closes it, which comes next. Nothing must have been given back.
  bool accept(char mark);
  // Takes it if it comes next.
  void expect(char mark);
  // Takes it or tells that it was expected.

  Landmark landmark() const { return here; }
  void error(const std::string& text) { errors.say(Errors::ERROR, here.text(), text); }
  void syntaxError(const Token& near) { error("syntax error near " + quoted(near.text)); }

 private:
  void skipSpace();
  void directive();
  void advance(size_t to);

  std::string text;
  std::string original;
  size_t at = 0;
  Landmark here;
  std::vector<Token> returned;
  Errors& errors;
};

}  // namespace xylem::click
