#pragma once
#include "CSimdjson.h"

#include <simdjson.h>
#include <string_view>
#include <vector>

// What a document keeps alive: the parser's memory, the events, and the values that were left for later.
struct Owner {
    simdjson::dom::parser parser;
    std::vector<tern_json_event> events;
    std::vector<simdjson::dom::element> deferred;
};

inline tern_json_event text_event(tern_json_kind kind, std::string_view text) {
    tern_json_event event{};
    event.kind = kind;
    event.length = static_cast<uint32_t>(text.size());
    event.value.text = text.data();
    return event;
}

inline tern_json_event plain_event(tern_json_kind kind, size_t count = 0) {
    tern_json_event event{};
    event.kind = kind;
    event.value.integer = static_cast<int64_t>(count);
    return event;
}
