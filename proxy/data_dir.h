// DATA_DIR: what outlives the process, and who may use it. One process at a time has its lock.
//
//   lock      held while a process runs with this directory; its pid stands in it
//   identity  text: the secret seed of key hashes, the number of the run, the layers' directories in it
//   no_vary_search  text: see proxy/searches.h
//
// Control thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder::proxy {

class DataDir {
  public:
    // Makes the directory. Throws std::runtime_error with a message that says what to change.
    explicit DataDir(std::string path);
    ~DataDir();
    DataDir(const DataDir&) = delete;
    DataDir& operator=(const DataDir&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

    // False: another process has it; holder() says which. Throws as above.
    bool lock();
    // As soon as that one is gone. False: not yet, or it cannot be tried at this moment.
    bool try_lock() noexcept;
    pid_t holder() const;

    struct Identity {
        std::uint64_t seed = 0;
        std::uint64_t run = 0;            // larger than that of every run before: the start's time, or one more
        std::vector<std::string> layers;  // of the run before: only there is what is stored known to be up to date
        bool kept = true;                 // false: it could not be written, so the next run will not know it
    };
    // Reads it, or makes one, and counts this run. A file that is not as written counts as none: stored responses can
    // then not be found any more, and go. `now`: Unix seconds.
    Identity begin_run(std::uint64_t now);
    // What the running configuration keeps its layers in, for the next run. On disk when it returns true; false leaves
    // the former list, as on a full disk.
    bool use_layers(const std::vector<std::string>& directories);
    // Whatever process wrote it: the next run is not to trust what any layer holds. Any thread; no exception.
    void distrust_layers() const noexcept;

  private:
    std::optional<Identity> read() const;
    bool write(const Identity&) const;

    const std::string path_;
    const std::string identity_file_;
    int lock_ = -1;
    Identity identity_;
};

}  // namespace larder::proxy
