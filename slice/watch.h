#pragma once
// Changes of files and folders, as the kernel tells them (inotify).

#include <kj/io.h>
#include <xrl/loop.h>

#include <string>

namespace xylem::slice {

class Watch {
 public:
  explicit Watch(xrl::Loop& loop);
  KJ_DISALLOW_COPY(Watch);

  bool add(const std::string& path, uint32_t what);
  // From now on also what happens to that, of the kinds IN_... of `what`. False if there is nothing of that path; to
  // add what is watched already changes nothing.

  kj::Promise<void> next();
  // Something has happened since the last time. One wait at a time.

 private:
  xrl::Loop& loop;
  kj::AutoCloseFd queue;
};

class Ended {
  // Tells when a process has ended, whosever child it is. What the number stood for when this was made is meant, even
  // if it comes to stand for another one.
 public:
  explicit Ended(pid_t process);

  bool isOver(int milliseconds) const;
  // By then at the latest; at once with 0.
  bool signal(int number) const;
  // False if it has ended.
  int fd() const { return process; }
  // Readable once it has ended; negative if it had when this was made.

 private:
  kj::AutoCloseFd process;
};

}  // namespace xylem::slice
