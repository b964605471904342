// Names of the innermost scope win.

#include <click/names.h>

namespace xylem::click {

void Names::define(Type type, const std::string& scope, const std::string& name, const std::string& value) {
  all[{type, scope + name}] = value;
}

std::optional<std::string> Names::find(Type type, std::string scope, const std::string& name) const {
  while (true) {
    if (auto found = all.find({type, scope + name}); found != all.end()) return found->second;
    if (scope.empty()) return std::nullopt;
    scope.pop_back();
    scope = scopeOf(scope);
  }
}

std::string scopeOf(const std::string& elementName) {
  auto slash = elementName.rfind('/');
  return slash == std::string::npos ? "" : elementName.substr(0, slash + 1);
}

}  // namespace xylem::click
