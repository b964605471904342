// Configuration strings. One function knows where a quoted piece or a comment ends; all others step with it.

#include <click/text.h>

#include <cctype>
#include <cstdarg>
#include <cstdio>

namespace xylem::click {

namespace {

bool space(char c) { return std::isspace(static_cast<unsigned char>(c)); }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)); }
int hexValue(char c) { return digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }

bool startsComment(std::string_view text, size_t at) {
  return text[at] == '/' && at + 1 < text.size() && (text[at + 1] == '/' || text[at + 1] == '*');
}

size_t skipComment(std::string_view text, size_t at) {
  bool isLine = text[at + 1] == '/';
  auto end = text.find(isLine ? "\n" : "*/", at + 2);
  if (end == std::string_view::npos) return text.size();
  return end + (isLine ? 1 : 2);
}

size_t skipBytes(std::string_view text, size_t at) {
  // Past "\< 48 45 >".
  for (at += 2; at < text.size(); ++at) {
    if (startsComment(text, at))
      at = skipComment(text, at) - 1;
    else if (text[at] == '>')
      return at + 1;
  }
  return text.size();
}

bool startsBytes(std::string_view text, size_t at) {
  return text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '<';
}

std::string bytesIn(std::string_view piece) {
  // Of the hexadecimal digits between "\<" and ">".
  std::string out;
  int half = -1;
  for (size_t i = 2; i < piece.size(); ++i) {
    if (startsComment(piece, i)) {
      i = skipComment(piece, i) - 1;
    } else if (hex(piece[i])) {
      if (half < 0) {
        half = hexValue(piece[i]);
      } else {
        out += char(half << 4 | hexValue(piece[i]));
        half = -1;
      }
    }
  }
  if (half >= 0) out += char(half);
  return out;
}

size_t escape(std::string_view text, size_t at, std::string& out) {
  // What follows the backslash at `at`; where it ends.
  static const std::string_view NAMES = "abtnvfr", VALUES = "\a\b\t\n\v\f\r";
  char c = text[at + 1];
  if (auto known = NAMES.find(c); known != std::string_view::npos) {
    out += VALUES[known];
  } else if (c >= '0' && c <= '7') {
    int value = 0;
    size_t end = at + 1;
    for (; end < text.size() && end < at + 4 && text[end] >= '0' && text[end] <= '7'; ++end)
      value = value * 8 + text[end] - '0';
    out += char(value);
    return end;
  } else if (c == 'x') {
    unsigned value = 0;
    size_t end = at + 2;
    for (; end < text.size() && hex(text[end]); ++end) value = value << 4 | unsigned(hexValue(text[end]));
    out += char(value);
    return end;
  } else if (c == '\r' || c == '\n') {
    return at + (c == '\r' && at + 2 < text.size() && text[at + 2] == '\n' ? 3 : 2);
  } else {
    out += c;
  }
  return at + 2;
}

void unquoteDouble(std::string_view inside, std::string& out) {
  for (size_t i = 0; i < inside.size();) {
    if (startsBytes(inside, i)) {
      auto end = skipBytes(inside, i);
      out += bytesIn(inside.substr(i, end - i));
      i = end;
    } else if (inside[i] == '\\' && i + 1 < inside.size()) {
      i = escape(inside, i, out);
    } else {
      out += inside[i++];
    }
  }
}

std::string escaped(std::string_view value) {
  // For the inside of double quotes.
  std::string out;
  for (char c : value) {
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    out += c;
  }
  return out;
}

size_t parameterAt(std::string_view text, size_t at, std::string& name, std::optional<std::string>& otherwise) {
  // The parameter that begins with the `$` here; where it ends, or `at` if none begins.
  auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  size_t i = at + 1;
  bool braced = i < text.size() && text[i] == '{';
  if (braced) ++i;
  auto begin = i;
  while (i < text.size() && part(text[i])) ++i;
  if (i == begin) return at;
  name = text.substr(begin, i - begin);
  if (!braced) return i;
  if (i < text.size() && text[i] == '-') {
    auto end = text.find('}', i);
    if (end == std::string_view::npos) return at;
    otherwise = std::string(text.substr(i + 1, end - i - 1));
    return end + 1;
  }
  return i < text.size() && text[i] == '}' ? i + 1 : at;
}

}  // namespace

