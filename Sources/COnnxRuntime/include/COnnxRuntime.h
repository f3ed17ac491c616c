// ONNX Runtime's C API, as Tern declares it for itself: the table of functions is an array of pointers, and each function below calls
// one slot of it. Slots and signatures were derived from the public API contract (version 22; slots never move once released).
// Every function that returns `ort_status *` answers NULL when it went well.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct ort_status ort_status;
typedef struct ort_env ort_env;
typedef struct ort_session ort_session;
typedef struct ort_session_options ort_session_options;
typedef struct ort_value ort_value;
typedef struct ort_type_info ort_type_info;
typedef struct ort_tensor_info ort_tensor_info;
typedef struct ort_sequence_info ort_sequence_info;
typedef struct ort_map_info ort_map_info;
typedef struct ort_memory_info ort_memory_info;
typedef struct ort_allocator ort_allocator;
typedef struct ort_metadata ort_metadata;

/// The functions of the library, by slot.
typedef void *const *ort_table;

typedef enum {
    TERN_ORT_OK,
    /// There is no such file, or the loader refuses it.
    TERN_ORT_NOT_LOADED,
    /// It loads but is not ONNX Runtime.
    TERN_ORT_NOT_ONNX_RUNTIME,
    /// It does not know version 22 of the API.
    TERN_ORT_TOO_OLD,
} tern_ort_outcome;

/// Loads the library once and for the life of the process. `message` (of `size` bytes) gets the loader's words, or the library's version.
tern_ort_outcome tern_ort_load(const char *path, ort_table *table, char *message, size_t size);

enum { ORT_KIND_TENSOR = 1, ORT_KIND_SEQUENCE = 2, ORT_KIND_MAP = 3 };
enum { ORT_LOG_FATAL = 4 };

#define ORT_SLOT(table, slot, answer, ...) ((answer(*)(__VA_ARGS__))(table)[slot])

// Status

static inline int ort_status_code(ort_table t, const ort_status *status) { return ORT_SLOT(t, 1, int, const ort_status *)(status); }
static inline const char *ort_status_message(ort_table t, const ort_status *status) {
    return ORT_SLOT(t, 2, const char *, const ort_status *)(status);
}
static inline void ort_release_status(ort_table t, ort_status *status) { ORT_SLOT(t, 93, void, ort_status *)(status); }

// Environment and session

static inline ort_status *ort_create_env(ort_table t, int log_level, const char *name, ort_env **out) {
    return ORT_SLOT(t, 3, ort_status *, int, const char *, ort_env **)(log_level, name, out);
}
static inline ort_status *ort_disable_telemetry(ort_table t, const ort_env *env) { return ORT_SLOT(t, 6, ort_status *, const ort_env *)(env); }
static inline void ort_release_env(ort_table t, ort_env *env) { ORT_SLOT(t, 92, void, ort_env *)(env); }

static inline ort_status *ort_create_session_options(ort_table t, ort_session_options **out) {
    return ORT_SLOT(t, 10, ort_status *, ort_session_options **)(out);
}
static inline ort_status *ort_set_optimization(ort_table t, ort_session_options *options, int level) {
    return ORT_SLOT(t, 23, ort_status *, ort_session_options *, int)(options, level);
}
static inline ort_status *ort_set_intra_threads(ort_table t, ort_session_options *options, int count) {
    return ORT_SLOT(t, 24, ort_status *, ort_session_options *, int)(options, count);
}
static inline ort_status *ort_set_inter_threads(ort_table t, ort_session_options *options, int count) {
    return ORT_SLOT(t, 25, ort_status *, ort_session_options *, int)(options, count);
}
static inline ort_status *ort_add_session_config(ort_table t, ort_session_options *options, const char *key, const char *value) {
    return ORT_SLOT(t, 130, ort_status *, ort_session_options *, const char *, const char *)(options, key, value);
}
static inline void ort_release_session_options(ort_table t, ort_session_options *options) {
    ORT_SLOT(t, 100, void, ort_session_options *)(options);
}

static inline ort_status *ort_create_session(
    ort_table t, const ort_env *env, const char *path, const ort_session_options *options, ort_session **out) {
    return ORT_SLOT(t, 7, ort_status *, const ort_env *, const char *, const ort_session_options *, ort_session **)(env, path, options, out);
}
static inline void ort_release_session(ort_table t, ort_session *session) { ORT_SLOT(t, 95, void, ort_session *)(session); }

