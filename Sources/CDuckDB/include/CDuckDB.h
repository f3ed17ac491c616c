// DuckDB's C API, as far as Tern uses it: declared here for ourselves, loaded at run time, called through a struct of function pointers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct duck_database duck_database;
typedef struct duck_connection duck_connection;
typedef struct duck_config duck_config;
typedef struct duck_statement duck_statement;
typedef struct duck_chunk duck_chunk;
typedef struct duck_vector duck_vector;
typedef struct duck_type duck_type;
typedef struct duck_appender duck_appender;

/// 48 bytes, passed by value; only `owner` means anything to today's functions.
typedef struct {
    uint64_t column_count;
    uint64_t row_count;
    uint64_t rows_changed;
    void *_Nullable columns;
    char *_Nullable error;
    void *_Nullable owner;
} duck_result;

/// A text in a vector: up to 12 bytes inside, a longer one elsewhere.
typedef struct {
    uint32_t length;
    char prefix[4];
    const char *_Nullable text;
} duck_text;

typedef struct {
    uint64_t lower;
    int64_t upper;
} duck_hugeint;

enum {
    DUCK_INVALID = 0,
    DUCK_BOOLEAN = 1,
    DUCK_TINYINT = 2,
    DUCK_SMALLINT = 3,
    DUCK_INTEGER = 4,
    DUCK_BIGINT = 5,
    DUCK_UTINYINT = 6,
    DUCK_USMALLINT = 7,
    DUCK_UINTEGER = 8,
    DUCK_UBIGINT = 9,
    DUCK_FLOAT = 10,
    DUCK_DOUBLE = 11,
    DUCK_TIMESTAMP = 12,
    DUCK_DATE = 13,
    DUCK_HUGEINT = 16,
    DUCK_VARCHAR = 17,
    DUCK_DECIMAL = 19,
    DUCK_TIMESTAMP_S = 20,
    DUCK_TIMESTAMP_MS = 21,
    DUCK_TIMESTAMP_NS = 22,
    DUCK_TIMESTAMP_TZ = 31,
    DUCK_SQLNULL = 36,
};

enum { DUCK_SUCCESS = 0 };

