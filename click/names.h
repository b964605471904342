#pragma once
// Names that a configuration gives to addresses and ports (AddressInfo, PortInfo). Those of a compound element are
// known inside it.

#include <map>
#include <optional>
#include <string>

namespace xylem::click {

class Names {
 public:
  enum Type { IP, IP_NET, IP6, IP6_NET, ETHER, TCP_PORT, UDP_PORT };

  void define(Type type, const std::string& scope, const std::string& name, const std::string& value);
  // `scope` is "outer/inner/", or empty.
  std::optional<std::string> find(Type type, std::string scope, const std::string& name) const;

 private:
  std::map<std::pair<Type, std::string>, std::string> all;
};

std::string scopeOf(const std::string& elementName);
// "a/b/" of "a/b/c".

}  // namespace xylem::click
