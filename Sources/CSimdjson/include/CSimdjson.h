#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What one event of a parsed document is. Containers open with their number of elements and close with their own kind.
typedef enum {
    TERN_JSON_NULL,
    TERN_JSON_FALSE,
    TERN_JSON_TRUE,
    TERN_JSON_INTEGER,
    TERN_JSON_DOUBLE,
    TERN_JSON_STRING,
    TERN_JSON_KEY,
    TERN_JSON_ARRAY,
    TERN_JSON_OBJECT,
    TERN_JSON_END,
} tern_json_kind;

/// `length` is the bytes of a string or key; the text is UTF-8, not zero-terminated, and lives as long as the document.
typedef struct {
    tern_json_kind kind;
    uint32_t length;
    union {
        int64_t integer;
        double number;
        const char *_Nullable text;
    } value;
} tern_json_event;

/// A whole document as a flat list of events in reading order. `error` is NULL when it was well-formed.
typedef struct {
    tern_json_event *_Nullable events;
    size_t count;
    const char *_Nullable error;
    void *_Nullable owner;
} tern_json_document;

/// Parses `length` bytes of JSON. The caller releases the answer with `tern_json_free`, also after an error.
tern_json_document tern_json_parse(const uint8_t *_Nullable bytes, size_t length);

void tern_json_free(tern_json_document document);

#ifdef __cplusplus
}
#endif
