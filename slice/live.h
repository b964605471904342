#pragma once
// The verbs that act on slices that run, or are to. Exit statuses as in verbs.h.

#include <slice/verbs.h>

namespace xylem::slice {

int nobody(const std::string& name);
// Says that there is no such slice.

int create(const std::string& file, const std::vector<std::string>& nodes, Options options);
int planVerb(const std::string& file, const std::vector<std::string>& nodes, Options options);
// Only those nodes, beside those that there are; all if none is named.
int destroy(const std::string& name, Options options);
int show(const std::string& name, const std::string& what, Options options);
// All slices if no name is given; one node or link if `what` names it.
int watch(const std::string& name, const std::string& what, Options options);
// The same again after each change: of one slice until it is gone, of all for ever.
int renew(const std::string& name, const std::string& time, Options options);
// As long as the file says if no time is given.
int control(const std::string& name, const std::string& verb, const std::vector<std::string>& nodes, Options options);
int impair(const std::string& name, const std::vector<std::string>& words, bool clear, Options options);
// LINK or LINK way, then KEY=VALUE...
int cut(const std::string& name, const std::vector<std::string>& link, bool up, Options options);
int events(const std::string& name, bool follow, Options options);
int exec(const std::string& name, const std::string& node, std::vector<std::string> command);
int shell(const std::string& name, const std::string& node);
int cli(const std::string& name, const std::string& node, const std::vector<std::string>& commands);
int capture(const std::string& name, const std::vector<std::string>& what, const std::string& filter,
            const std::string& file, uint64_t most);
// Packets of nodes, or of NODE:INTERFACE, as one pcapng stream into a file (`-`: standard output), until so many have
// come (0: any number) or it is interrupted.
int graph(const std::string& name, bool asMermaid, Picture picture);
int save(const std::string& name, const std::string& folder, bool forwarding, Options options);
// With `forwarding`, also what each router forwards by: the stream of fea.capnp, in NODE.forwarding.
int gc(Options options);

}  // namespace xylem::slice
