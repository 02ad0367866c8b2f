#include "storage/disk/verify.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "storage/disk/bytes.h"
#include "storage/disk/content.h"
#include "storage/disk/indexes.h"

namespace larder::storage {

namespace {

using namespace disk;

constexpr std::size_t most_told = 100;
constexpr std::uint64_t progress_step = 10'000;

// The directory, locked.
std::unique_ptr<Directory> locked(const std::string& path) {
    if (!std::filesystem::exists(path + "/data.mdb")) {
        throw std::runtime_error("there is no storage in " + path +
                                 "; name the directory of a FILE_SYSTEM layer, such as DATA_DIR/objects");
    }
    auto directory = std::make_unique<Directory>(path);
    if (!directory->lock()) {
        throw std::runtime_error(path + " is in use by process " + std::to_string(directory->holder()) +
                                 "; stop it first, or ask it: larder stats");
    }
    return directory;
}

void open(Environment& environment, const std::string& path) {
    try {
        environment.open(std::filesystem::file_size(path + "/data.mdb"), true);
    } catch (const Failure& failure) {
        throw std::runtime_error(path + "/data.mdb cannot be read: " + failure.what());
    }
}

class Verifying {
  public:
    Verifying(Environment& environment, VerifyReport& report)
        : content_(environment, Transaction::Mode::read), report_(report) {}

    void run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
        const std::uint64_t objects = content_.transaction().entries(content_.tables().objects);
        each(content_.tables().objects, [&](const std::string& key) {
            object(number_at(key, 0));
            if (progress && report_.objects % progress_step == 0) progress(report_.objects, objects);
        });
        each(content_.tables().keys, [&](const std::string& key) { this->key(hash_at(key, 0)); });
        each(content_.tables().unowned, [&](const std::string&) { ++report_.unowned_bodies; });
        const Tables& tables = content_.tables();
        for (const MDB_dbi table : {tables.tags, tables.strategies, tables.resources, tables.fresh, tables.leaves}) {
            same_count(table, expected_[table], "entries of objects");
        }
        same_count(tables.paths, report_.keys, "keys");
        same_count(tables.recency, report_.keys, "keys");
        // Bodies without a record have some too.
        if (report_.unowned_bodies == 0) same_count(tables.parts, parts_, "parts of objects");
        if (progress) progress(objects, objects);
    }

  private:
    // Keys are copied: what is done with one may move the cursor's page.
    template <class Do>
    void each(MDB_dbi table, Do what) {
        Cursor cursor(content_.transaction(), table);
        for (bool there = cursor.first(); there; there = cursor.next()) what(std::string(cursor.key()));
    }

    void fault(std::string text) {
        ++report_.faults;
        if (report_.first_faults.size() < most_told) report_.first_faults.push_back(std::move(text));
    }

    void object(std::uint64_t number) {
        ++report_.objects;
        const std::string name = "object " + std::to_string(number);
        const auto record = content_.load(number);
        if (!record) return fault(name + ": its record is damaged");
        const std::string whose = name + " of " + record->key_text;
        const auto entry = content_.key(record->hash);
        if (!entry || std::find(entry->numbers.begin(), entry->numbers.end(), number) == entry->numbers.end()) {
            fault(whose + ": its key does not know it");
        }
        for (const IndexEntry& index : index_entries(content_.tables(), *record, number)) {
            ++expected_[index.table];
            if (!content_.transaction().get(index.table, index.key)) {
                fault(whose + ": missing in the table " + table_names[place(index.table)]);
            }
        }
        if (record->head_in_parts) parts_ += content_.parts().count(encode(*record).size());
        report_.body_bytes += record->body_size;
        if (record->body_number == 0) return;
        parts_ += content_.parts().count(record->body_size);
        Account account;
        std::vector<Body::Piece> piece;
        constexpr std::uint64_t step = 1024 * 1024;
        for (std::uint64_t at = 0; at < record->body_size; at += step) {
            piece.clear();
            if (!read_pieces(content_.parts(), account, record->body_number, record->body_size, at,
                             std::min(step, record->body_size - at), piece)) {
                return fault(whose + ": its body is damaged");
            }
        }
    }

