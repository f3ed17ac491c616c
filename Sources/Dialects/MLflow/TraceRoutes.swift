import TernKernel
import Traces

/// `traces/…`: traces, their tags, links and assessments.
struct TraceRoutes: Sendable {
    let traces: TraceService

    func mount(on routes: inout MLflowRoutes) {
        routes.post("traces", in: .v3, start)
        routes.get("traces/get", in: .v3, get)
        routes.get("traces/batchGet", in: .v3, batch)
        routes.post("traces/batchGetInfos", in: .v3, needs: .viewer, batchInfos)
        routes.post("traces/search", in: .v3, needs: .viewer, search)
        routes.get("traces/:trace_id", in: .v3, info)
        routes.patch("traces/:trace_id/tags", setTag)
        routes.delete("traces/:trace_id/tags", deleteTag)
        routes.post("traces/link-to-run", in: .v2, link)
        routes.post("traces/delete-traces", delete)
        routes.post("traces/:trace_id/assessments", in: .v3, assess)
        routes.get("traces/:trace_id/assessments/:assessment_id", in: .v3, assessment)
        routes.patch("traces/:trace_id/assessments/:assessment_id", in: .v3, updateAssessment)
        routes.delete("traces/:trace_id/assessments/:assessment_id", in: .v3, deleteAssessment)
    }

    // MARK: Traces

    @Sendable private func start(_ request: MLflowRequest) async throws -> JSON {
        guard let trace = try request.parameters.object("trace") else { throw request.parameters.missing("trace") }
        guard let info = try trace.object("trace_info") else { throw trace.missing("trace_info") }
        return ["trace": ["trace_info": try await traces.start(try TraceInfo(info)).mlflow]]
    }

    @Sendable private func info(_ request: MLflowRequest) async throws -> JSON {
        ["trace": ["trace_info": try await traces.info(try request.path("trace_id")).mlflow]]
    }

    @Sendable private func get(_ request: MLflowRequest) async throws -> JSON {
        let query = request.parameters
        let isPartial = try query.flag("allow_partial") ?? false
        return ["trace": try await traces.trace(try query.required("trace_id"), isPartial: isPartial).mlflow]
    }

    @Sendable private func batch(_ request: MLflowRequest) async throws -> JSON {
        let found = try await traces.traces(try ids(request.parameters), experiments: try experiments(request.parameters))
        return .fields(["traces": .list(found.map(\.mlflow))])
    }

    @Sendable private func batchInfos(_ request: MLflowRequest) async throws -> JSON {
        let found = try await traces.infos(try ids(request.parameters), experiments: try experiments(request.parameters))
        return .fields(["trace_infos": .list(found.map(\.mlflow))])
    }

    private func ids(_ parameters: MLflowParameters) throws -> [String] {
        guard parameters.has("trace_ids") else { throw parameters.missing("trace_ids") }
        return try parameters.strings("trace_ids")
    }

    private func experiments(_ parameters: MLflowParameters) throws -> [Int64]? {
        try parameters.has("experiment_ids") ? parameters.experimentIDs() : nil
    }

    @Sendable private func search(_ request: MLflowRequest) async throws -> JSON {
        let body = request.parameters
        guard body.has("locations") else { throw body.missing("locations") }
        let places = try body.objects("locations").compactMap { try $0.object("mlflow_experiment")?.string("experiment_id") }
        let limit = try body.integer("max_results") ?? 100
        if limit > 500 { throw body.wrongType("max_results", .int(limit)) }
        let meaning = TraceFilterMeaning()
        let page = try await traces.search(
            TraceSearch(
                experiments: try places.map(MLflowParameters.experimentID), conditions: try meaning.conditions(try body.string("filter")),
                order: try meaning.order(try body.strings("order_by")), offset: try PageToken.offset(try body.string("page_token")),
                limit: Int(clamping: limit)))
        return .fields(["traces": .list(page.elements.map(\.mlflow)), "next_page_token": PageToken.make(page.nextOffset)])
    }

    @Sendable private func setTag(_ request: MLflowRequest) async throws -> JSON {
        let body = request.parameters
        try await traces.setTag(try request.path("trace_id"), key: try body.required("key"), value: try body.string("value") ?? "")
        return [:]
    }

    @Sendable private func deleteTag(_ request: MLflowRequest) async throws -> JSON {
        try await traces.deleteTag(try request.path("trace_id"), key: try request.parameters.required("key"))
        return [:]
    }

    @Sendable private func link(_ request: MLflowRequest) async throws -> JSON {
        try await traces.link(try ids(request.parameters), to: try request.parameters.required("run_id"))
        return [:]
    }

    @Sendable private func delete(_ request: MLflowRequest) async throws -> JSON {
        let body = request.parameters
        let count = try await traces.delete(
            of: try body.requiredExperimentID(), ids: try body.strings("request_ids"), until: try body.integer("max_timestamp_millis"),
            most: try body.integer("max_traces").map { Int(clamping: $0) }, by: request.identity)
        return ["traces_deleted": JSON(count)]
    }

    // MARK: Assessments

    @Sendable private func assess(_ request: MLflowRequest) async throws -> JSON {
        guard let body = try request.parameters.object("assessment") else { throw request.parameters.missing("assessment") }
        var assessment = try Assessment(body, trace: try request.path("trace_id"))
        // Ids are given here, not taken.
        assessment.id = ""
        return ["assessment": try await traces.assess(assessment).mlflow]
    }

    @Sendable private func assessment(_ request: MLflowRequest) async throws -> JSON {
        ["assessment": try await traces.assessment(try request.path("assessment_id"), of: try request.path("trace_id")).mlflow]
    }

    @Sendable private func updateAssessment(_ request: MLflowRequest) async throws -> JSON {
        guard let body = try request.parameters.object("assessment") else { throw request.parameters.missing("assessment") }
        guard let mask = try request.parameters.string("update_mask"), !mask.isEmpty else { throw request.parameters.missing("update_mask") }
        var change = AssessmentChange()
        for path in mask.split(separator: ",") {
            switch path {
            case "assessment_name", "assessmentName": change.name = try body.string("assessment_name") ?? ""
            case "feedback": change.feedback = try Assessment.feedback(try body.object("feedback") ?? MLflowParameters(values: [:]))
            case "expectation": change.expectation = try Assessment.expectation(try body.object("expectation") ?? MLflowParameters(values: [:]))
            case "rationale": change.rationale = try body.string("rationale") ?? ""
            case "metadata": change.metadata = try body.texts("metadata")
            default: continue
            }
        }
        let updated = try await traces.updateAssessment(try request.path("assessment_id"), of: try request.path("trace_id"), change)
        return ["assessment": updated.mlflow]
    }

    @Sendable private func deleteAssessment(_ request: MLflowRequest) async throws -> JSON {
        try await traces.deleteAssessment(try request.path("assessment_id"), of: try request.path("trace_id"))
        return [:]
    }
}
