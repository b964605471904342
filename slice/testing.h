#pragma once
// For tests: slices from text.

#include <gtest/gtest.h>
#include <slice/read.h>
#include <slice/text.h>

#include <map>

namespace xylem::slice::testing {

inline Result readText(const std::string& content, const std::map<std::string, std::string>& files = {}) {
  OpenFile open = [&](kj::StringPtr path) -> kj::Maybe<kj::String> {
    auto found = files.find(text(path));
    if (found == files.end()) return nullptr;
    return kj::str(ptr(found->second));
  };
  return read(ptr(content), open);
}

inline Slice one(const std::string& content, const std::map<std::string, std::string>& files = {}) {
  auto result = readText(content, files);
  for (auto& each : result.problems) ADD_FAILURE() << kj::str(each).cStr();
  return result.slices.empty() ? Slice() : std::move(result.slices[0]);
}

inline std::string wrong(const std::string& content, const std::map<std::string, std::string>& files = {}) {
  // The problems, one a line.
  std::string out;
  for (auto& each : readText(content, files).problems) out += text(kj::str(each)) + "\n";
  return out;
}

}  // namespace xylem::slice::testing
