// Which argument is whose. An argument that looks as if it had a keyword is nevertheless taken by position when that
// position must be filled and nobody has named it: `Print(HELLO there)`.

#include <click/args.h>

#include <cctype>

namespace xylem::click {

namespace {

int keywordLength(const std::string& argument) {
  auto part = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == ':' || c == '.' || c == '?' || c == '!';
  };
  size_t end = 0;
  while (end < argument.size() && part(argument[end])) ++end;
  size_t value = end;
  while (value < argument.size() && std::isspace(static_cast<unsigned char>(argument[value]))) ++value;
  return end == 0 || value == end || value == argument.size() ? 0 : int(end);
}

}  // namespace

Args::Args(Strings given, Element* element, Errors& errors)
    : errors(errors), element(element), arguments(std::move(given)) {
  for (auto& each : arguments) keywordEnd.push_back(keywordLength(each));
}

std::optional<std::string> Args::find(const char* keyword, int flags, bool last) {
  current = keyword;
  int got = -1, gotEnd = 0, position = -1;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (position == -1 && keywordEnd[i] != PLACED) position = keywordEnd[i] >= 0 ? int(i) : -2;
    if (keywordEnd[i] > 0 && arguments[i].compare(0, size_t(keywordEnd[i]), keyword) == 0) {
      got = int(i);
      gotEnd = keywordEnd[i];
      keywordEnd[i] = TAKEN;
      if (!last) break;
    }
  }
  if ((flags & POSITIONAL) && position >= 0 && keywordEnd[size_t(position)] >= 0 &&
      ((got < 0 && (flags & MANDATORY)) || keywordEnd[size_t(position)] == 0)) {
    if (got < position) {
      got = position;
      gotEnd = 0;
    }
    keywordEnd[size_t(position)] = PLACED;
  }
  if (got < 0) {
    if (flags & MANDATORY) failed("required argument missing");
    return std::nullopt;
  }
  return gotEnd > 0 ? trim(arguments[size_t(got)].substr(size_t(gotEnd))) : arguments[size_t(got)];
}

void Args::failed(const std::string& text) { error(current + ": " + text); }

bool Args::has(const char* keyword) const {
  for (size_t i = 0; i < arguments.size(); ++i)
    if (keywordEnd[i] > 0 && arguments[i].compare(0, size_t(keywordEnd[i]), keyword) == 0) return true;
  return false;
}

Args& Args::rest(Strings& out) {
  for (size_t i = 0; i < arguments.size(); ++i)
    if (keywordEnd[i] >= 0) {
      out.push_back(arguments[i]);
      keywordEnd[i] = TAKEN;
    }
  return *this;
}

bool Args::complete() {
  bool many = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (keywordEnd[i] > 0) error(arguments[i].substr(0, size_t(keywordEnd[i])) + ": unknown argument");
    many = many || keywordEnd[i] == 0;
  }
  if (many) error("too many arguments");
  return consume();
}

bool Args::consume() {
  if (!good) return false;
  for (auto& each : later) each();
  later.clear();
  Strings left;
  for (size_t i = 0; i < arguments.size(); ++i)
    if (keywordEnd[i] >= 0) left.push_back(arguments[i]);
  arguments = left;
  keywordEnd.clear();
  for (auto& each : arguments) keywordEnd.push_back(keywordLength(each));
  return true;
}

}  // namespace xylem::click