size_t skipQuoted(std::string_view text, size_t at) {
  char c = text[at];
  if (startsComment(text, at)) return skipComment(text, at);
  if (startsBytes(text, at)) return skipBytes(text, at);
  if (c == '\'') {
    auto end = text.find('\'', at + 1);
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (c != '"') return at;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (startsBytes(text, i))
      i = skipBytes(text, i) - 1;
    else if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

std::string trim(std::string_view text) {
  size_t begin = 0, end = text.size();
  while (begin < end && space(text[begin])) ++begin;
  while (end > begin && space(text[end - 1])) --end;
  return std::string(text.substr(begin, end - begin));
}

Strings splitArguments(std::string_view config) {
  Strings out;
  std::string now;
  for (size_t i = 0; i < config.size();) {
    auto next = skipQuoted(config, i);
    if (next != i) {
      if (startsComment(config, i))
        now += ' ';
      else
        now += config.substr(i, next - i);
      i = next;
    } else if (config[i] == ',') {
      out.push_back(trim(now));
      now.clear();
      ++i;
    } else {
      now += config[i++];
    }
  }
  auto last = trim(now);
  if (!last.empty()) out.push_back(last);
  return out;
}

Strings splitWords(std::string_view text) {
  Strings out;
  std::string rest(text);
  while (true) {
    auto word = shiftWord(rest);
    if (word.empty()) return out;
    out.push_back(word);
  }
}

std::string shiftWord(std::string& text) {
  std::string word;
  size_t i = 0;
  while (i < text.size()) {
    if (startsComment(text, i)) {
      i = skipComment(text, i);
      if (!word.empty()) break;
      continue;
    }
    if (space(text[i])) {
      ++i;
      if (!word.empty()) break;
      continue;
    }
    auto next = skipQuoted(text, i);
    if (next == i) ++next;
    word += text.substr(i, next - i);
    i = next;
  }
  while (i < text.size() && space(text[i])) ++i;
  text.erase(0, i);
  return word;
}

std::string joinArguments(const Strings& arguments) {
  std::string out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) out += ", ";
    out += arguments[i];
  }
  return out;
}

std::string unquote(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    auto next = skipQuoted(text, i);
    auto piece = text.substr(i, next - i);
    if (next == i) {
      out += text[i++];
      continue;
    }
    bool closed = piece.size() > 1 && piece.back() == piece.front();
    if (piece[0] == '\'')
      out += piece.substr(1, piece.size() - 1 - closed);
    else if (piece[0] == '"')
      unquoteDouble(piece.substr(1, piece.size() - 1 - closed), out);
    else if (piece[0] == '\\')
      out += bytesIn(piece);
    else
      out += piece;
    i = next;
  }
  return out;
}

std::string quote(std::string_view bytes, bool always) {
  if (!always && isWord(bytes)) return std::string(bytes);
  std::string out = "\"";
  for (unsigned char c : bytes) {
    if (c == '"' || c == '\\' || c == '$')
      out += std::string("\\") + char(c);
    else if (c >= ' ' && c < 127)
      out += char(c);
    else
      out += format("\\%03o", c);
  }
  return out + "\"";
}

std::string expandParameters(std::string_view text, const Lookup& lookup) {
  std::string out;
  bool inDouble = false;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (!inDouble && (c == '\'' || startsComment(text, i))) {
      auto next = skipQuoted(text, i);
      out += text.substr(i, next - i);
      i = next;
    } else if (c == '"') {
      inDouble = !inDouble;
      out += c;
      ++i;
    } else if (c == '\\' && i + 1 < text.size() && text[i + 1] != '<') {
      out += text.substr(i, 2);
      i += 2;
    } else if (c == '$') {
      std::string name;
      std::optional<std::string> otherwise;
      auto next = parameterAt(text, i, name, otherwise);
      auto value = next == i ? std::nullopt : lookup(name);
      if (!value) value = otherwise;
      if (next == i) next = i + 1;
      if (value)
        out += inDouble ? escaped(unquote(*value)) : *value;
      else
        out += text.substr(i, next - i);
      i = next;
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

bool isWord(std::string_view text) {
  for (char c : text)
    if (space(c) || c == ',' || c == '"' || c == '\'' || c == '\\' || c == '(' || c == ')' || c < ' ' || c == 127)
      return false;
  return !text.empty();
}

bool isIdentifier(std::string_view text) {
  bool wanted = true;
  for (char c : text) {
    bool part = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '@';
    if (!part && (c != '/' || wanted)) return false;
    wanted = c == '/';
  }
  return !wanted;
}

std::string toLower(std::string text) {
  for (auto& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string toUpper(std::string text) {
  for (auto& c : text) c = char(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string format(const char* format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  std::string out(size_t(vsnprintf(nullptr, 0, format, arguments)), '\0');
  vsnprintf(out.data(), out.size() + 1, format, again);
  va_end(arguments);
  va_end(again);
  return out;
}

}  // namespace xylem::click
