import TernKernel
import Tracking

extension MLflowDialect {
    func mountLoggedModels(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.post("logged-models") { request in
            let body = request.parameters
            let model = try await tracking.createLoggedModel(
                LoggedModelDraft(
                    experiment: try body.requiredExperimentID(), name: try body.string("name"), type: try body.string("model_type") ?? "",
                    sourceRun: try body.string("source_run_id") ?? "", params: try body.pairsByKey("params"), tags: try body.pairsByKey("tags")))
            return ["model": model.mlflow]
        }
        routes.get("logged-models/:model_id") { request in
            let deleted = try request.parameters.flag("allow_deleted") ?? false
            return ["model": try await tracking.loggedModel(try request.path("model_id"), orDeleted: deleted).mlflow]
        }
        routes.patch("logged-models/:model_id") { request in
            let model = try await tracking.finalizeLoggedModel(
                try request.path("model_id"), try MLflowDialect.status(request.parameters))
            return ["model": model.mlflow]
        }
        routes.delete("logged-models/:model_id") { request in
            try await tracking.deleteLoggedModel(try request.path("model_id"), by: request.identity)
            return [:]
        }
        routes.patch("logged-models/:model_id/tags") { request in
            try await tracking.setLoggedModelTags(try request.path("model_id"), try request.parameters.pairsByKey("tags"))
            return [:]
        }
        routes.delete("logged-models/:model_id/tags/:tag_key") { request in
            try await tracking.deleteLoggedModelTag(try request.path("model_id"), key: try request.path("tag_key"))
            return [:]
        }
        routes.post("logged-models/:model_id/params") { request in
            try await tracking.logLoggedModelParams(try request.path("model_id"), try request.parameters.pairsByKey("params"))
            return [:]
        }
        routes.post("logged-models/search", needs: .viewer) { request in
            let body = request.parameters
            guard body.has("experiment_ids") else { throw body.missing("experiment_ids") }
            let page = try await tracking.searchLoggedModels(try MLflowDialect.search(body))
            return .fields(["models": .list(page.elements.map(\.mlflow)), "next_page_token": PageToken.make(page.nextOffset)])
        }
    }

    /// By name or by protobuf's number.
    private static func status(_ body: MLflowParameters) throws -> LoggedModelStatus {
        switch body["status"] {
        case .string("LOGGED_MODEL_PENDING")?, .int(1)?: return .pending
        case .string("LOGGED_MODEL_READY")?, .int(2)?: return .ready
        case .string("LOGGED_MODEL_UPLOAD_FAILED")?, .int(3)?: return .failed
        case let other?: throw body.wrongType("status", other)
        case nil: throw body.missing("status")
        }
    }

    private static func search(_ body: MLflowParameters) throws -> LoggedModelSearch {
        let meaning = FilterMeaning.loggedModels
        let datasets = try body.objects("datasets").map { dataset in
            guard let name = try dataset.string("dataset_name"), !name.isEmpty else {
                throw TernError.invalid("`dataset_name` in the `datasets` clause must be specified.")
            }
            return (name: name, digest: try dataset.string("dataset_digest").flatMap { $0.isEmpty ? nil : $0 })
        }
        let order = try body.objects("order_by").map { term in
            let parts = try term.required("field_name").split(separator: ".", maxSplits: 1).map(String.init)
            let (field, _) = try parts.count > 1 ? meaning.field(parts[0], parts[1]) : meaning.field(nil, parts[0])
            switch field {
            case .metric, .attribute: break
            default:
                throw TernError.invalid("Invalid order by field name: \(parts.joined(separator: ".")). Only metrics are supported.")
            }
            return SearchOrder(
                field, ascending: try term.flag("ascending") ?? true, datasetName: try term.string("dataset_name").flatMap { $0.isEmpty ? nil : $0 },
                datasetDigest: try term.string("dataset_digest").flatMap { $0.isEmpty ? nil : $0 })
        }
        let limit = try body.limit(or: 100)
        return LoggedModelSearch(
            experiments: try body.experimentIDs(), filter: try meaning.filter(try body.string("filter")), datasets: datasets, order: order,
            offset: try PageToken.offset(try body.string("page_token")), limit: limit == 0 ? 100 : limit)
    }
}
