#include <rib/offers.h>

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace xylem::rib {
namespace {

TEST(Offers, EqualOnesAreOneAndGoWithTheLastUser) {
  Offers offers;
  Offer one{1, 2, 3, 4, 5};
  auto a = offers.intern(one);
  EXPECT_EQ(offers.intern(one), a);
  for (auto& other : {Offer{9, 2, 3, 4, 5}, Offer{1, 9, 3, 4, 5}, Offer{1, 2, 9, 4, 5}, Offer{1, 2, 3, 9, 5}}) {
    auto id = offers.intern(other);
    EXPECT_NE(id, a);
    EXPECT_EQ(offers[id], other);
  }
  EXPECT_EQ(offers.intern(one), a) << "not the last one";
  EXPECT_EQ(offers.size(), 5u);
  offers.release(a);
  offers.release(a);
  EXPECT_EQ(offers[a], one);
  offers.release(a);
  EXPECT_EQ(offers.size(), 4u);
  EXPECT_EQ(offers.intern({7, 7, 7, 7, 7}), a) << "the number is used again";
}

TEST(Offers, AgreeWithAMapOverRandomOperations) {
  std::mt19937_64 random(42);
  Offers offers;
  struct Held {
    uint32_t id;
    uint32_t users;
  };
  std::map<uint32_t, Held> held;
  auto offerOf = [](uint32_t number) { return Offer{number % 7, number, number / 3, uint16_t(number % 5), 20}; };
  for (int i = 0; i < 100000; ++i) {
    // Few at the beginning and at the end, many in the middle.
    uint32_t number = uint32_t(random() % 3000);
    auto found = held.find(number);
    if (random() % 100000 > uint64_t(i)) {
      auto id = offers.intern(offerOf(number));
      if (found == held.end()) {
        held[number] = {id, 1};
      } else {
        ASSERT_EQ(found->second.id, id);
        ++found->second.users;
      }
    } else if (found != held.end()) {
      offers.release(found->second.id);
      if (--found->second.users == 0) held.erase(found);
    }
    ASSERT_EQ(offers.size(), held.size());
    if (i % 1000 != 0) continue;
    for (auto& [each, entry] : held) ASSERT_EQ(offers[entry.id], offerOf(each));
  }
}

}  // namespace
}  // namespace xylem::rib
