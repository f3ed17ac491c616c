#include "CSimdjson.h"

#include <cstring>
#include <new>
#include <simdjson.h>
#include <vector>

namespace {

struct Owner {
    simdjson::dom::parser parser;
    std::vector<tern_json_event> events;
};

tern_json_event text_event(tern_json_kind kind, std::string_view text) {
    tern_json_event event{};
    event.kind = kind;
    event.length = static_cast<uint32_t>(text.size());
    event.value.text = text.data();
    return event;
}

tern_json_event plain_event(tern_json_kind kind, size_t count = 0) {
    tern_json_event event{};
    event.kind = kind;
    event.value.integer = static_cast<int64_t>(count);
    return event;
}

// The parser itself bounds the depth (1,024), so this recursion is bounded too.
void flatten(simdjson::dom::element element, std::vector<tern_json_event> &events) {
    using simdjson::dom::element_type;
    tern_json_event event{};
    switch (element.type()) {
    case element_type::ARRAY: {
        simdjson::dom::array array = element.get_array().value_unsafe();
        events.push_back(plain_event(TERN_JSON_ARRAY, array.size()));
        for (auto child : array) flatten(child, events);
        events.push_back(plain_event(TERN_JSON_END));
        return;
    }
    case element_type::OBJECT: {
        simdjson::dom::object object = element.get_object().value_unsafe();
        events.push_back(plain_event(TERN_JSON_OBJECT, object.size()));
        for (auto field : object) {
            events.push_back(text_event(TERN_JSON_KEY, field.key));
            flatten(field.value, events);
        }
        events.push_back(plain_event(TERN_JSON_END));
        return;
    }
    case element_type::INT64:
        event.kind = TERN_JSON_INTEGER;
        event.value.integer = element.get_int64().value_unsafe();
        break;
    case element_type::UINT64:
        event.kind = TERN_JSON_DOUBLE;
        event.value.number = static_cast<double>(element.get_uint64().value_unsafe());
        break;
    case element_type::DOUBLE:
        event.kind = TERN_JSON_DOUBLE;
        event.value.number = element.get_double().value_unsafe();
        break;
    case element_type::STRING:
        event = text_event(TERN_JSON_STRING, element.get_string().value_unsafe());
        break;
    case element_type::BOOL:
        event.kind = element.get_bool().value_unsafe() ? TERN_JSON_TRUE : TERN_JSON_FALSE;
        break;
    case element_type::NULL_VALUE:
        event.kind = TERN_JSON_NULL;
        break;
    }
    events.push_back(event);
}

} // namespace

tern_json_document tern_json_parse(const uint8_t *bytes, size_t length) {
    tern_json_document document{};
    Owner *owner = new (std::nothrow) Owner();
    if (owner == nullptr) {
        document.error = "out of memory";
        return document;
    }
    document.owner = owner;
    simdjson::dom::element root;
    auto error = owner->parser.parse(reinterpret_cast<const char *>(bytes), length, true).get(root);
    if (error) {
        document.error = simdjson::error_message(error);
        return document;
    }
    try {
        flatten(root, owner->events);
    } catch (const std::bad_alloc &) {
        document.error = "out of memory";
        return document;
    }
    document.events = owner->events.data();
    document.count = owner->events.size();
    return document;
}

void tern_json_free(tern_json_document document) { delete static_cast<Owner *>(document.owner); }
