#include <gtest/gtest.h>
#include <kj/debug.h>
#include <kj/map.h>
#include <rtrmgr/store.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace xylem::rtrmgr {
namespace {

struct PowerCut {};

class Disk {
  // A directory as the kernel shows it, and what of it would survive a power cut.
 public:
  struct File {
    std::string now, durable;
    bool synced = false;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;

  Names now;
  std::vector<Names> versions{Names()};
  // Of the directory: the durable one, then one after each change since. Any of them may be found after a cut.

  void changed() { versions.push_back(now); }

  enum class Data { LOST, CUT, KEPT };

  Disk after(size_t version, Data unsynced) const {
    Disk disk;
    for (auto& [name, file] : versions[version]) {
      auto copy = std::make_shared<File>(*file);
      if (!copy->synced) {
        copy->now = unsynced == Data::LOST  ? copy->durable
                    : unsynced == Data::CUT ? copy->now.substr(0, copy->now.size() / 2)
                                            : copy->now;
      }
      copy->durable = copy->now;
      copy->synced = true;
      disk.now[name] = copy;
    }
    disk.versions = {disk.now};
    return disk;
  }
};

class TestFiles final : public Files {
 public:
  explicit TestFiles(Disk& disk, int steps = -1) : disk(disk), steps(steps) {}
  ~TestFiles() noexcept(false) override = default;

  kj::Vector<kj::String> list() override {
    kj::Vector<kj::String> names;
    for (auto& [name, file] : disk.now) names.add(kj::str(name.c_str()));
    return names;
  }
  kj::Maybe<kj::String> read(kj::StringPtr name) override {
    auto found = disk.now.find(name.cStr());
    if (found == disk.now.end()) return nullptr;
    return kj::str(found->second->now.c_str());
  }
  void write(kj::StringPtr name, kj::StringPtr text) override {
    step();
    auto& file = disk.now[name.cStr()];
    if (!file) {
      file = std::make_shared<Disk::File>();
      disk.changed();
    }
    file->synced = false;
    file->now = "";
    step();
    file->now = text.cStr();
  }
  void sync(kj::StringPtr name) override {
    step();
    auto& file = *disk.now.at(name.cStr());
    file.durable = file.now;
    file.synced = true;
  }
  void rename(kj::StringPtr from, kj::StringPtr to) override {
    step();
    disk.now[to.cStr()] = disk.now.at(from.cStr());
    disk.now.erase(from.cStr());
    disk.changed();
  }
  void remove(kj::StringPtr name) override {
    step();
    disk.now.erase(name.cStr());
    disk.changed();
  }
  void syncDirectory() override {
    step();
    disk.versions = {disk.now};
  }

 private:
  void step() {
    if (steps-- == 0) throw PowerCut();
  }
  Disk& disk;
  int steps;
};

std::string textOf(kj::Maybe<Saved> saved) {
  KJ_IF_MAYBE (s, saved) return s->text.cStr();
  return "(none)";
}

std::string current(Disk& disk, uint rollback = 0) {
  TestFiles files(disk);
  return textOf(Store(files).load(rollback));
}

void save(Disk& disk, kj::StringPtr text, uint rollbacks = 50, int steps = -1) {
  TestFiles files(disk, steps);
  Store(files, rollbacks).save(text, 1700000000, "root", "why \"not\"\n");
}

TEST(Store, NothingIsThereAtFirst) {
  Disk disk;
  EXPECT_EQ(current(disk), "(none)");
}

TEST(Store, RollbacksAreNewestFirst) {
  Disk disk;
  for (auto text : {"a", "b", "c"}) save(disk, text);
  EXPECT_EQ(current(disk), "c");
  EXPECT_EQ(current(disk, 1), "b");
  EXPECT_EQ(current(disk, 2), "a");
  EXPECT_EQ(current(disk, 3), "(none)");
  TestFiles files(disk);
  auto history = Store(files).history();
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].number, 3u);
  EXPECT_EQ(history[0].time, 1700000000u);
  EXPECT_STREQ(history[0].user.cStr(), "root");
  EXPECT_STREQ(history[0].comment.cStr(), "why \"not\"\n");
}

TEST(Store, KeepsAsManyAsAsked) {
  Disk disk;
  for (int i = 0; i < 100; ++i) save(disk, kj::str(i));
  EXPECT_EQ(disk.now.size(), 51u);
  EXPECT_EQ(current(disk), "99");
  EXPECT_EQ(current(disk, 50), "49");
  EXPECT_EQ(current(disk, 51), "(none)");
  save(disk, "100", 2);
  EXPECT_EQ(disk.now.size(), 3u);
  save(disk, "101", 0);
  EXPECT_EQ(disk.now.size(), 1u);
  EXPECT_EQ(current(disk), "101");
}

