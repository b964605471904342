// A file of MRT records. What is read is written and read again, and must be the same bytes then.

#include <protocols/bgp/mrt.h>

#include <kj/debug.h>

using namespace xylem;
using namespace xylem::bgp;

namespace {

template <typename T> void check(kj::Maybe<T> value, kj::Date at, kj::Maybe<T> (*read)(const mrt::Record&)) {
  KJ_IF_MAYBE (some, value) {
    net::ByteWriter first, second;
    mrt::write(first, *some, at);
    net::ByteReader in(first.bytes());
    mrt::Record record;
    KJ_ASSERT(mrt::next(in, record) && in.done());
    KJ_IF_MAYBE (again, read(record))
      mrt::write(second, *again, record.at);
    else
      KJ_FAIL_ASSERT("what was written cannot be read");
    KJ_ASSERT(first.bytes() == second.bytes());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  net::ByteReader in(kj::arrayPtr(data, size));
  for (mrt::Record record; mrt::next(in, record);) {
    check(mrt::readPeerTable(record), record.at, &mrt::readPeerTable);
    check(mrt::readRib(record), record.at, &mrt::readRib);
    check(mrt::readMessage(record), record.at, &mrt::readMessage);
    check(mrt::readStateChange(record), record.at, &mrt::readStateChange);
  }
  return 0;
}
