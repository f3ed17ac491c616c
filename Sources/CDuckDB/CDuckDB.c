#include "CDuckDB.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define FUNCTION(name) {"duckdb_" #name, offsetof(duck_functions, name)}

static const struct {
    const char *symbol;
    size_t offset;
} functions_by_name[] = {
    FUNCTION(library_version),
    FUNCTION(free),
    FUNCTION(create_config),
    FUNCTION(set_config),
    FUNCTION(destroy_config),
    FUNCTION(open_ext),
    FUNCTION(close),
    FUNCTION(connect),
    FUNCTION(disconnect),
    FUNCTION(interrupt),
    FUNCTION(prepare),
    FUNCTION(prepare_error),
    FUNCTION(destroy_prepare),
    FUNCTION(nparams),
    FUNCTION(bind_null),
    FUNCTION(bind_boolean),
    FUNCTION(bind_int64),
    FUNCTION(bind_double),
    FUNCTION(bind_varchar_length),
    FUNCTION(bind_timestamp),
    FUNCTION(prepared_statement_column_count),
    FUNCTION(prepared_statement_column_type),
    FUNCTION(prepared_statement_column_name),
    FUNCTION(execute_prepared),
    FUNCTION(result_error),
    FUNCTION(result_error_type),
    FUNCTION(destroy_result),
    FUNCTION(column_count),
    FUNCTION(column_name),
    FUNCTION(column_type),
    FUNCTION(column_logical_type),
    FUNCTION(decimal_internal_type),
    FUNCTION(decimal_scale),
    FUNCTION(create_logical_type),
    FUNCTION(destroy_logical_type),
    FUNCTION(fetch_chunk),
    FUNCTION(create_data_chunk),
    FUNCTION(destroy_data_chunk),
    FUNCTION(data_chunk_reset),
    FUNCTION(data_chunk_get_size),
    FUNCTION(data_chunk_set_size),
    FUNCTION(data_chunk_get_vector),
    FUNCTION(vector_get_data),
    FUNCTION(vector_get_validity),
    FUNCTION(vector_ensure_validity_writable),
    FUNCTION(vector_assign_string_element_len),
    FUNCTION(vector_size),
    FUNCTION(appender_create),
    FUNCTION(append_data_chunk),
    FUNCTION(appender_error),
    FUNCTION(appender_close),
    FUNCTION(appender_destroy),
};

_Static_assert(
    sizeof(functions_by_name) / sizeof(functions_by_name[0]) == sizeof(duck_functions) / sizeof(void *), "every function has its symbol");
_Static_assert(sizeof(duck_result) == 48, "the result is passed by value, so its size is part of the contract");
_Static_assert(sizeof(duck_text) == 16, "texts lie in vectors at steps of 16 bytes");

bool tern_duck_load(const char *path, duck_functions *functions, char *message, size_t size) {
    // Lazily: the wheel's library also names functions of Python, which are never called.
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char *words = dlerror();
        snprintf(message, size, "%s", words ? words : "not loaded");
        return false;
    }
    for (size_t i = 0; i < sizeof(functions_by_name) / sizeof(functions_by_name[0]); i++) {
        void *function = dlsym(library, functions_by_name[i].symbol);
        if (!function) {
            snprintf(message, size, "it has no %s, so it is not DuckDB 1.5", functions_by_name[i].symbol);
            dlclose(library);
            return false;
        }
        memcpy((char *)functions + functions_by_name[i].offset, &function, sizeof function);
    }
    return true;
}
