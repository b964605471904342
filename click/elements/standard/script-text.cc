// Quotes are kept: who wants the text without them unquotes it afterwards, when values are in their place.

#include <click/elements/standard/script-text.h>
#include <click/text.h>

#include <cctype>

namespace xylem::click {

namespace {

constexpr unsigned DEEPEST = 64;

struct Reference {
  std::string name;
  std::optional<std::string> otherwise;
  bool isHandler = false;
  size_t end = 0;
};

size_t closing(std::string_view text, size_t at) {
  // Of the parenthesis that opens here; npos if nothing closes it.
  int depth = 0;
  for (size_t i = at; i < text.size();) {
    if (auto next = skipQuoted(text, i); next != i) {
      i = next;
      continue;
    }
    depth += text[i] == '(';
    depth -= text[i] == ')';
    if (depth == 0) return i;
    ++i;
  }
  return std::string_view::npos;
}

std::optional<Reference> referenceAt(std::string_view text, size_t dollar) {
  auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  auto at = dollar + 1;
  if (at >= text.size()) return std::nullopt;
  Reference found;
  if (text[at] == '(' || text[at] == '{') {
    found.isHandler = text[at] == '(';
    auto end = found.isHandler ? closing(text, at) : text.find('}', at);
    if (end == std::string_view::npos) return std::nullopt;
    found.name = text.substr(at + 1, end - at - 1);
    found.end = end + 1;
    auto dash = found.name.find('-');
    if (!found.isHandler && dash != std::string::npos) {
      found.otherwise = found.name.substr(dash + 1);
      found.name.resize(dash);
    }
    return found;
  }
  auto end = at;
  while (end < text.size() && part(text[end])) ++end;
  if (end == at && std::string_view("?#$").find(text[at]) != std::string_view::npos) ++end;
  if (end == at) return std::nullopt;
  found.name = text.substr(at, end - at);
  found.end = end;
  return found;
}

std::string inDoubleQuotes(const std::string& value) {
  std::string out;
  for (char c : value) out += c == '"' || c == '\\' || c == '$' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string expand(std::string_view text, const ScriptLookup& lookup, bool isProtected, unsigned depth) {
  std::string out;
  bool inDouble = false;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (!inDouble && c == '\'') {
      auto next = skipQuoted(text, i);
      out += text.substr(i, next - i);
      i = next;
      continue;
    }
    if (c == '\\' && i + 1 < text.size()) {
      out += text.substr(i, 2);
      i += 2;
      continue;
    }
    auto found = c == '$' && depth < DEEPEST ? referenceAt(text, i) : std::nullopt;
    if (!found) {
      inDouble = inDouble != (c == '"');
      out += c;
      ++i;
      continue;
    }
    auto name = found->isHandler ? expand(found->name, lookup, false, depth + 1) : found->name;
    auto value = lookup(name, found->isHandler);
    if (!value) value = found->otherwise;
    if (!value)
      out += text.substr(i, found->end - i);
    else
      out += inDouble ? inDoubleQuotes(*value) : isProtected ? quote(*value, true) : *value;
    i = found->end;
  }
  return out;
}

}  // namespace

std::string expandScript(std::string_view text, const ScriptLookup& lookup, bool isProtected) {
  return expand(text, lookup, isProtected, 0);
}

}  // namespace xylem::click
