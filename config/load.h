// Reading and checking a configuration: YAML text to Config, or a list of complaints that each name a place and a cure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace larder::config {

// One thing wrong with a configuration. Lines and columns count from 1; 0: the flags, or the file as a whole.
struct Complaint {
    std::string file;
    int line = 0;
    int column = 0;
    std::string field;     // upstreams[0].connect_timeout
    std::string found;     // what stands there
    std::string expected;  // what may stand there, and what to do
    bool operator==(const Complaint&) const = default;
};

// FILE:LINE:COLUMN: FIELD: found FOUND; expected EXPECTED
std::string to_string(const Complaint&);
// The same about what is legal, but surely not meant: FILE:LINE:COLUMN: warning: FIELD: ...
std::string warning_text(const Complaint&);

// What `serve` was given besides, or instead of, a file. Empty: not given. A flag overrides the file:
//   --listen     the listeners are the flags'; one that the file has with the same address keeps its other settings
//   --upstream   these are the servers of every upstream of the file, whose other settings and routes stay; without
//                one, of an upstream `default` that gets everything. Without scheme: http
//   the others   replace the file's value
struct Flags {
    std::vector<std::string> listen;
    std::vector<std::string> upstream;
    std::string admin;
    std::string data_dir;
    std::optional<unsigned> threads;
    std::string access_log;
};

using Loaded = std::variant<Config, std::vector<Complaint>>;

// Reads, completes and checks. `text` empty and `name` empty: flags alone. Never throws on bad input; the complaints
// are in file order and at most 50; those about flags say "command line" for the file. What it fills in: `memory`;
// `layers` when the file names none (L1_APPLICATION in MEMORY with a quarter of `memory`, L3_DATABASE in FILE_SYSTEM
// with 10 GiB); `strategies` when the file does not have that key
// (`default`, /**, OTHER, ttl_mode origin, READ_THROUGH, in the slowest active layer). `routes` may stay empty: then
// everything goes to the first upstream. `warnings`, unless null, gets what is legal and surely not meant, in file
// order; nothing where there are complaints.
Loaded load(std::string_view text, const std::string& name, const Flags&, std::vector<Complaint>* warnings = nullptr);
Loaded load_file(const std::string& path, const Flags&, std::vector<Complaint>* warnings = nullptr);

// The same for a process that runs with `running`; besides, data_dir and threads must be as they are.
Loaded load_for_reload(const Config& running, const std::string& path, const Flags&,
                       std::vector<Complaint>* warnings = nullptr);

// The reference page: every setting with type, default, range and consequence, as Markdown.
std::string reference();

}  // namespace larder::config
