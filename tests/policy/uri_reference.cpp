#include "policy/uri_reference.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

constexpr UriView base{"http", "a.example:8080", "/b/c/d?q"};

std::string resolved(std::string_view reference, const UriView& from = base) {
    return resolve_same_origin(from, reference).value_or("none");
}

// RFC 3986 section 5.4, normal and abnormal, with the base's authority written @ here.
TEST(UriReference, RelativeReferencesResolve) {
    const std::pair<const char*, const char*> cases[] = {
        {"g", "@/b/c/g"},
        {"./g", "@/b/c/g"},
        {"g/", "@/b/c/g/"},
        {"/g", "@/g"},
        {"?y", "@/b/c/d?y"},
        {"g?y", "@/b/c/g?y"},
        {"#s", "@/b/c/d?q"},
        {"g#s", "@/b/c/g"},
        {"g?y#s", "@/b/c/g?y"},
        {";x", "@/b/c/;x"},
        {"g;x", "@/b/c/g;x"},
        {".", "@/b/c/"},
        {"./", "@/b/c/"},
        {"..", "@/b/"},
        {"../", "@/b/"},
        {"../g", "@/b/g"},
        {"../..", "@/"},
        {"../../g", "@/g"},
        {"../../../g", "@/g"},
        {"/./g", "@/g"},
        {"/../g", "@/g"},
        {"g.", "@/b/c/g."},
        {"..g", "@/b/c/..g"},
        {"./../g", "@/b/g"},
        {"./g/.", "@/b/c/g/"},
        {"g/./h", "@/b/c/g/h"},
        {"g/../h", "@/b/c/h"},
        {"g?y/../x", "@/b/c/g?y/../x"},
        {"g#s/../x", "@/b/c/g"},
        {"/a//b", "@/a//b"},
        {"/a:b", "@/a:b"},
        {"./a:b", "@/b/c/a:b"},
        {"/g?http://x", "@/g?http://x"},
    };
    for (const auto& [reference, expected] : cases) {
        EXPECT_EQ(resolved(reference), "http://a.example:8080" + std::string(expected + 1)) << reference;
    }
}

TEST(UriReference, TheSameOriginIsKeptAsTheBaseWritesIt) {
    const UriView plain{"http", "a.example", "/x"}, secure{"https", "[2001:db8::1]", "/x"};
    EXPECT_EQ(resolved("http://a.example/y", plain), "http://a.example/y");
    EXPECT_EQ(resolved("HTTP://A.Example:80/y", plain), "http://a.example/y");
    EXPECT_EQ(resolved("http://a.example:/y?z#f", plain), "http://a.example/y?z");
    EXPECT_EQ(resolved("//a.example", plain), "http://a.example/");
    EXPECT_EQ(resolved("//a.example?z", plain), "http://a.example/?z");
    EXPECT_EQ(resolved("//a.example/b/../c", plain), "http://a.example/c");
    EXPECT_EQ(resolved("https://[2001:DB8::1]:443/y", secure), "https://[2001:db8::1]/y");
}

// RFC 9110 section 4.3.1.
TEST(UriReference, OtherOriginsAndGarbageAreNothing) {
    const UriView plain{"http", "a.example", "/x"};
    for (const char* reference :
         {"", "http://b.example/x", "https://a.example/x", "http://a.example:81/x", "//b.example/x",
          "//a.example:443/x", "http://u@a.example/x", "http://a.example.evil/x", "http:x", "http:/x", "mailto:x",
          "javascript:x", "/a b", "/a\r\nb", "/\xe4", "//", "http://a.example\\@b/x"}) {
        EXPECT_EQ(resolved(reference, plain), "none") << reference;
    }
}

}  // namespace
}  // namespace larder::policy
