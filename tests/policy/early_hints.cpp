#include "policy/early_hints.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

TEST(EarlyHints, AreTheLinksThatLetAClientGoAhead) {
    EXPECT_EQ(
        early_hints(fields_of(
            "Link: </a.css>; rel=preload; as=style, </next>; rel=next\nX: y\n"
            "Link: <https://cdn.example/a,b>;REL=\"nofollow PreConnect\" , </s>; title=\"x;rel=preload, y\"; rel=up")),
        "Link: </a.css>; rel=preload; as=style, <https://cdn.example/a,b>;REL=\"nofollow PreConnect\"\r\n");
    for (const char* text :
         {"", "Link: ", "Link: </a>", "Link: </a>; rel=next; rel=preload", "Link: </a; rel=preload",
          "Link: a; rel=preload", "Link: </a>; rel", "Link: </a>; rel=\"", "Link: </a>; rel=preloaded"}) {
        EXPECT_EQ(early_hints(fields_of(text)), "") << text;
    }
}

TEST(EarlyHints, AreNotEndless) {
    const std::string link = "</" + std::string(1000, 'a') + ">; rel=preload";
    const std::string text = "Link: " + link + ", " + link + ", " + link + ", " + link + ", " + link;
    EXPECT_LT(early_hints(fields_of(text)).size(), 2200U);
    EXPECT_GT(early_hints(fields_of(text)).size(), 2000U);
}

}  // namespace
}  // namespace larder::policy