    void key(const KeyHash& hash) {
        ++report_.keys;
        const auto entry = content_.key(hash);
        if (!entry) return fault("a key's entry is damaged");
        std::string text;
        for (const std::uint64_t number : entry->numbers) {
            const auto record = content_.load(number);
            if (!record) {
                fault("a key names object " + std::to_string(number) + ", which is not there");
                continue;
            }
            if (text.empty() && !content_.transaction().get(content_.tables().paths, path_key(record->key()))) {
                fault(record->key_text + ": missing in the table paths");
            }
            text = record->key_text;
        }
        if (!content_.transaction().get(content_.tables().recency, KeyBytes().time(entry->indexed).hash(hash))) {
            fault(text + ": missing in the table recency");
        }
    }

    void same_count(MDB_dbi table, std::uint64_t expected, const char* of_what) {
        const std::uint64_t there = content_.transaction().entries(table);
        if (there == expected) return;
        fault(std::string("the table ") + table_names[place(table)] + " has " + std::to_string(there) +
              " entries for " + std::to_string(expected) + " " + of_what);
    }

    std::size_t place(MDB_dbi table) const {
        const Tables& t = content_.tables();
        const MDB_dbi all[] = {t.meta,       t.objects,   t.parts, t.keys,   t.paths,   t.tags,
                               t.strategies, t.resources, t.fresh, t.leaves, t.recency, t.unowned};
        return static_cast<std::size_t>(std::find(std::begin(all), std::end(all), table) - std::begin(all));
    }

    Content content_;
    VerifyReport& report_;
    std::unordered_map<MDB_dbi, std::uint64_t> expected_;
    std::uint64_t parts_ = 0;
};

}  // namespace

StorageFigures storage_figures(const std::string& path) {
    const auto directory = locked(path);
    if (const std::string why = directory->unsound(); !why.empty()) {
        throw std::runtime_error(path + "/data.mdb is damaged: " + why + "; Larder will start empty");
    }
    Environment environment(*directory, 4);
    open(environment, path);
    Content content(environment, Transaction::Mode::read);
    StorageFigures figures;
    figures.file_bytes = std::filesystem::file_size(path + "/data.mdb");
    figures.used_bytes = environment.used_pages(content.transaction()) * environment.page_bytes();
    if (const auto about = content.about()) figures.format_version = about->version;
    const Tables& t = content.tables();
    const MDB_dbi all[] = {t.meta,       t.objects,   t.parts, t.keys,   t.paths,   t.tags,
                           t.strategies, t.resources, t.fresh, t.leaves, t.recency, t.unowned};
    for (std::size_t i = 0; i < std::size(all); ++i) {
        const MDB_stat stat = content.transaction().stat(all[i]);
        figures.tables.push_back(
            {table_names[i], stat.ms_entries,
             (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * environment.page_bytes()});
        if (all[i] == t.keys) figures.keys = stat.ms_entries;
        if (all[i] == t.objects) figures.objects = stat.ms_entries;
    }
    return figures;
}

VerifyReport verify_storage(const std::string& path,
                            const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const auto directory = locked(path);
    VerifyReport report;
    const auto fault = [&](std::string text) {
        ++report.faults;
        report.first_faults.push_back(std::move(text));
    };
    if (const std::string why = directory->unsound(); !why.empty()) {
        fault("data.mdb: " + why);
        return report;
    }
    Environment environment(*directory, 4);
    open(environment, path);
    try {
        Verifying(environment, report).run(progress);
    } catch (const Failure& failure) {
        fault(std::string("data.mdb: ") + failure.what());
    }
    return report;
}

}  // namespace larder::storage
