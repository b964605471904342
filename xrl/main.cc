// The one file of the daemons that most routers run: it is whichever it is called as. The processes of a router so
// share their code in memory, whether they are of one router or of a hundred.
//
// PROGRAMS is X(NAME) for each; the build renames the `main` of each to main_NAME.

#include <kj/string.h>

#include <cstdio>
#include <cstring>

#define X(name) int main_##name(int, char**);
PROGRAMS
#undef X

int main(int argc, char** argv) {
  static constexpr struct {
    const char* name;
    int (*main)(int, char**);
  } ALL[] = {
#define X(name) {"xylem-" #name, main_##name},
      PROGRAMS
#undef X
  };
  const char* slash = strrchr(argv[0], '/');
  kj::StringPtr called = slash == nullptr ? argv[0] : slash + 1;
  for (auto& each : ALL)
    if (called == each.name) return each.main(argc, argv);
  fprintf(stderr, "%s: call it by a link with the name of what it shall be:", called.cStr());
  for (auto& each : ALL) fprintf(stderr, " %s", each.name);
  fputc('\n', stderr);
  return 1;
}
