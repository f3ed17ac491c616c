#include "CSimdjson.h"
#include "Document.h"

#include <cstring>
#include <new>

namespace {

// Parsing wants some memory of its own; each thread keeps the last one it let go of, unless a large document has made it large.
constexpr size_t kept_capacity = 1 << 20;
struct Spare {
    Owner *owner = nullptr;
    ~Spare() { delete owner; }
};
thread_local Spare spare;

Owner *take_owner() {
    Owner *owner = spare.owner;
    spare.owner = nullptr;
    return owner != nullptr ? owner : new (std::nothrow) Owner();
}

// Where `data` is left for later: 0 at the top, 1 among the request's fields, 2 in `inputs`, 3 among an input's fields, -1 elsewhere or never.
int below(int place, std::string_view key) {
    if (place == 1) return key == "inputs" ? 2 : -1;
    if (place == 3) return key == "data" ? 4 : -1;
    return -1;
}

// The parser itself bounds the depth (1,024), so this recursion is bounded too.
void flatten(simdjson::dom::element element, Owner &owner, int place) {
    using simdjson::dom::element_type;
    std::vector<tern_json_event> &events = owner.events;
    if (place == 4) {
        owner.deferred.push_back(element);
        events.push_back(plain_event(TERN_JSON_DEFERRED, owner.deferred.size() - 1));
        return;
    }
    tern_json_event event{};
    switch (element.type()) {
    case element_type::ARRAY: {
        simdjson::dom::array array = element.get_array().value_unsafe();
        events.push_back(plain_event(TERN_JSON_ARRAY, array.size()));
        for (auto child : array) flatten(child, owner, place == 2 ? 3 : -1);
        events.push_back(plain_event(TERN_JSON_END));
        return;
    }
    case element_type::OBJECT: {
        simdjson::dom::object object = element.get_object().value_unsafe();
        events.push_back(plain_event(TERN_JSON_OBJECT, object.size()));
        for (auto field : object) {
            events.push_back(text_event(TERN_JSON_KEY, field.key));
            flatten(field.value, owner, below(place == 0 ? 1 : place, field.key));
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

namespace {

tern_json_document parse(const uint8_t *bytes, size_t length, int place) {
    tern_json_document document{};
    Owner *owner = take_owner();
    if (owner == nullptr) {
        document.error = "out of memory";
        return document;
    }
    document.owner = owner;
    owner->events.clear();
    owner->deferred.clear();
    simdjson::dom::element root;
    auto error = owner->parser.parse(reinterpret_cast<const char *>(bytes), length, true).get(root);
    if (error) {
        document.error = simdjson::error_message(error);
        return document;
    }
    try {
        flatten(root, *owner, place);
    } catch (const std::bad_alloc &) {
        document.error = "out of memory";
        return document;
    }
    document.events = owner->events.data();
    document.count = owner->events.size();
    return document;
}

} // namespace

tern_json_document tern_json_parse(const uint8_t *bytes, size_t length) { return parse(bytes, length, -1); }

tern_json_document tern_json_parse_inference(const uint8_t *bytes, size_t length) { return parse(bytes, length, 0); }

void tern_json_free(tern_json_document document) {
    Owner *owner = static_cast<Owner *>(document.owner);
    if (owner == nullptr) return;
    if (spare.owner == nullptr && owner->parser.capacity() <= kept_capacity && owner->events.capacity() <= kept_capacity / sizeof(tern_json_event)) {
        spare.owner = owner;
    } else {
        delete owner;
    }
}
