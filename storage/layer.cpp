#include "storage/layer.h"

#include <cassert>

namespace larder::storage {

const char* word(Stored outcome) {
    switch (outcome) {
        case Stored::yes:
            return "yes";
        case Stored::invalidated:
            return "invalidated";
        case Stored::too_large:
            return "too_large";
        case Stored::superseded:
            return "superseded";
        case Stored::failed:
            return "failed";
        case Stored::skipped:
            return "skipped";
    }
    assert(false);
    return "";
}

const char* word(LayerError error) {
    switch (error) {
        case LayerError::read:
            return "read";
        case LayerError::write:
            return "write";
        case LayerError::full:
            return "full";
        case LayerError::damaged:
            return "damaged";
        case LayerError::busy:
            return "busy";
        case LayerError::timeout:
            return "timeout";
    }
    assert(false);
    return "";
}

}  // namespace larder::storage
