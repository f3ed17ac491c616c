#include "COnnxRuntime.h"

#include <dlfcn.h>
#include <stdio.h>

typedef struct {
    const void *(*get_api)(uint32_t version);
    const char *(*version)(void);
} ort_base;

tern_ort_outcome tern_ort_load(const char *path, ort_table *table, char *message, size_t size) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *words = dlerror();
        snprintf(message, size, "%s", words ? words : "not loaded");
        return TERN_ORT_NOT_LOADED;
    }
    const ort_base *(*base)(void) = (const ort_base *(*)(void))dlsym(library, "OrtGetApiBase");
    if (!base) {
        dlclose(library);
        snprintf(message, size, "it has no OrtGetApiBase");
        return TERN_ORT_NOT_ONNX_RUNTIME;
    }
    snprintf(message, size, "%s", base()->version());
    *table = (ort_table)base()->get_api(22);
    return *table ? TERN_ORT_OK : TERN_ORT_TOO_OLD;
}
