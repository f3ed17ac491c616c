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
// ES modules, each one subject; the pages' own are named …-page.js and import the others.
static const unsigned char api_js[] = {
#embed "static/api.js"
};
static const unsigned char chart_js[] = {
#embed "static/chart.js"
};
static const unsigned char chart_pointer_js[] = {
#embed "static/chart-pointer.js"
};
static const unsigned char compare_page_js[] = {
#embed "static/compare-page.js"
};
static const unsigned char dom_js[] = {
#embed "static/dom.js"
};
static const unsigned char experiments_page_js[] = {
#embed "static/experiments-page.js"
};
static const unsigned char filter_box_js[] = {
#embed "static/filter-box.js"
};
static const unsigned char log_tail_js[] = {
#embed "static/log-tail.js"
};
static const unsigned char metric_charts_js[] = {
#embed "static/metric-charts.js"
};
static const unsigned char palette_js[] = {
#embed "static/palette.js"
};
static const unsigned char parallel_js[] = {
#embed "static/parallel.js"
};
static const unsigned char run_page_js[] = {
#embed "static/run-page.js"
};
static const unsigned char runs_actions_js[] = {
#embed "static/runs-actions.js"
};
static const unsigned char runs_columns_js[] = {
#embed "static/runs-columns.js"
};
static const unsigned char runs_groups_js[] = {
#embed "static/runs-groups.js"
};
static const unsigned char runs_page_js[] = {
#embed "static/runs-page.js"
};
static const unsigned char runs_source_js[] = {
#embed "static/runs-source.js"
};
static const unsigned char runs_table_js[] = {
#embed "static/runs-table.js"
};
static const unsigned char scale_js[] = {
#embed "static/scale.js"
};
static const unsigned char scatter_js[] = {
#embed "static/scatter.js"
};
static const unsigned char smoothing_js[] = {
#embed "static/smoothing.js"
};
static const unsigned char view_js[] = {
#embed "static/view.js"
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
    {"api.js", api_js, sizeof api_js},
    {"chart.js", chart_js, sizeof chart_js},
    {"chart-pointer.js", chart_pointer_js, sizeof chart_pointer_js},
    {"compare-page.js", compare_page_js, sizeof compare_page_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"experiments-page.js", experiments_page_js, sizeof experiments_page_js},
    {"filter-box.js", filter_box_js, sizeof filter_box_js},
    {"log-tail.js", log_tail_js, sizeof log_tail_js},
    {"metric-charts.js", metric_charts_js, sizeof metric_charts_js},
    {"palette.js", palette_js, sizeof palette_js},
    {"parallel.js", parallel_js, sizeof parallel_js},
    {"run-page.js", run_page_js, sizeof run_page_js},
    {"runs-actions.js", runs_actions_js, sizeof runs_actions_js},
    {"runs-columns.js", runs_columns_js, sizeof runs_columns_js},
    {"runs-groups.js", runs_groups_js, sizeof runs_groups_js},
    {"runs-page.js", runs_page_js, sizeof runs_page_js},
    {"runs-source.js", runs_source_js, sizeof runs_source_js},
    {"runs-table.js", runs_table_js, sizeof runs_table_js},
    {"scale.js", scale_js, sizeof scale_js},
    {"scatter.js", scatter_js, sizeof scatter_js},
    {"smoothing.js", smoothing_js, sizeof smoothing_js},
    {"view.js", view_js, sizeof view_js},
    {"htmx.min.js", htmx_js, sizeof htmx_js},
    {"echarts.min.js", echarts_js, sizeof echarts_js},
};

const tern_asset *const tern_assets = assets;
const size_t tern_asset_count = sizeof assets / sizeof assets[0];
