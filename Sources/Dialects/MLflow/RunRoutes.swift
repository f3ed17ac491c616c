import TernKernel
import Tracking

extension MLflowDialect {
    func mountRuns(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.post("runs/create") { request in
            let body = request.parameters
            let run = try await tracking.createRun(
                RunDraft(
                    experiment: try body.experimentID(), name: try body.string("run_name"), user: try body.string("user_id") ?? "",
                    startTime: try body.integer("start_time") ?? 0, tags: try body.pairsByKey("tags")))
            return ["run": run.mlflow]
        }
        routes.post("runs/update") { request in
            let body = request.parameters
            let info = try await tracking.updateRun(
                try body.runID(), status: body.runStatus(), endTime: try body.integer("end_time"), name: try body.string("run_name"))
            return ["run_info": info.mlflow]
        }
        routes.get("runs/get") { request in
            ["run": try await tracking.run(try request.parameters.runID()).mlflow]
        }
        routes.post("runs/delete") { request in
            try await tracking.deleteRun(try request.parameters.runID(), by: request.identity)
            return [:]
        }
        routes.post("runs/restore") { request in
            try await tracking.restoreRun(try request.parameters.runID(), by: request.identity)
            return [:]
        }
        routes.post(
            "runs/search", needs: .viewer,
            writing: { request in
                let page = try await tracking.searchRuns(try MLflowDialect.search(request.parameters))
                var json = JSONText(reserving: 4096 + page.elements.count * 2048)
                json.object { json in
                    if !page.elements.isEmpty { json.field("runs") { $0.array(page.elements) { $0.run($1) } } }
                    if let next = page.next { json.field("next_page_token") { $0.string(next.token) } }
                }
                return json
            })
        mountLogging(on: &routes)
        mountLinks(on: &routes)
    }

    private static func search(_ body: MLflowParameters) throws -> RunSearch {
        let meaning = FilterMeaning.runs
        let limit = try body.limit(or: 1000)
        if limit > 50_000 { throw body.wrongType("max_results", .int(Int64(limit))) }
        return RunSearch(
            experiments: try body.experimentIDs(), filter: try meaning.filter(try body.string("filter")),
            order: try meaning.order(try body.strings("order_by")), stages: try body.stages("run_view_type"),
            after: try PageToken.cursor(try body.string("page_token")), limit: limit)
    }

    private func mountLogging(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.post("runs/log-metric") { request in
            let body = request.parameters
            // MLflow checks the fields in this order, and names the first that is wrong.
            let run = try body.runID()
            try await tracking.log(try LoggedPoint(body), to: run)
            return [:]
        }
        routes.post("runs/log-parameter") { request in
            let body = request.parameters
            let run = try body.runID()
            try await tracking.logParam(try body.required("key"), try body.string("value") ?? "", to: run)
            return [:]
        }
        routes.post("runs/set-tag") { request in
            let body = request.parameters
            let run = try body.runID()
            try await tracking.setTag(try body.required("key"), try body.string("value") ?? "", on: run)
            return [:]
        }
        routes.post("runs/delete-tag") { request in
            let body = request.parameters
            let run = try body.runID()
            try await tracking.deleteTag(try body.required("key"), of: run)
            return [:]
        }
        routes.post("runs/log-batch") { request in
            if let read = try LogBatchReader.read(request.body) {
                try await tracking.log(read.batch, to: read.run)
                return [:]
            }
            let body = request.parameters
            let run = try body.required("run_id")
            let batch = LogBatch(
                metrics: try body.objects("metrics").map(LoggedPoint.init), params: try body.pairs("params"), tags: try body.pairs("tags"))
            try await tracking.log(batch, to: run)
            return [:]
        }
    }

    /// What a run read and made.
    private func mountLinks(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.post("runs/log-inputs") { request in
            let body = request.parameters
            let run = try body.required("run_id")
            try await tracking.logInputs(
                datasets: try body.objects("datasets").map(DatasetInput.init), models: try body.objects("models").map { try $0.required("model_id") },
                to: run)
            return [:]
        }
        routes.post("runs/outputs") { request in
            let body = request.parameters
            let run = try body.required("run_id")
            guard body.has("models") else { throw body.missing("models") }
            let models = try body.objects("models").map { ModelOutput(model: try $0.required("model_id"), step: try $0.integer("step") ?? 0) }
            try await tracking.logOutputs(models, of: run)
            return [:]
        }
        routes.post("runs/log-model") { request in
            let body = request.parameters
            let run = try body.required("run_id")
            let text = try body.required("model_json")
            guard let model = try? JSON(parsing: text), let fields = model.objectValue else {
                throw TernError.invalid("Malformed model info. \n \(text) \n is not a valid JSON.")
            }
            let missing = ["artifact_path", "flavors", "utc_time_created", "run_id"].filter { fields[$0] == nil }
            if !missing.isEmpty {
                throw TernError.invalid("Model json is missing mandatory fields: {\(missing.map { "'\($0)'" }.joined(separator: ", "))}")
            }
            let kept = fields.filter { ["run_id", "utc_time_created", "artifact_path", "model_uuid", "flavors"].contains($0.key) }
            try await tracking.recordModel(.object(kept), of: run)
            return [:]
        }
    }
}