TEST(Store, EmptyAndLongTexts) {
  Disk disk;
  save(disk, "");
  EXPECT_EQ(current(disk), "");
  auto text = kj::str(kj::repeat('x', 1000000), "\n");
  save(disk, text);
  EXPECT_EQ(current(disk), text.cStr());
}

TEST(Store, DamagedFilesArePassedOver) {
  for (auto damage : {"", "interfaces;", "#! xylem 3 1 0 a b\nc", "#! xylem 3 1700000000 0123 \"root", "cc"}) {
    Disk disk;
    for (auto text : {"a", "b", "c"}) save(disk, text);
    auto& file = disk.now.at("config.3")->now;
    file = std::string(damage) == "cc" ? file + "c" : damage;
    EXPECT_EQ(current(disk), "b") << damage;
    EXPECT_EQ(current(disk, 1), "a") << damage;
    save(disk, "d");
    EXPECT_EQ(current(disk), "d") << "the damaged number is not used again";
    EXPECT_EQ(current(disk, 1), "b");
  }
}

TEST(Store, AFileUnderAnotherNumberDoesNotCount) {
  Disk disk;
  save(disk, "a");
  disk.now["config.7"] = disk.now.at("config.1");
  disk.now["config.007"] = disk.now.at("config.1");
  disk.now["config.7x"] = disk.now.at("config.1");
  disk.now["config.99999999999999999999"] = disk.now.at("config.1");
  EXPECT_EQ(current(disk), "a");
  EXPECT_EQ(current(disk, 1), "(none)");
  save(disk, "b");
  EXPECT_EQ(current(disk), "b");
}

TEST(Store, APowerCutAtAnyStepLeavesTheOldOrTheNew) {
  uint cuts = 0, outcomes = 0;
  for (uint rollbacks : {0u, 1u, 5u}) {
    for (uint earlier : {0u, 1u, 7u}) {
      for (int steps = 0;; ++steps) {
        Disk disk;
        for (uint i = 0; i < earlier; ++i) save(disk, kj::str("old", i), rollbacks);
        auto old = earlier == 0 ? std::string("(none)") : kj::str("old", earlier - 1).cStr();
        bool finished = false;
        try {
          save(disk, "new", rollbacks, steps);
          finished = true;
        } catch (PowerCut) {
          ++cuts;
        }
        for (size_t version = 0; version < disk.versions.size(); ++version) {
          for (auto data : {Disk::Data::LOST, Disk::Data::CUT, Disk::Data::KEPT}) {
            auto next = disk.after(version, data);
            auto found = current(next);
            EXPECT_TRUE(found == "new" || (found == old && !finished)) << steps << " " << version << " " << found;
            if (earlier > 1 && rollbacks > 0) {
              EXPECT_EQ(current(next, 1), found == "new" ? old : kj::str("old", earlier - 2).cStr()) << steps;
            }
            save(next, "after", rollbacks);
            EXPECT_EQ(current(next), "after") << steps;
            ++outcomes;
          }
        }
        if (finished) break;
      }
    }
  }
  EXPECT_GT(cuts, 40u);
  EXPECT_GT(outcomes, 200u);
}

TEST(Store, OnARealDisk) {
  char path[] = "/tmp/store-test-XXXXXX";
  ASSERT_NE(mkdtemp(path), nullptr);
  auto directory = kj::str(path, "/inner");
  {
    auto files = filesIn(directory);
    Store store(*files, 2);
    for (auto text : {"a", "b", "c", "d\xc3\xbc\n"}) store.save(text, 1, "me", "");
  }
  auto files = filesIn(directory);
  Store store(*files, 2);
  EXPECT_EQ(textOf(store.load()), "d\xc3\xbc\n");
  EXPECT_EQ(textOf(store.load(2)), "b");
  EXPECT_EQ(textOf(store.load(3)), "(none)");
  EXPECT_EQ(store.history().size(), 3u);
  struct stat info;
  ASSERT_EQ(stat(kj::str(directory, "/config.4").cStr(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_ANY_THROW(filesIn(kj::str(path, "/not/there")));
  for (auto& name : files->list()) {
    if (!name.startsWith(".")) files->remove(name);
  }
  rmdir(directory.cStr());
  rmdir(path);
}

}  // namespace
}  // namespace xylem::rtrmgr
