#include <config/schema.h>

#include <config/testing.h>
#include <gtest/gtest.h>
#include <kj/exception.h>

#include <algorithm>
#include <cstring>

namespace xylem::config {
namespace {

bool isTaken(kj::ArrayPtr<const kj::byte> blob) {
  return kj::runCatchingExceptions([&]() { Schema("plain", kj::heapArray<const kj::byte>(blob)).nodes(); }) == nullptr;
}

TEST(Schema, IsRefusedWhereItIsCutOff) {
  auto blob = testing::schemaOf("config/testdata/plain.capnp");
  ASSERT_TRUE(isTaken(blob));
  for (size_t size = 0; size < blob.size(); size += sizeof(capnp::word)) EXPECT_FALSE(isTaken(blob.slice(0, size)));
  EXPECT_FALSE(isTaken(blob.slice(0, blob.size() - 1)));
}

TEST(Schema, IsRefusedWhenANameDoesNotEnd) {
  auto blob = testing::schemaOf("config/testdata/plain.capnp");
  auto name = "plain.capnp:"_kj;
  uint spoilt = 0;
  for (auto at = blob.begin(); (at = std::search(at, blob.end(), name.begin(), name.end())) != blob.end(); ++at) {
    auto end = std::find(at, blob.end(), 0);
    *end = 'x';
    EXPECT_FALSE(isTaken(blob)) << at - blob.begin();
    *end = 0;
    ++spoilt;
  }
  EXPECT_GT(spoilt, 0u);
  EXPECT_TRUE(isTaken(blob));
}

TEST(Schema, AnyBitMayBeWrong) {
  auto blob = testing::schemaOf("config/testdata/plain.capnp");
  uint refused = 0;
  for (size_t at = 0; at < blob.size(); at += 3) {
    auto bit = kj::byte(1 << at % 8);
    blob[at] ^= bit;
    refused += !isTaken(blob);
    blob[at] ^= bit;
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace xylem::config
