// Ranges of users: one for each slice, found by its name, or the next that is free. What is taken is written into the
// folder of the slice that has it.

#include <slice/keeper.h>
#include <slice/names.h>

#include <kj/debug.h>

#include <filesystem>
#include <fstream>

namespace xylem::slice {

namespace {

constexpr uint32_t FIRST = 1u << 30, RANGE = 65536, RANGES = 8192;
// Above what distributions hand out, below what is negative as an int.
constexpr auto PATIENCE = 30 * kj::SECONDS;

uint32_t firstFree(const std::string& base, const std::string& name) {
  namespace fs = std::filesystem;
  std::set<uint32_t> taken;
  std::error_code error;
  for (auto& each : fs::directory_iterator(base, error)) {
    uint32_t first;
    if (std::ifstream file(each.path() / "users"); file >> first) taken.insert(first);
  }
  auto number = uint32_t(hashOf(name) % RANGES);
  while (taken.count(FIRST + number * RANGE) > 0) number = (number + 1) % RANGES;
  auto first = FIRST + number * RANGE;
  std::ofstream(base + "/" + name + "/users") << first << "\n";
  return first;
}

}  // namespace

kj::Promise<uint32_t> freeUsers(Store& store, const std::string& base, const std::string& name) {
  // One looks at a time.
  return store.lease(" users", PATIENCE).then([base, name](kj::Maybe<kj::Own<Store::Lease>> turn) {
    KJ_REQUIRE(turn != nullptr, "another one looks for free users, and does not end");
    return firstFree(base, name);
  });
}

}  // namespace xylem::slice
