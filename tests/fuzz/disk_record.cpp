// Records of the layer on disk: never a crash; what is accepted is what encoding makes of it again.
#include "storage/disk/record.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::storage::disk;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto sealed = unseal(bytes, 7); sealed && sealed->head.size() > bytes.size()) std::abort();
    const auto record = decode(bytes);
    if (!record) return 0;
    const auto again = decode(encode(*record));
    if (!again || encode(*again) != encode(*record)) std::abort();
    return 0;
}
