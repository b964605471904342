#pragma once
// Values of a slice file as words: rates, times, shares, sizes. Reading takes what printing gives.

#include <kj/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xylem::slice {

std::optional<uint64_t> readRate(std::string_view word);
// Bits per second: `9600`, `64k`, `100M`, `2.5G`; powers of 1000.
std::string printRate(uint64_t bits);

std::optional<kj::Duration> readTime(std::string_view word);
// `250us`, `13ms`, `1.5s`, `2m`, `3h`, `14d`; not negative, at most ten years.
std::string printTime(kj::Duration time);

std::optional<double> readShare(std::string_view word);
// `0.1%` or `0.001`: from 0 to 1.
std::string printShare(double share);

std::optional<uint64_t> readBytes(std::string_view word);
// `65536`, `512k`, `64M`, `2G`; powers of 1024.

std::optional<double> readProcessors(std::string_view word);
// `0.25`, `25%`, `2`; above 0, at most 1024.

bool isName(std::string_view word);
// Of a slice or a node: [a-z][a-z0-9-]{0,30}.

bool isDevice(std::string_view word);
// Of an interface: letters, digits, `-`, `_` and `.`, at most 15 of them; not `lo`.

std::string word(double value);
// Up to six significant digits, no exponent.

}  // namespace xylem::slice
