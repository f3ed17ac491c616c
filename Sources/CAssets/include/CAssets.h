#pragma once
#include <stddef.h>

/// A file of the dashboard, embedded in the binary at build time.
typedef struct {
    const char *_Nonnull name;
    const unsigned char *_Nonnull bytes;
    size_t length;
} tern_asset;

extern const tern_asset *_Nonnull const tern_assets;
extern const size_t tern_asset_count;
