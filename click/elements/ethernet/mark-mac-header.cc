// Their steps are in the header, to be inlined into the loops over a batch.

#include <click/elements/ethernet/mark-mac-header.h>

namespace xylem::click {

const Kind MarkMACHeader::KIND = kindOf<MarkMACHeader>("MarkMACHeader", "1/1", "a/a");
const Kind StripToNetworkHeader::KIND = kindOf<StripToNetworkHeader>("StripToNetworkHeader", "1/1", "a/a");

}  // namespace xylem::click
