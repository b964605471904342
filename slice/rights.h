#pragma once
// What this process may do here: make slices as root, each with users of its own; or as an ordinary user, in a user
// namespace in which that user is all that there is.

#include <slice/model.h>

#include <string>
#include <vector>

namespace xylem::slice {

bool isRootless();
// Not root, or root of a user namespace without the users that slices have.

std::string whyNoUserNamespace();
// What keeps this user from making one, and what to do about it; empty: nothing.

void enterOwnNamespace();
// For a keeper that is rootless, before anything else: into a new user namespace with this user as its root, a
// mount and a network namespace. All mounts go with its last process.

std::vector<std::string> beyondRights(const Slice& slice);
// What of it a user without rights cannot have, and what to do about it.

bool enterKeeperOf(int user);
// Into the user namespace that a node's own one is in; for this user that is his own. False if he may not.

}  // namespace xylem::slice
