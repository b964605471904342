// A classic BPF program over the netlink header and the first bytes behind it. The kernel runs it in the writer's own
// system call, for each change that the writer makes: so it takes out first what is most.
//
// The program reads its words in network order, while netlink has them in the machine's own.

#include <fea/kernel-filter.h>

#include <arpa/inet.h>
#include <kj/debug.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <cstddef>

namespace xylem::fea {

void ignoreOwn(const Netlink& events, uint32_t ownPort, uint8_t protocol) {
  constexpr uint TYPE = offsetof(nlmsghdr, nlmsg_type), FLAGS = offsetof(nlmsghdr, nlmsg_flags);
  constexpr uint PORT = offsetof(nlmsghdr, nlmsg_pid), PROTOCOL = NLMSG_HDRLEN + offsetof(rtmsg, rtm_protocol);
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE),                          // 0
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWNEXTHOP), 7, 0),  // 1: to 9
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELNEXTHOP), 6, 0),  // 2: to 9
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 0, 2),    // 3: or to 6
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, FLAGS),                         // 4
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_REPLACE), 3, 6),  // 5: to 9 or 12
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),    // 6: or to 11
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL),                      // 7
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 0, 3),               // 8: or to 12
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PORT),                          // 9
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(ownPort), 1, 0),         // 10: to 12
      BPF_STMT(BPF_RET | BPF_K, ~0u),                                    // 11
      BPF_STMT(BPF_RET | BPF_K, 0),                                      // 12
  };
  sock_fprog filter{sizeof(program) / sizeof(program[0]), program};
  KJ_SYSCALL(setsockopt(events.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
}

}  // namespace xylem::fea
