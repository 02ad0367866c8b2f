#include "policy/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

#include "policy/fields.h"

namespace larder::policy {

namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t short_weekday = 3;

// Takes a date apart from the left. The first thing out of place makes it bad, for good.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    void literal(std::string_view expected) {
        if (!same_name(rest_.substr(0, expected.size()), expected)) good_ = false;
        skip(expected.size());
    }

    int digits(std::size_t count) {
        if (rest_.size() < count) good_ = false;
        int value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') good_ = false;
            value = value * 10 + (c - '0');
        }
        skip(count);
        return value;
    }

    // asctime's day: 2DIGIT / ( SP 1DIGIT ).
    int padded_day() {
        if (!rest_.starts_with(' ')) return digits(2);
        skip(1);
        return digits(1);
    }

    unsigned month() {
        for (unsigned i = 0; i < months.size(); ++i) {
            if (!same_name(rest_.substr(0, months[i].size()), months[i])) continue;
            skip(months[i].size());
            return i + 1;
        }
        good_ = false;
        return 1;
    }

    // Any of the seven: a date is one also where its weekday is another's (RFC 9110 section 5.6.7 asks to be robust).
    void weekday(std::size_t at_most) {
        for (const std::string_view weekday : weekdays) {
            const std::string_view name = weekday.substr(0, at_most);
            if (same_name(rest_.substr(0, name.size()), name)) return skip(name.size());
        }
        good_ = false;
    }

    void time_of_day() {
        hour_ = digits(2);
        literal(":");
        minute_ = digits(2);
        literal(":");
        second_ = digits(2);
    }

    std::optional<UnixTime> finish(int year, unsigned month, int day) const {
        if (!good_ || !rest_.empty()) return std::nullopt;
        const chrono::year_month_day date{chrono::year(year), chrono::month(month),
                                          chrono::day(static_cast<unsigned>(day))};
        if (!date.ok() || hour_ > 23 || minute_ > 59) return std::nullopt;
        const bool leap_second = second_ == 60 && minute_ == 59 && hour_ == 23;
        if (second_ > 59 && !leap_second) return std::nullopt;
        const chrono::sys_days days{date};
        // RFC 9111 section 4.2: the nearest time that can be represented and is not later.
        return UnixTime{days.time_since_epoch().count()} * 86400 + second_of_day();
    }

    UnixTime second_of_day() const { return hour_ * 3600 + minute_ * 60 + std::min(second_, 59); }

    bool good() const { return good_; }

  private:
    void skip(std::size_t n) { rest_.remove_prefix(std::min(n, rest_.size())); }

    std::string_view rest_;
    bool good_ = true;
    int hour_ = 0, minute_ = 0, second_ = 0;
};

std::optional<UnixTime> parse_imf_fixdate(std::string_view text) {
    Scanner scan(text);
    scan.weekday(short_weekday);
    scan.literal(", ");
    const int day = scan.digits(2);
    scan.literal(" ");
    const unsigned month = scan.month();
    scan.literal(" ");
    const int year = scan.digits(4);
    scan.literal(" ");
    scan.time_of_day();
    scan.literal(" GMT");
    return scan.finish(year, month, day);
}

std::optional<UnixTime> parse_rfc850_date(std::string_view text, UnixTime now) {
    Scanner scan(text);
    scan.weekday(std::string_view::npos);
    scan.literal(", ");
    const int day = scan.digits(2);
    scan.literal("-");
    const unsigned month = scan.month();
    scan.literal("-");
    const int short_year = scan.digits(2);
    scan.literal(" ");
    scan.time_of_day();
    scan.literal(" GMT");
    if (!scan.good()) return std::nullopt;
    // RFC 9110 section 5.6.7: more than 50 years in the future means the most recent such year in the past.
    const chrono::year_month_day today{chrono::floor<chrono::days>(chrono::sys_seconds(chrono::seconds(now)))};
    const int this_year = static_cast<int>(today.year());
    int year = this_year / 100 * 100 + short_year;
    if (year <= this_year - 50) year += 100;
    if (year > this_year + 50) year -= 100;
    const bool later_in_the_year = std::tuple(month, day, scan.second_of_day()) >
                                   std::tuple(static_cast<unsigned>(today.month()),
                                              static_cast<int>(static_cast<unsigned>(today.day())), now % 86400);
    if (year == this_year + 50 && later_in_the_year) year -= 100;
    return scan.finish(year, month, day);
}

std::optional<UnixTime> parse_asctime_date(std::string_view text) {
    Scanner scan(text);
    scan.weekday(short_weekday);
    scan.literal(" ");
    const unsigned month = scan.month();
    scan.literal(" ");
    const int day = scan.padded_day();
    scan.literal(" ");
    scan.time_of_day();
    scan.literal(" ");
    const int year = scan.digits(4);
    return scan.finish(year, month, day);
}

void append_number(std::string& out, int value, int digits) {
    for (int divisor = digits == 4 ? 1000 : 10; divisor > 0; divisor /= 10) {
        out += static_cast<char>('0' + value / divisor % 10);
    }
}

}  // namespace

std::optional<UnixTime> parse_http_date(std::string_view text, UnixTime now) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) return parse_asctime_date(text);
    return comma == short_weekday ? parse_imf_fixdate(text) : parse_rfc850_date(text, now);
}

std::string http_date(UnixTime time) {
    constexpr UnixTime year_0 = -62167219200, year_9999_end = 253402300799;
    time = std::clamp(time, year_0, year_9999_end);
    const chrono::sys_seconds seconds{chrono::seconds(time)};
    const auto days = chrono::floor<chrono::days>(seconds);
    const chrono::year_month_day date{days};
    const chrono::hh_mm_ss clock{seconds - days};

    std::string out;
    out.reserve(29);
    out += weekdays[chrono::weekday(days).c_encoding()].substr(0, short_weekday);
    out += ", ";
    append_number(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
    out += ' ';
    out += months[static_cast<unsigned>(date.month()) - 1];
    out += ' ';
    append_number(out, static_cast<int>(date.year()), 4);
    out += ' ';
    append_number(out, static_cast<int>(clock.hours().count()), 2);
    out += ':';
    append_number(out, static_cast<int>(clock.minutes().count()), 2);
    out += ':';
    append_number(out, static_cast<int>(clock.seconds().count()), 2);
    out += " GMT";
    return out;
}

}  // namespace larder::policy
