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
    /// An input's `data` that was left for later; `integer` is its index for `tern_json_read_numbers` and `tern_json_read_texts`.
    TERN_JSON_DEFERRED,
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

/// The same for an inference request: the value of each `inputs[…].data` becomes one event, TERN_JSON_DEFERRED.
tern_json_document tern_json_parse_inference(const uint8_t *_Nullable bytes, size_t length);

typedef enum {
    TERN_JSON_FINE,
    TERN_JSON_TOO_FEW,
    TERN_JSON_TOO_MANY,
    TERN_JSON_WRONG_TYPE,
    TERN_JSON_OUT_OF_RANGE,
} tern_json_status;

/// `count` is how many were stored before the end, or before the one that `status` is about.
typedef struct {
    tern_json_status status;
    size_t count;
} tern_json_filled;

/// Stores a deferred value's numbers, nested or flat, as `count` elements of ONNX's element type `type`. In floating point, null is NaN.
tern_json_filled tern_json_read_numbers(
    tern_json_document document, size_t index, int32_t type, void *_Nullable target, size_t count);

/// Stores a deferred value's strings as events; their text lives as long as the document.
tern_json_filled tern_json_read_texts(
    tern_json_document document, size_t index, tern_json_event *_Nullable target, size_t count);

/// The most characters that one number and its comma take.
#define TERN_JSON_NUMBER_ROOM 34

/// Writes numbers of ONNX's element type `type`, separated by commas, and answers how many characters that took. Floats are written as the
/// shortest decimal of the same double; what JSON has no number for becomes null.
size_t tern_json_write_numbers(int32_t type, const void *_Nullable values, size_t count, char *_Nonnull target);

#ifdef __cplusplus
}
#endif
