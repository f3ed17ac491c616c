import TernKernel
import Tracking

extension MLflowDialect {
    func mountMetrics(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.get(
            "metrics/get-history",
            writing: { request in
                let query = request.parameters
                let limit = try query.integer("max_results")
                if let limit, limit <= 0 {
                    throw TernError.invalid("Invalid value \(limit) for parameter 'max_results' supplied. It must be a positive integer.")
                }
                let page = try await tracking.metricHistory(
                    try query.required("metric_key"), of: try query.runID(), after: try PageToken.cursor(try query.string("page_token")),
                    limit: limit.map { Int(clamping: $0) })
                var json = JSONText(reserving: 256 + page.elements.count * 80)
                json.object { json in
                    if !page.elements.isEmpty { json.field("metrics") { $0.array(page.elements) { $0.metric($1) } } }
                    if let next = page.next { json.field("next_page_token") { $0.string(next.token) } }
                }
                return json
            })
        mountBulkMetrics(on: &routes)
    }

    /// One metric of several runs.
    private func mountBulkMetrics(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.get(
            "metrics/get-history-bulk",
            writing: { request in
                let query = request.parameters
                let runs = try MLflowDialect.runs(query, "run_id", request: "GetMetricHistoryBulk")
                guard let key = try query.string("metric_key") else {
                    throw TernError.invalid("GetMetricHistoryBulk request must specify a metric_key.")
                }
                let limit = min(try query.limit(or: 25_000), 25_000)
                var points: [(run: String, point: MetricPoint)] = []
                for run in runs.sorted() where points.count < limit {
                    points += try await tracking.metricHistory(key, of: run, limit: limit - points.count).elements.map { (run, $0) }
                }
                var json = JSONText(reserving: 256 + points.count * 130)
                json.object { $0.field("metrics") { $0.array(points) { $0.metric($1.point, of: $1.run) } } }
                return json
            })
        routes.get(
            "metrics/get-history-bulk-interval",
            writing: { request in
                let query = request.parameters
                let runs = try query.strings("run_ids")
                guard !runs.isEmpty else { throw query.missing("run_ids") }
                let key = try query.required("metric_key")
                guard runs.count <= 100 else {
                    throw TernError.invalid(
                        "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received \(runs.count) run_ids."
                            + " See the API docs for more information about request parameters.")
                }
                let limit = try query.limit(or: 2500)
                guard (1...2500).contains(limit) else {
                    throw TernError.invalid(
                        "max_results must be between 1 and 2500. See the API docs for more information about request parameters.")
                }
                let points = try await tracking.metricSample(key, of: runs, steps: try MLflowDialect.steps(query), limit: limit)
                var json = JSONText(reserving: 256 + points.count * 130)
                json.object { json in
                    if !points.isEmpty { json.field("metrics") { $0.array(points) { $0.metric($1.point, of: $1.run) } } }
                }
                return json
            })
    }

    private static func runs(_ query: MLflowParameters, _ name: String, request: String) throws -> [String] {
        let runs = try query.strings(name)
        guard !runs.isEmpty else { throw TernError.invalid("\(request) request must specify at least one run_id.") }
        guard runs.count <= 100 else {
            throw TernError.invalid("\(request) request cannot specify more than 100 run_ids. Received \(runs.count) run_ids.")
        }
        return runs
    }

    private static func steps(_ query: MLflowParameters) throws -> ClosedRange<Int64>? {
        switch (try query.integer("start_step"), try query.integer("end_step")) {
        case (nil, nil): return nil
        case (let start?, let end?):
            guard start <= end else {
                throw TernError.invalid("end_step must be greater than start_step. Found start_step=\(start) and end_step=\(end).")
            }
            return start...end
        default: throw TernError.invalid("If either start step or end step are specified, both must be specified.")
        }
    }
}
