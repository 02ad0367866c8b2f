// A key looked up: what is stored, changed by what is pending. On a reader.
#pragma once

#include <memory>

#include "storage/disk/engine.h"
#include "storage/disk/source.h"

namespace larder::storage::disk {

Layer::Found find(Engine&, const std::shared_ptr<Link>&, const KeyView&, const Layer::Choose&);

}  // namespace larder::storage::disk
