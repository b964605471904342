#pragma once
// A graph as a picture, in the language of Graphviz.

#include <functional>
#include <string>

namespace xylem::click {

struct Flat;

std::string dot(const Flat& flat, const std::function<std::string(size_t element)>& note);
// A box for each element, with its name, its class and the note about it, if it is not empty; an arrow for each
// connection, with the numbers of its ports at both ends.

}  // namespace xylem::click
