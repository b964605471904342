// A file per key, `NAME/spec` below the folder for `slices/NAME/spec`, with the revision in its first line. It is
// written aside and renamed, under a lock of the folder. Leases are locks on bytes of one file, the byte being chosen
// by the name, so that no lock leaves a file.
//
// The kernel can wait for such a lock, but not for a lock and something else: so a child waits for it. The lock belongs
// to the open file, which it shares with its parent.

#include <slice/names.h>
#include <slice/rights.h>
#include <slice/store.h>
#include <slice/watch.h>
#include <slice/words.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace xylem::slice {

namespace {

namespace fs = std::filesystem;

kj::AutoCloseFd openOrMake(const std::string& path) {
  int fd;
  KJ_SYSCALL(fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), path.c_str());
  return kj::AutoCloseFd(fd);
}

class FileLease final : public Store::Lease {
 public:
  explicit FileLease(kj::AutoCloseFd fd) : file(kj::mv(fd)) {}
  int fd() const override { return file; }

 private:
  kj::AutoCloseFd file;
};

struct flock lockOf(const std::string& name) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = off_t(hashOf(name) >> 2);
  lock.l_len = 1;
  return lock;
}

pid_t waitForLock(int file, const struct flock& wanted) {
  auto parent = getpid();
  pid_t child;
  KJ_SYSCALL(child = fork());
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  for (int each : {SIGINT, SIGTERM}) signal(each, SIG_DFL);
  // Nothing else that is open here shall outlive its owner.
  dup2(file, 0);
  close_range(1, ~0u, 0);
  auto lock = wanted;
  _exit(fcntl(0, F_OFD_SETLKW, &lock) == 0 ? 0 : 1);
}

class Waiting {
  // For a lock. The child ends with this.
 public:
  Waiting(kj::AutoCloseFd given, const std::string& name)
      : wanted(lockOf(name)), file(kj::mv(given)), child(waitForLock(file, wanted)) {}
  ~Waiting() noexcept(false) { child.signal(SIGKILL); }

  int fd() const { return child.fd(); }
  kj::Maybe<kj::Own<Store::Lease>> result() {
    if (fcntl(file, F_OFD_SETLK, &wanted) < 0) return nullptr;
    return kj::Own<Store::Lease>(kj::heap<FileLease>(kj::mv(file)));
  }

 private:
  struct flock wanted;
  kj::AutoCloseFd file;
  Ended child;
};

class FolderWatcher final : public Store::Watcher {
 public:
  FolderWatcher(xrl::Loop& loop, const std::string& folder, const std::string& slice)
      : folder(folder), slice(slice), changes(loop) {
    look();
  }
  kj::Promise<void> next() override {
    return changes.next().then([this]() { look(); });
  }

 private:
  void look() {
    // Folders of slices come and go.
    changes.add(folder, IN_CREATE | IN_DELETE | IN_ONLYDIR);
    std::error_code error;
    if (!slice.empty())
      changes.add(folder + "/" + slice, IN_MOVED_TO | IN_DELETE);
    else
      for (auto& each : fs::directory_iterator(folder, error))
        if (each.is_directory(error)) changes.add(each.path(), IN_MOVED_TO | IN_DELETE);
  }

  std::string folder, slice;
  Watch changes;
};

class FileStore final : public Store {
 public:
  FileStore(xrl::Loop& loop, const std::string& folder) : loop(loop), folder(folder) {
    if (mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST)
      KJ_FAIL_SYSCALL("cannot make the folder of slices", errno, folder.c_str());
    struct stat known;
    KJ_SYSCALL(stat(folder.c_str(), &known), folder.c_str());
    KJ_REQUIRE(known.st_uid == geteuid() && (known.st_mode & 022) == 0, "this folder of slices is somebody else's",
               folder.c_str());
  }

  kj::Maybe<Value> get(const std::string& key) override {
    std::ifstream file(path(key));
    Value value;
    std::string line;
    if (!std::getline(file, line)) return nullptr;
    value.revision = strtoull(line.c_str(), nullptr, 10);
    std::stringstream rest;
    rest << file.rdbuf();
    value.text = rest.str();
    return value;
  }

  bool put(const std::string& key, const std::string& text, uint64_t revision) override {
    auto lock = openOrMake(folder + "/lock");
    KJ_SYSCALL(flock(lock, LOCK_EX));
    uint64_t now = 0;
    KJ_IF_MAYBE (value, get(key)) now = value->revision;
    if (now != revision) return false;
    auto target = path(key), aside = target + ".new";
    auto slash = target.rfind('/');
    mkdir(target.substr(0, slash).c_str(), 0700);
    auto file = openOrMake(aside);
    auto content = std::to_string(now + 1) + "\n" + text;
    KJ_SYSCALL(ftruncate(file, 0));
    kj::FdOutputStream(file.get()).write(content.data(), content.size());
    KJ_SYSCALL(fsync(file));
    KJ_SYSCALL(rename(aside.c_str(), target.c_str()), target.c_str());
    return true;
  }

  void remove(const std::string& key) override { unlink(path(key).c_str()); }

  std::vector<std::string> list(const std::string& prefix) override {
    std::vector<std::string> out;
    std::error_code error;
    for (auto& slice : fs::directory_iterator(folder, error))
      for (auto& value : fs::directory_iterator(slice.path(), error)) {
        auto key = "slices/" + slice.path().filename().string() + "/" + value.path().filename().string();
        if (value.is_regular_file(error) && isName(slice.path().filename().string()) && key.starts_with(prefix))
          out.push_back(key);
      }
    return out;
  }

  kj::Maybe<kj::Own<Lease>> lease(const std::string& name) override {
    auto file = openOrMake(folder + "/lock");
    auto wanted = lockOf(name);
    if (fcntl(file, F_OFD_SETLK, &wanted) < 0) return nullptr;
    return kj::Own<Lease>(kj::heap<FileLease>(kj::mv(file)));
  }

  kj::Promise<kj::Maybe<kj::Own<Lease>>> lease(const std::string& name, kj::Duration patience) override {
    auto now = lease(name);
    if (now != nullptr) return kj::mv(now);
    auto waiting = kj::heap<Waiting>(openOrMake(folder + "/lock"), name);
    auto ended = loop.whenReadable(waiting->fd());
    return ended.exclusiveJoin(loop.timer().afterDelay(patience)).then([waiting = kj::mv(waiting)]() mutable {
      return waiting->result();
    });
  }

  kj::Own<Watcher> watch(const std::string& prefix) override {
    KJ_REQUIRE(prefix.starts_with("slices/"), "a strange prefix", prefix.c_str());
    auto rest = prefix.substr(7);
    return kj::heap<FolderWatcher>(loop, folder, rest.substr(0, rest.find('/')));
  }

 private:
  std::string path(const std::string& key) const {
    KJ_REQUIRE(key.starts_with("slices/") && key.find("..") == std::string::npos, "a strange key", key.c_str());
    return folder + key.substr(6);
  }

  xrl::Loop& loop;
  std::string folder;
};

}  // namespace

kj::Own<Store> fileStore(xrl::Loop& loop, const std::string& folder) { return kj::heap<FileStore>(loop, folder); }

std::string sliceFolder() {
  if (auto given = getenv("XYLEM_SLICES")) return given;
  if (!isRootless()) return "/run/xylem-slices";
  if (auto runtime = getenv("XDG_RUNTIME_DIR"); runtime != nullptr && access(runtime, W_OK) == 0)
    return std::string(runtime) + "/xylem-slices";
  return "/tmp/xylem-slices-" + std::to_string(geteuid());
}

}  // namespace xylem::slice
