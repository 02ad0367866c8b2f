#include "proxy/h1/framing.h"

#include <algorithm>

#include "policy/fields.h"

namespace larder::proxy::h1 {

using policy::same_name;

namespace {

// Not in the registry (RFC 9112 section 12.3), and nothing that somebody may take for chunked.
bool is_unknown(std::string_view coding) {
    for (const char* known : {"gzip", "x-gzip", "compress", "x-compress", "deflate", "identity", "trailers"}) {
        if (same_name(coding, known)) return false;
    }
    return policy::lower(coding).find("chunk") == std::string::npos;
}

}  // namespace

void FramingFields::add_content_length(std::string_view value) {
    // RFC 9112 section 6.3: a list of equal numbers, on one line or several, may be taken as one. An empty element is
    // no number, so the list is split here and not by the lenient list rule.
    while (true) {
        const std::size_t comma = value.find(',');
        add_length(policy::trimmed(value.substr(0, comma)));
        if (comma == std::string_view::npos) return;
        value.remove_prefix(comma + 1);
    }
}

void FramingFields::add_length(std::string_view digits) {
    std::uint64_t length = 0;
    bad_length_ |= digits.empty();
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            bad_length_ = true;
            return;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (length > (max_body_size - digit) / 10) {
            bad_length_ = true;
            return;
        }
        length = length * 10 + digit;
    }
    if (has_length_) {
        bad_length_ |= length != length_;
        return;
    }
    has_length_ = true;
    length_ = length;
    const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.empty() ? 0 : digits.size() - 1);
    digits_ = digits.substr(zeros);
}

void FramingFields::add_transfer_encoding(std::string_view value) {
    ++coding_lines_;
    coding_ = value;
}

FramingFields::Verdict FramingFields::judge(int minor_version) const {
    if (bad_length_) return Verdict::bad_length;
    if (coding_lines_ == 0) return Verdict::fine;
    if (has_length_) return Verdict::length_and_coding;
    if (minor_version == 0) return Verdict::coding_in_old_message;
    if (coding_lines_ > 1) return Verdict::bad_coding;
    if (same_name(coding_, "chunked")) return Verdict::fine;
    unsigned codings = 0, chunked = 0;
    bool tokens = true, last_is_chunked = false;
    policy::for_each_element(coding_, [&](std::string_view coding) {
        ++codings;
        tokens = tokens && policy::is_token(coding);
        last_is_chunked = same_name(coding, "chunked");
        chunked += last_is_chunked;
        return true;
    });
    if (codings == 1 && tokens && is_unknown(policy::trimmed(coding_))) return Verdict::unknown_coding;
    const bool well_formed = tokens && last_is_chunked && chunked == 1 && codings > 1;
    return well_formed ? Verdict::unsupported_coding : Verdict::bad_coding;
}

const char* word(FramingFields::Verdict verdict) {
    switch (verdict) {
        case FramingFields::Verdict::fine:
            return "fine";
        case FramingFields::Verdict::bad_length:
            return "bad Content-Length";
        case FramingFields::Verdict::length_and_coding:
            return "Content-Length beside Transfer-Encoding";
        case FramingFields::Verdict::coding_in_old_message:
            return "Transfer-Encoding in HTTP/1.0";
        case FramingFields::Verdict::bad_coding:
            return "bad Transfer-Encoding";
        case FramingFields::Verdict::unsupported_coding:
            return "unsupported transfer coding";
        case FramingFields::Verdict::unknown_coding:
            return "unknown transfer coding";
    }
    return "";
}

}  // namespace larder::proxy::h1
