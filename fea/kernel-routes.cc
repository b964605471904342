// Reading routes back (rtnetlink(7), linux/rtnetlink.h).

#include <fea/kernel-routes.h>

#include <netlink/msg.h>

namespace xylem::fea {

RouteRow::RouteRow(const nlmsghdr& message) {
  auto& header = *static_cast<rtmsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
  Attributes attributes(message, sizeof(rtmsg));
  protocol = header.rtm_protocol;
  type = header.rtm_type;
  table = attributes.u32(RTA_TABLE, header.rtm_table);
  metric = attributes.u32(RTA_PRIORITY);
  kernelId = attributes.u32(RTA_NH_ID);
  isCopy = header.rtm_flags & RTM_F_CLONED;
  auto address = attributes.ip(RTA_DST);
  if (!attributes.has(RTA_DST)) address = header.rtm_family == AF_INET6 ? net::Ip(net::Ip6()) : net::Ip(net::Ip4());
  KJ_IF_MAYBE (exact, net::IpNet::exactly(address, header.rtm_dst_len)) net = *exact;
}

}  // namespace xylem::fea
