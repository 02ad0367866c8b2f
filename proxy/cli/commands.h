// The verbs of the command line, one function each. Each returns the exit code: 0 fine, 1 failed, 2 wrong usage or
// configuration.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace larder::proxy::cli {

// Runs the proxy until it is told to stop. `file` empty: flags alone.
int serve(const std::string& file, const config::Flags& flags);

// Says what is wrong with a configuration file, or that nothing is.
int check(const std::string& file, bool json);

// Prints the reference of all settings.
int reference();

struct AdminTarget {
    std::string address;     // --admin, LARDER_ADMIN, or 127.0.0.1:9180
    std::string token_file;  // --token-file; else LARDER_TOKEN, else the default data_dir's
};

struct Purge {
    std::vector<std::string> urls;
    std::string pattern;
    std::vector<std::string> tags;
    bool all = false;
    bool soft = false;
    bool dry_run = false;
    std::string reason;
    bool json = false;
};
int purge(const AdminTarget& target, const Purge& what);

struct Keys {
    std::string prefix;
    std::string strategy;
    std::string tag;
    std::string type;
    std::size_t limit = 0;  // 0: all there are
    bool json = false;      // one document, {"keys":[...]}, a key a line
};
int keys(const AdminTarget& target, const Keys& what);

struct Explain {
    std::string method;
    std::string url;
    std::vector<std::string> fields;  // "Name: value"
    std::string content;
    int status = 0;  // of a response to judge; 0: none, unless it has fields
    std::vector<std::string> response_fields;
    bool json = false;
};
// What the running Larder would do with a request, and why.
int explain(const AdminTarget& target, const Explain& what);

// What the running Larder has counted.
int stats(const AdminTarget& target, bool json);

// Makes the running Larder read its configuration again. 2: it is wrong, and the old one stays.
int reload(const AdminTarget& target);

// What lies in the directory of a FILE_SYSTEM layer that no Larder has open.
int storage_verify(const std::string& directory, bool json);
int storage_stats(const std::string& directory, bool json);

}  // namespace larder::proxy::cli
