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
    }
    assert(false);
    return "";
}

}  // namespace larder::storage
