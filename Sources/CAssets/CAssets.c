#include "CAssets.h"

// Our own files lie beside this one. The libraries come from .setup/assets, which script/setup fills; a build without them still
// works, and the pages say what is missing.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char tern_css[] = {
#embed "static/tern.css"
};
static const unsigned char tern_js[] = {
#embed "static/tern.js"
};
#if __has_embed("../../.setup/assets/htmx.min.js")
static const unsigned char htmx_js[] = {
#embed "../../.setup/assets/htmx.min.js"
};
#else
static const unsigned char htmx_js[] = {' '};
#endif
#if __has_embed("../../.setup/assets/echarts.min.js")
static const unsigned char echarts_js[] = {
#embed "../../.setup/assets/echarts.min.js"
};
#else
static const unsigned char echarts_js[] = {' '};
#endif

static const tern_asset assets[] = {
    {"tern.css", tern_css, sizeof tern_css},
    {"tern.js", tern_js, sizeof tern_js},
    {"htmx.min.js", htmx_js, sizeof htmx_js},
    {"echarts.min.js", echarts_js, sizeof echarts_js},
};

const tern_asset *const tern_assets = assets;
const size_t tern_asset_count = sizeof assets / sizeof assets[0];
