// Messages. A context is itself told as a message, so that contexts nest.

#include <click/errors.h>

#include <algorithm>
#include <cstdio>

namespace xylem::click {

namespace {

std::vector<Audience*> audience;

std::string line(Errors::Kind kind, const std::string& landmark, const std::string& text) {
  std::string out = landmark.empty() ? "" : landmark + ": ";
  auto first = text.find_first_not_of(' ');
  if (kind == Errors::WARNING && first != std::string::npos)
    return out + text.substr(0, first) + "warning: " + text.substr(first);
  return out + text;
}

}  // namespace

void Errors::say(Kind kind, const std::string& landmark, const std::string& text) {
  if (kind == ERROR) ++errors;
  tell(kind, landmark, text);
}

void StandardErrors::tell(Kind kind, const std::string& landmark, const std::string& text) {
  announce(line(kind, landmark, text));
}

void announce(const std::string& line) {
  fflush(stdout);
  fprintf(stderr, "%s\n", line.c_str());
  // Who hears may announce something itself, or leave.
  auto all = audience;
  for (auto each : all)
    if (std::ranges::count(audience, each) > 0) each->hear(line);
}

void Audience::listen() {
  leave();
  audience.push_back(this);
}

void Audience::leave() { std::erase(audience, this); }

std::string GatheredErrors::text() const {
  std::string all;
  for (auto& each : lines) all += (all.empty() ? "" : "\n") + each;
  return all;
}

void GatheredErrors::tell(Kind kind, const std::string& landmark, const std::string& text) {
  lines.push_back(line(kind, landmark, text));
}

void InContext::tell(Kind kind, const std::string& at, const std::string& text) {
  if (!told) to.say(MESSAGE, landmark, head);
  told = true;
  std::string indented = "  ";
  for (char each : text) indented += each == '\n' ? std::string("\n  ") : std::string(1, each);
  to.say(kind, at, indented);
}

std::string quoted(const std::string& name) { return "'" + name + "'"; }

}  // namespace xylem::click