/// Safe to call from many threads at once on one session.
static inline ort_status *ort_run(
    ort_table t, ort_session *session, const char *const *input_names, const ort_value *const *inputs, size_t input_count,
    const char *const *output_names, size_t output_count, ort_value **outputs) {
    return ORT_SLOT(
        t, 9, ort_status *, ort_session *, const void *, const char *const *, const ort_value *const *, size_t, const char *const *, size_t,
        ort_value **)(session, NULL, input_names, inputs, input_count, output_names, output_count, outputs);
}

// What a session expects and answers

static inline ort_status *ort_input_count(ort_table t, const ort_session *session, size_t *out) {
    return ORT_SLOT(t, 30, ort_status *, const ort_session *, size_t *)(session, out);
}
static inline ort_status *ort_output_count(ort_table t, const ort_session *session, size_t *out) {
    return ORT_SLOT(t, 31, ort_status *, const ort_session *, size_t *)(session, out);
}
static inline ort_status *ort_input_type(ort_table t, const ort_session *session, size_t index, ort_type_info **out) {
    return ORT_SLOT(t, 33, ort_status *, const ort_session *, size_t, ort_type_info **)(session, index, out);
}
static inline ort_status *ort_output_type(ort_table t, const ort_session *session, size_t index, ort_type_info **out) {
    return ORT_SLOT(t, 34, ort_status *, const ort_session *, size_t, ort_type_info **)(session, index, out);
}
static inline ort_status *ort_input_name(ort_table t, const ort_session *session, size_t index, ort_allocator *allocator, char **out) {
    return ORT_SLOT(t, 36, ort_status *, const ort_session *, size_t, ort_allocator *, char **)(session, index, allocator, out);
}
static inline ort_status *ort_output_name(ort_table t, const ort_session *session, size_t index, ort_allocator *allocator, char **out) {
    return ORT_SLOT(t, 37, ort_status *, const ort_session *, size_t, ort_allocator *, char **)(session, index, allocator, out);
}

static inline ort_status *ort_kind_of_type(ort_table t, const ort_type_info *info, int *out) {
    return ORT_SLOT(t, 56, ort_status *, const ort_type_info *, int *)(info, out);
}
/// Borrowed: lives as long as `info`.
static inline ort_status *ort_tensor_of_type(ort_table t, const ort_type_info *info, const ort_tensor_info **out) {
    return ORT_SLOT(t, 55, ort_status *, const ort_type_info *, const ort_tensor_info **)(info, out);
}
static inline ort_status *ort_map_of_type(ort_table t, const ort_type_info *info, const ort_map_info **out) {
    return ORT_SLOT(t, 103, ort_status *, const ort_type_info *, const ort_map_info **)(info, out);
}
static inline ort_status *ort_sequence_of_type(ort_table t, const ort_type_info *info, const ort_sequence_info **out) {
    return ORT_SLOT(t, 104, ort_status *, const ort_type_info *, const ort_sequence_info **)(info, out);
}
static inline ort_status *ort_map_value_type(ort_table t, const ort_map_info *info, ort_type_info **out) {
    return ORT_SLOT(t, 106, ort_status *, const ort_map_info *, ort_type_info **)(info, out);
}
static inline ort_status *ort_sequence_element_type(ort_table t, const ort_sequence_info *info, ort_type_info **out) {
    return ORT_SLOT(t, 107, ort_status *, const ort_sequence_info *, ort_type_info **)(info, out);
}
static inline void ort_release_type(ort_table t, ort_type_info *info) { ORT_SLOT(t, 98, void, ort_type_info *)(info); }

static inline ort_status *ort_element_type(ort_table t, const ort_tensor_info *info, int *out) {
    return ORT_SLOT(t, 60, ort_status *, const ort_tensor_info *, int *)(info, out);
}
static inline ort_status *ort_dimension_count(ort_table t, const ort_tensor_info *info, size_t *out) {
    return ORT_SLOT(t, 61, ort_status *, const ort_tensor_info *, size_t *)(info, out);
}
static inline ort_status *ort_dimensions(ort_table t, const ort_tensor_info *info, int64_t *out, size_t count) {
    return ORT_SLOT(t, 62, ort_status *, const ort_tensor_info *, int64_t *, size_t)(info, out, count);
}
static inline void ort_release_tensor_info(ort_table t, ort_tensor_info *info) { ORT_SLOT(t, 99, void, ort_tensor_info *)(info); }

// Values

