// The words that stand for enumerators. One table an enumeration, in words.cpp; word() and enumerator() of config.h and
// the error texts are made from it.
#pragma once

#include <span>

#include "config/config.h"

namespace larder::config {

template <class E>
struct Word {
    E value;
    const char* text;
};

// All of them, in the order in which messages list them.
template <class E>
std::span<const Word<E>> words();

}  // namespace larder::config
