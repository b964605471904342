// A file per key, `NAME/spec` below the folder for `slices/NAME/spec`, with the revision in its first line. It is
// written aside and renamed, under a lock of the folder. Leases are locks on bytes of one file, the byte being chosen
// by the name, so that no lock leaves a file.

#include <slice/names.h>
#include <slice/store.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <sys/file.h>
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

class FileStore final : public Store {
 public:
  explicit FileStore(const std::string& folder) : folder(folder) {
    if (mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST)
      KJ_FAIL_SYSCALL("cannot make the folder of slices", errno, folder.c_str());
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
        if (value.is_regular_file(error) && key.starts_with(prefix)) out.push_back(key);
      }
    return out;
  }

  kj::Maybe<kj::Own<Lease>> lease(const std::string& name) override {
    auto file = openOrMake(folder + "/lock");
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    wanted.l_start = off_t(hashOf(name) >> 2);
    wanted.l_len = 1;
    if (fcntl(file, F_OFD_SETLK, &wanted) < 0) return nullptr;
    return kj::Own<Lease>(kj::heap<FileLease>(kj::mv(file)));
  }

 private:
  std::string path(const std::string& key) const {
    KJ_REQUIRE(key.starts_with("slices/") && key.find("..") == std::string::npos, "a strange key", key.c_str());
    return folder + key.substr(6);
  }

  std::string folder;
};

}  // namespace

kj::Own<Store> fileStore(const std::string& folder) { return kj::heap<FileStore>(folder); }

std::string sliceFolder() {
  auto given = getenv("XYLEM_SLICES");
  return given == nullptr ? "/run/xylem-slices" : given;
}

}  // namespace xylem::slice