static inline ort_status *ort_tensor_over_memory(
    ort_table t, const ort_memory_info *memory, void *data, size_t bytes, const int64_t *shape, size_t rank, int type, ort_value **out) {
    return ORT_SLOT(t, 49, ort_status *, const ort_memory_info *, void *, size_t, const int64_t *, size_t, int, ort_value **)(
        memory, data, bytes, shape, rank, type, out);
}
static inline ort_status *ort_create_tensor(
    ort_table t, ort_allocator *allocator, const int64_t *shape, size_t rank, int type, ort_value **out) {
    return ORT_SLOT(t, 48, ort_status *, ort_allocator *, const int64_t *, size_t, int, ort_value **)(allocator, shape, rank, type, out);
}
static inline ort_status *ort_tensor_data(ort_table t, ort_value *value, void **out) {
    return ORT_SLOT(t, 51, ort_status *, ort_value *, void **)(value, out);
}
static inline ort_status *ort_fill_strings(ort_table t, ort_value *value, const char *const *strings, size_t count) {
    return ORT_SLOT(t, 52, ort_status *, ort_value *, const char *const *, size_t)(value, strings, count);
}
/// `text` need not be zero-terminated: the buffer is made `length` long and the caller fills it.
static inline ort_status *ort_string_buffer(ort_table t, ort_value *value, size_t index, size_t length, char **out) {
    return ORT_SLOT(t, 252, ort_status *, ort_value *, size_t, size_t, char **)(value, index, length, out);
}
static inline ort_status *ort_strings_length(ort_table t, const ort_value *value, size_t *out) {
    return ORT_SLOT(t, 53, ort_status *, const ort_value *, size_t *)(value, out);
}
static inline ort_status *ort_strings_content(
    ort_table t, const ort_value *value, void *text, size_t length, size_t *offsets, size_t count) {
    return ORT_SLOT(t, 54, ort_status *, const ort_value *, void *, size_t, size_t *, size_t)(value, text, length, offsets, count);
}
static inline ort_status *ort_value_tensor_info(ort_table t, const ort_value *value, ort_tensor_info **out) {
    return ORT_SLOT(t, 65, ort_status *, const ort_value *, ort_tensor_info **)(value, out);
}
static inline ort_status *ort_kind_of_value(ort_table t, const ort_value *value, int *out) {
    return ORT_SLOT(t, 67, ort_status *, const ort_value *, int *)(value, out);
}
static inline ort_status *ort_element(ort_table t, const ort_value *value, int index, ort_allocator *allocator, ort_value **out) {
    return ORT_SLOT(t, 80, ort_status *, const ort_value *, int, ort_allocator *, ort_value **)(value, index, allocator, out);
}
static inline ort_status *ort_element_count(ort_table t, const ort_value *value, size_t *out) {
    return ORT_SLOT(t, 81, ort_status *, const ort_value *, size_t *)(value, out);
}
static inline void ort_release_value(ort_table t, ort_value *value) { ORT_SLOT(t, 96, void, ort_value *)(value); }

// Memory

static inline ort_status *ort_cpu_memory(ort_table t, ort_memory_info **out) {
    return ORT_SLOT(t, 69, ort_status *, int, int, ort_memory_info **)(/* arena */ 1, /* default */ 0, out);
}
static inline void ort_release_memory(ort_table t, ort_memory_info *memory) { ORT_SLOT(t, 94, void, ort_memory_info *)(memory); }
static inline ort_status *ort_default_allocator(ort_table t, ort_allocator **out) {
    return ORT_SLOT(t, 78, ort_status *, ort_allocator **)(out);
}
static inline ort_status *ort_free(ort_table t, ort_allocator *allocator, void *memory) {
    return ORT_SLOT(t, 76, ort_status *, ort_allocator *, void *)(allocator, memory);
}

// Metadata: strings are the allocator's, to be freed with `ort_free`.

static inline ort_status *ort_session_metadata(ort_table t, const ort_session *session, ort_metadata **out) {
    return ORT_SLOT(t, 111, ort_status *, const ort_session *, ort_metadata **)(session, out);
}
static inline ort_status *ort_metadata_producer(ort_table t, const ort_metadata *metadata, ort_allocator *allocator, char **out) {
    return ORT_SLOT(t, 112, ort_status *, const ort_metadata *, ort_allocator *, char **)(metadata, allocator, out);
}
static inline ort_status *ort_metadata_keys(
    ort_table t, const ort_metadata *metadata, ort_allocator *allocator, char ***out, int64_t *count) {
    return ORT_SLOT(t, 123, ort_status *, const ort_metadata *, ort_allocator *, char ***, int64_t *)(metadata, allocator, out, count);
}
static inline ort_status *ort_metadata_value(
    ort_table t, const ort_metadata *metadata, ort_allocator *allocator, const char *key, char **out) {
    return ORT_SLOT(t, 116, ort_status *, const ort_metadata *, ort_allocator *, const char *, char **)(metadata, allocator, key, out);
}
static inline void ort_release_metadata(ort_table t, ort_metadata *metadata) { ORT_SLOT(t, 118, void, ort_metadata *)(metadata); }
