#include "policy/key_parts.h"

namespace larder::policy {

KeyParts::KeyParts(std::string_view key_text) {
    const std::string_view url = key_text.substr(0, key_text.find(' '));
    fields = key_text.substr(url.size());
    target = url;
    if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
        const std::string_view rest = url.substr(scheme + 3);
        authority = rest.substr(0, rest.find_first_of("/?"));
        target = rest.substr(authority.size());
    }
    path = target.substr(0, target.find('?'));
    if (path.size() < target.size()) query = target.substr(path.size() + 1);
    prefix = url.substr(0, url.size() - target.size() + path.size());
}

std::string_view plain_authority(std::string_view authority) {
    for (const std::string_view port : {":80", ":443"}) {
        if (authority.ends_with(port)) return authority.substr(0, authority.size() - port.size());
    }
    return authority;
}

}  // namespace larder::policy
