#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "proxy/cli/admin_client.h"
#include "proxy/cli/amounts.h"
#include "proxy/cli/table.h"
#include "storage/disk/verify.h"

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

json::object document(const storage::VerifyReport& report) {
    json::array faults(report.first_faults.begin(), report.first_faults.end());
    return {{"keys", report.keys},
            {"responses", report.objects},
            {"body_bytes", report.body_bytes},
            {"unowned_bodies", report.unowned_bodies},
            {"faults", report.faults},
            {"first_faults", std::move(faults)}};
}

json::object document(const storage::StorageFigures& figures) {
    json::array tables;
    for (const storage::TableFigures& table : figures.tables) {
        tables.push_back(json::object{{"name", table.name}, {"entries", table.entries}, {"bytes", table.bytes}});
    }
    return {{"format_version", figures.format_version},
            {"file_bytes", figures.file_bytes},
            {"used_bytes", figures.used_bytes},
            {"keys", figures.keys},
            {"responses", figures.objects},
            {"tables", std::move(tables)}};
}

}  // namespace

int storage_verify(const std::string& directory, bool as_json) {
    return run_verb("storage verify", [&] {
        // Where a person looks on.
        const bool watched = ::isatty(STDERR_FILENO) != 0;
        const auto progress = [&](std::uint64_t done, std::uint64_t of) {
            if (watched)
                std::cerr << '\r' << done << " of " << of << " responses" << (done == of ? "\n" : "") << std::flush;
        };
        const storage::VerifyReport report = storage::verify_storage(directory, progress);
        if (as_json) {
            std::cout << document(report) << '\n';
        } else {
            for (const std::string& fault : report.first_faults) std::cout << fault << '\n';
            std::cout << report.keys << " keys, " << report.objects << " responses, "
                      << size_text(static_cast<double>(report.body_bytes)) << " of bodies: ";
            std::cout << (report.faults == 0 ? "fine" : std::to_string(report.faults) + " faults") << '\n';
            if (report.unowned_bodies > 0) {
                std::cout << report.unowned_bodies << " bodies were left by a crash; the next start removes them\n";
            }
        }
        if (report.faults > 0) {
            throw Failure(1, "the storage is damaged; Larder drops what fails its check, or starts empty if it must");
        }
    });
}

int storage_stats(const std::string& directory, bool as_json) {
    return run_verb("storage stats", [&] {
        const storage::StorageFigures figures = storage::storage_figures(directory);
        if (as_json) {
            std::cout << document(figures) << '\n';
            return;
        }
        std::cout << figures.keys << " keys, " << figures.objects << " responses\n"
                  << "file " << size_text(static_cast<double>(figures.file_bytes)) << ", used "
                  << size_text(static_cast<double>(figures.used_bytes)) << ", format " << figures.format_version
                  << "\n\n";
        Table table({{"TABLE"}, {"ENTRIES", true}, {"SIZE", true}});
        for (const storage::TableFigures& one : figures.tables) {
            table.add({one.name, std::to_string(one.entries), size_text(static_cast<double>(one.bytes))});
        }
        table.print(std::cout);
    });
}

}  // namespace larder::proxy::cli
