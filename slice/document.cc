// Files that a slice file names are read once, and go with it from then on: what runs does not change with them.

#include <slice/document.h>
#include <slice/hosts.h>
#include <slice/text.h>

#include <kj/debug.h>
#include <xrl/installed.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace xylem::slice {

namespace {

kj::Maybe<std::string> contents(const std::string& path) {
  std::ifstream stream(path);
  std::stringstream content;
  if (!stream) return nullptr;
  // Nothing to read is no failure.
  content << stream.rdbuf();
  return content.str();
}

void readWith(Document& document, kj::Function<kj::Maybe<std::string>(const std::string&)> find) {
  OpenFile open = [&](kj::StringPtr path) -> kj::Maybe<kj::String> {
    auto name = text(path);
    if (document.files.count(name) == 0) {
      KJ_IF_MAYBE (content, find(name))
        document.files[name] = *content;
      else
        return nullptr;
    }
    return kj::str(ptr(document.files[name]));
  };
  document.result = read(ptr(document.text), open);
}

}  // namespace

Document load(const std::string& path) {
  Document document;
  document.path = path;
  KJ_IF_MAYBE (content, contents(path))
    document.text = *content;
  else
    KJ_FAIL_REQUIRE("cannot read the file", path.c_str());
  auto slash = path.rfind('/');
  auto folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  readWith(document, [&](const std::string& name) { return contents(name.starts_with("/") ? name : folder + name); });
  if (document.result.problems.empty()) checkRouters(document.result);
  return document;
}

void choose(Document& document, const std::string& host) {
  document.host = host;
  for (auto& slice : document.result.slices)
    if (auto problem = choose(slice, host); !problem.empty())
      document.result.problems.add(config::Problem{{1, 1}, kj::str("slice ", ptr(slice.name)), kj::str(ptr(problem))});
}

Document read(wire::Spec::Reader spec) {
  Document document;
  document.text = text(spec.getText());
  for (auto file : spec.getFiles()) document.files[text(file.getPath())] = text(file.getContent());
  readWith(document, [](const std::string&) -> kj::Maybe<std::string> { return nullptr; });
  if (document.result.problems.empty()) choose(document, text(spec.getHost()));
  return document;
}

void write(const Document& document, const std::string& slice, wire::Spec::Builder to) {
  to.setName(ptr(slice));
  to.setText(ptr(document.text));
  to.setHost(ptr(document.host));
  auto files = to.initFiles(uint(document.files.size()));
  uint i = 0;
  for (auto& [path, content] : document.files) {
    files[i].setPath(ptr(path));
    files[i++].setContent(ptr(content));
  }
}

void checkRouters(Result& result) {
  config::Grammar grammar;
  for (auto& each : xrl::findInstalled())
    KJ_IF_MAYBE (problem, grammar.add(each.name, kj::mv(each.schema)))
      KJ_FAIL_REQUIRE("unusable schema", each.name, *problem);
  std::set<std::string> told;
  for (auto& router : result.routers)
    for (auto& each : config::check(grammar, router.tree).errors) {
      // What many nodes take from one place is told once.
      auto key = text(kj::str(each.place.line, ':', each.place.column, each.text));
      if (!told.insert(key).second) continue;
      each.path =
          kj::str("slice ", ptr(router.slice), " node ", ptr(router.node), each.path.size() > 0 ? " " : "", each.path);
      result.problems.add(kj::mv(each));
    }
}

}  // namespace xylem::slice
