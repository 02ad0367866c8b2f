// The settings of each struct of config.h: name, type, unit, range, default and consequence, once. The YAML reader, its
// complaints and the reference page are made from them.
#pragma once

#include "config/reader.h"

namespace larder::config {

template <>
const Settings<Listener>& settings();
template <>
const Settings<Admin>& settings();
template <>
const Settings<HealthCheck>& settings();
template <>
const Settings<Upstream>& settings();
template <>
const Settings<RequestFields>& settings();
template <>
const Settings<Route>& settings();
template <>
const Settings<FileSystem>& settings();
template <>
const Settings<Layer>& settings();
template <>
const Settings<StrategyConfiguration>& settings();
template <>
const Settings<Strategy>& settings();
template <>
const Settings<Limits>& settings();
template <>
const Settings<Config>& settings();

// What a layer of that name is made of if the file does not say; REDIS, which this version does not have: it must say.
Technology usual_technology(LayerName);

}  // namespace larder::config
