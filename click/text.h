#pragma once
// Configuration strings: what stands between the parentheses of an element.
//
// They are split at commas into arguments and those at spaces into words; quotes and comments are minded:
//
//     'literal'   "with \n \t \x41 \101 \\ \" \< 48 45 > escapes"   bare   \<48 45>   // and /* */ comments
//
// Pieces that touch are one word. Parameters, $name, ${name} and ${name-default}, are replaced everywhere but in single
// quotes.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xylem::click {

using Strings = std::vector<std::string>;

Strings splitArguments(std::string_view config);
// Trimmed, comments gone, quotes kept. A last one that is empty is dropped.
Strings splitWords(std::string_view text);
// Quotes kept.
std::string shiftWord(std::string& text);
// Takes the first word off.
std::string joinArguments(const Strings& arguments);

std::string unquote(std::string_view text);
// The bytes that a word, or several, stand for.
std::string quote(std::string_view bytes, bool always = false);
// A word that stands for these bytes; as it is, if it can be.
std::string trim(std::string_view text);

using Lookup = std::function<std::optional<std::string>(const std::string& name)>;
std::string expandParameters(std::string_view text, const Lookup& lookup);
// What the lookup does not know stays as it is.
size_t skipQuoted(std::string_view text, size_t at);
// Past the quoted piece, comment or \< > that begins here; `at` itself when none does.

bool isWord(std::string_view text);
// Not empty, and without quotes, commas, spaces and parentheses.
bool isIdentifier(std::string_view text);
std::string toLower(std::string text);
std::string toUpper(std::string text);

std::string format(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace xylem::click
