// The edges of a circuit: thinned boundary lines, walls, and the table that the rays read.
#pragma once

#include "racer/track.hpp"

namespace racer {

// Thins both boundaries jointly and sets the stations' widths to the thinned lines. Reads the
// stations' positions, tangents and widths; station 0 becomes portal 0.
void place_portals(Track& track);

// Walls `runoff` metres beyond the edges, closer where a bend leaves less room. Reads the widths.
void place_walls(Track& track, double runoff);

// Reads the portals.
void fill_ray_table(Track& track);

}  // namespace racer
