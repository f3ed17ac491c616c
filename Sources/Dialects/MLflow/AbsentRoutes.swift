import HTTPTypes

/// The endpoints of MLflow's own table that Tern does not have, on purpose: each answers 501 `NOT_IMPLEMENTED`, so that a client can tell them
/// from a mistake. They serve MLflow's pages, its gateway and its evaluation of language models.
enum AbsentRoutes {
    private struct AbsentGroup {
        var method: HTTPRequest.Method
        var version: MLflowRoutes.Version
        var paths: [String]
    }

    static let all: [(method: HTTPRequest.Method, version: MLflowRoutes.Version, path: String)] = groups.flatMap { group in
        group.paths.map { (group.method, group.version, $0) }
    }

    private static let groups: [AbsentGroup] = [
        AbsentGroup(
            method: .post, version: .v2,
            paths: [
                "traces", "traces/link-prompts",
            ]),
        AbsentGroup(
            method: .patch, version: .v2,
            paths: [
                "traces/:trace_id"
            ]),
        AbsentGroup(
            method: .get, version: .v2,
            paths: [
                "traces/:trace_id/info", "traces", "unified-traces", "get-online-trace-details",
            ]),
        AbsentGroup(
            method: .post, version: .v3,
            paths: [
                "traces/calculate-filter-correlation", "traces/metrics", "workspaces", "issues", "issues/search", "label-schemas/create",
                "datasets/create", "datasets/search", "datasets/:dataset_id/records", "datasets/:dataset_id/add-experiments",
                "datasets/:dataset_id/remove-experiments", "scorers/register", "gateway/secrets/create", "gateway/secrets/update",
                "gateway/endpoints/create", "gateway/endpoints/update", "gateway/model-definitions/create", "gateway/model-definitions/update",
                "gateway/endpoints/models/attach", "gateway/endpoints/models/detach", "gateway/endpoints/bindings/create",
                "gateway/endpoints/set-tag",
                "gateway/budgets/create", "gateway/budgets/update", "gateway/guardrails/create", "gateway/guardrails/add-to-endpoint",
                "prompt-optimization/jobs", "prompt-optimization/jobs/search", "prompt-optimization/jobs/:job_id/cancel", "review-queues/create",
                "review-queues/get-or-create-user", "review-queues/update", "review-queues/delete", "review-queues/items/add",
                "review-queues/items/remove", "review-queues/items/set-status",
            ]),
        AbsentGroup(
            method: .get, version: .v3,
            paths: [
                "workspaces", "workspaces/:workspace_name", "issues/:issue_id", "label-schemas/get", "label-schemas/get-by-name",
                "label-schemas/list",
                "datasets/:dataset_id", "datasets/search", "datasets/:dataset_id/experiment-ids", "datasets/:dataset_id/records", "scorers/list",
                "scorers/versions", "scorers/get", "gateway/secrets/get", "gateway/secrets/list", "gateway/endpoints/get", "gateway/endpoints/list",
                "gateway/model-definitions/get", "gateway/model-definitions/list", "gateway/endpoints/bindings/list", "gateway/budgets/get",
                "gateway/budgets/list", "gateway/budgets/windows", "gateway/guardrails/get", "gateway/guardrails/list",
                "gateway/guardrails/list-for-endpoint", "prompt-optimization/jobs/:job_id", "prompt-optimization/jobs/search", "review-queues/get",
                "review-queues/get-by-name", "review-queues/list", "review-queues/items/list",
            ]),
        AbsentGroup(
            method: .patch, version: .v3,
            paths: [
                "workspaces/:workspace_name", "issues/:issue_id", "label-schemas/update", "datasets/:dataset_id/tags",
                "gateway/guardrails/update-config",
            ]),
        AbsentGroup(
            method: .delete, version: .v3,
            paths: [
                "workspaces/:workspace_name", "label-schemas/delete", "datasets/:dataset_id", "datasets/:dataset_id/tags/:key",
                "datasets/:dataset_id/records", "scorers/delete", "gateway/secrets/delete", "gateway/endpoints/delete",
                "gateway/model-definitions/delete", "gateway/endpoints/bindings/delete", "gateway/endpoints/delete-tag", "gateway/budgets/delete",
                "gateway/guardrails/delete", "gateway/guardrails/remove-from-endpoint", "prompt-optimization/jobs/:job_id",
            ]),
    ]
}