/// Functions that answer `int` answer `DUCK_SUCCESS` when it went well.
typedef struct {
    const char *_Nonnull (*_Nonnull library_version)(void);
    void (*_Nonnull free)(void *_Nullable memory);

    int (*_Nonnull create_config)(duck_config *_Nullable *_Nonnull out);
    int (*_Nonnull set_config)(duck_config *_Nullable config, const char *_Nonnull name, const char *_Nonnull value);
    void (*_Nonnull destroy_config)(duck_config *_Nullable *_Nonnull config);
    int (*_Nonnull open_ext)(
        const char *_Nullable path, duck_database *_Nullable *_Nonnull out, duck_config *_Nullable config, char *_Nullable *_Nonnull error);
    void (*_Nonnull close)(duck_database *_Nullable *_Nonnull database);
    int (*_Nonnull connect)(duck_database *_Nullable database, duck_connection *_Nullable *_Nonnull out);
    void (*_Nonnull disconnect)(duck_connection *_Nullable *_Nonnull connection);
    void (*_Nonnull interrupt)(duck_connection *_Nullable connection);

    int (*_Nonnull prepare)(duck_connection *_Nullable connection, const char *_Nonnull sql, duck_statement *_Nullable *_Nonnull out);
    const char *_Nullable (*_Nonnull prepare_error)(duck_statement *_Nullable statement);
    void (*_Nonnull destroy_prepare)(duck_statement *_Nullable *_Nonnull statement);
    uint64_t (*_Nonnull nparams)(duck_statement *_Nullable statement);
    int (*_Nonnull bind_null)(duck_statement *_Nullable statement, uint64_t index);
    int (*_Nonnull bind_boolean)(duck_statement *_Nullable statement, uint64_t index, bool value);
    int (*_Nonnull bind_int64)(duck_statement *_Nullable statement, uint64_t index, int64_t value);
    int (*_Nonnull bind_double)(duck_statement *_Nullable statement, uint64_t index, double value);
    int (*_Nonnull bind_varchar_length)(duck_statement *_Nullable statement, uint64_t index, const char *_Nullable text, uint64_t length);
    /// Microseconds since 1970.
    int (*_Nonnull bind_timestamp)(duck_statement *_Nullable statement, uint64_t index, int64_t value);
    uint64_t (*_Nonnull prepared_statement_column_count)(duck_statement *_Nullable statement);
    int (*_Nonnull prepared_statement_column_type)(duck_statement *_Nullable statement, uint64_t index);
    /// The caller frees the text.
    const char *_Nullable (*_Nonnull prepared_statement_column_name)(duck_statement *_Nullable statement, uint64_t index);
    int (*_Nonnull execute_prepared)(duck_statement *_Nullable statement, duck_result *_Nonnull out);

    const char *_Nullable (*_Nonnull result_error)(duck_result *_Nonnull result);
    int (*_Nonnull result_error_type)(duck_result *_Nonnull result);
    void (*_Nonnull destroy_result)(duck_result *_Nonnull result);
    uint64_t (*_Nonnull column_count)(duck_result *_Nonnull result);
    const char *_Nullable (*_Nonnull column_name)(duck_result *_Nonnull result, uint64_t index);
    int (*_Nonnull column_type)(duck_result *_Nonnull result, uint64_t index);
    duck_type *_Nullable (*_Nonnull column_logical_type)(duck_result *_Nonnull result, uint64_t index);
    int (*_Nonnull decimal_internal_type)(duck_type *_Nullable type);
    uint8_t (*_Nonnull decimal_scale)(duck_type *_Nullable type);
    duck_type *_Nullable (*_Nonnull create_logical_type)(int type);
    void (*_Nonnull destroy_logical_type)(duck_type *_Nullable *_Nonnull type);
    /// Null after the last chunk; the caller destroys it.
    duck_chunk *_Nullable (*_Nonnull fetch_chunk)(duck_result result);

    duck_chunk *_Nullable (*_Nonnull create_data_chunk)(duck_type *_Nullable *_Nonnull types, uint64_t count);
    void (*_Nonnull destroy_data_chunk)(duck_chunk *_Nullable *_Nonnull chunk);
    void (*_Nonnull data_chunk_reset)(duck_chunk *_Nullable chunk);
    uint64_t (*_Nonnull data_chunk_get_size)(duck_chunk *_Nullable chunk);
    void (*_Nonnull data_chunk_set_size)(duck_chunk *_Nullable chunk, uint64_t size);
    duck_vector *_Nullable (*_Nonnull data_chunk_get_vector)(duck_chunk *_Nullable chunk, uint64_t column);
    void *_Nullable (*_Nonnull vector_get_data)(duck_vector *_Nullable vector);
    /// A bit a row, 1 where there is a value; null when all rows have one.
    uint64_t *_Nullable (*_Nonnull vector_get_validity)(duck_vector *_Nullable vector);
    void (*_Nonnull vector_ensure_validity_writable)(duck_vector *_Nullable vector);
    void (*_Nonnull vector_assign_string_element_len)(duck_vector *_Nullable vector, uint64_t row, const char *_Nullable text, uint64_t length);
    uint64_t (*_Nonnull vector_size)(void);

    int (*_Nonnull appender_create)(
        duck_connection *_Nullable connection, const char *_Nullable schema, const char *_Nonnull table, duck_appender *_Nullable *_Nonnull out);
    int (*_Nonnull append_data_chunk)(duck_appender *_Nullable appender, duck_chunk *_Nullable chunk);
    const char *_Nullable (*_Nonnull appender_error)(duck_appender *_Nullable appender);
    int (*_Nonnull appender_close)(duck_appender *_Nullable appender);
    int (*_Nonnull appender_destroy)(duck_appender *_Nullable *_Nonnull appender);
} duck_functions;

/// Loads the library once and for the life of the process and fills `functions`.
/// Answers true, or false with the reason in `message` (of `size` bytes).
bool tern_duck_load(const char *_Nonnull path, duck_functions *_Nonnull functions, char *_Nonnull message, size_t size);
