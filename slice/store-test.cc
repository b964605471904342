#include <gtest/gtest.h>
#include <kj/debug.h>
#include <signal.h>
#include <slice/store.h>
#include <slice/watch.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace xylem::slice {

namespace {

struct Fixture {
  Fixture() {
    char path[] = "/tmp/xylem-store-XXXXXX";
    KJ_ASSERT(mkdtemp(path) != nullptr);
    folder = path;
    store = fileStore(loop, folder);
  }
  ~Fixture() noexcept(false) { std::filesystem::remove_all(folder); }

  template <typename T> T wait(kj::Promise<T>&& promise) {
    auto late = loop.timer().afterDelay(60 * kj::SECONDS).then([]() -> T { KJ_FAIL_REQUIRE("nothing has come"); });
    return promise.exclusiveJoin(kj::mv(late)).wait(loop.waitScope());
  }

  xrl::Loop loop;
  std::string folder;
  kj::Own<Store> store;
};

TEST(StoreTest, PutsIfUnchanged) {
  Fixture f;
  EXPECT_TRUE(f.store->get("slices/a/spec") == nullptr);
  EXPECT_TRUE(f.store->put("slices/a/spec", "one\ntwo", 0));
  EXPECT_FALSE(f.store->put("slices/a/spec", "three", 0));
  auto value = KJ_ASSERT_NONNULL(f.store->get("slices/a/spec"));
  EXPECT_EQ(value.text, "one\ntwo");
  EXPECT_TRUE(f.store->put("slices/a/spec", "three", value.revision));
  EXPECT_FALSE(f.store->put("slices/a/spec", "four", value.revision));
  EXPECT_EQ(f.store->list("slices/"), std::vector<std::string>{"slices/a/spec"});
  f.store->remove("slices/a/spec");
  EXPECT_TRUE(f.store->list("slices/").empty());
}

TEST(StoreTest, TellsWhatChanges) {
  Fixture f;
  auto one = f.store->watch("slices/a/"), all = f.store->watch("slices/");
  // The folder of the slice is not there yet.
  auto changed = one->next();
  f.store->put("slices/a/have", "x", 0);
  f.wait(kj::mv(changed));
  f.wait(all->next());
  while (f.store->get("slices/a/have") != nullptr) {
    f.store->remove("slices/a/have");
    f.wait(one->next());
  }
  f.wait(all->next());
}

TEST(StoreTest, WhoWaitsForALeaseHasItWhenItIsFree) {
  Fixture f;
  auto first = f.store->lease("a");
  ASSERT_TRUE(first != nullptr);
  EXPECT_TRUE(f.store->lease("a") == nullptr);
  EXPECT_TRUE(f.store->lease("b") != nullptr);
  EXPECT_TRUE(f.wait(f.store->lease("a", 20 * kj::MILLISECONDS)) == nullptr);
  auto waiting = f.store->lease("a", 60 * kj::SECONDS);
  EXPECT_FALSE(waiting.poll(f.loop.waitScope()));
  first = nullptr;
  auto second = f.wait(kj::mv(waiting));
  EXPECT_TRUE(second != nullptr);
  // It is had by one alone.
  EXPECT_TRUE(f.store->lease("a") == nullptr);
}

TEST(StoreTest, WhoDoesNotWaitAnyMoreGetsNothing) {
  Fixture f;
  auto first = f.store->lease("a");
  {
    auto waiting = f.store->lease("a", 60 * kj::SECONDS);
    EXPECT_FALSE(waiting.poll(f.loop.waitScope()));
  }
  first = nullptr;
  // The child that waited may hold the file for a moment longer.
  EXPECT_TRUE(f.wait(f.store->lease("a", 60 * kj::SECONDS)) != nullptr);
}

TEST(StoreTest, ALeaseEndsWithItsProcess) {
  Fixture f;
  int ends[2];
  KJ_SYSCALL(pipe(ends));
  pid_t child = fork();
  if (child == 0) {
    auto mine = f.store->lease("a");
    if (write(ends[1], "", 1) == 1) pause();
    _exit(0);
  }
  char byte;
  KJ_SYSCALL(read(ends[0], &byte, 1));
  auto waiting = f.store->lease("a", 60 * kj::SECONDS);
  EXPECT_FALSE(waiting.poll(f.loop.waitScope()));
  Ended ended(child);
  EXPECT_FALSE(ended.isOver(0));
  EXPECT_TRUE(ended.signal(SIGKILL));
  EXPECT_TRUE(ended.isOver(60000));
  EXPECT_TRUE(f.wait(kj::mv(waiting)) != nullptr);
}

}  // namespace

}  // namespace xylem::slice
