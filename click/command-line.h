#pragma once
// The program `xylem click`: runs a configuration from a file, as the original's user-level driver does.

namespace xylem::click {

int runCommandLine(int argc, char** argv);

}  // namespace xylem::click
