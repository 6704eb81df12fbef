#pragma once

#include <cstdio>
#include <string>

namespace racer {

// A number for a sentence: whole ones without decimals, others with as many as say something.
[[nodiscard]] inline std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

}  // namespace racer
