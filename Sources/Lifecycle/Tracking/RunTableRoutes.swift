import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb

/// Tables of runs, curves and bulk changes, for the dashboard and for scripts.
struct RunTableRoutes {
    let service: TrackingService

    func mount(on router: TernRouterGroup) {
        router.post("runs/search", use: search)
        router.get("experiments/:id/columns", use: columns)
        router.get("runs/:id/metrics", use: curvesOfRun)
        router.get("metrics", use: curves)
        router.post("runs/tag", use: tag)
        router.post("runs/delete") { request, context in
            try await bulk(request, context, "delete runs") { try await service.deleteRuns($0, by: context.identity) }
        }
        router.post("runs/restore") { request, context in
            try await bulk(request, context, "restore runs") { try await service.restoreRuns($0, by: context.identity) }
        }
    }

    // MARK: Tables

    private struct Search: Decodable {
        var experiments: [String]?
        var filter: String?
        var order: [String]?
        var stage: String?
        var columns: [String]?
        var limit: Int?
        var pageToken: String?
        var count: Bool?
    }

    @Sendable private func search(_ request: Request, _ context: TernContext) async throws -> Response {
        let asked = try await request.value(Search.self)
        let limit = asked.limit ?? 100
        guard (1...1000).contains(limit) else { throw TernError.invalid("'limit' must be from 1 to 1000, not \(limit)") }
        let search = RunSearch(
            experiments: try await experiments(asked.experiments), filter: try SearchFilter(runs: asked.filter ?? ""),
            order: try [SearchOrder](runs: asked.order ?? []), stages: try RunTableRoutes.stages(asked.stage),
            after: try asked.pageToken.flatMap { $0.isEmpty ? nil : try SearchCursor(token: $0) }, limit: limit)
        let table = try await service.searchTable(
            RunTableSearch(search, columns: try (asked.columns ?? []).map(RunColumn.init), counted: asked.count ?? false))
        return RunTableRoutes.response(table)
    }

    /// By number or by name; nil is all that are active.
    private func experiments(_ names: [String]?) async throws -> [Int64] {
        guard let names else { return try await service.searchExperiments(ExperimentSearch(limit: 10_000)).elements.map(\.id) }
        var numbers: [Int64] = []
        for name in names {
            if let number = Int64(name) {
                numbers.append(try await service.experiment(number).id)
            } else if let found = try await service.experiment(named: name) {
                numbers.append(found.id)
            } else {
                throw TernError.notFound("there is no experiment '\(name)'", hint: "without \"experiments\" all of them are searched")
            }
        }
        return numbers
    }

    private static func stages(_ text: String?) throws -> StageSelection {
        switch text {
        case nil, "active"?: .active
        case "deleted"?: .deleted
        case "all"?: .all
        case let other?: throw TernError.invalid("'stage' is active, deleted or all, not '\(other)'")
        }
    }

    private static func response(_ table: RunTable) -> Response {
        var json = JSONText()
        json.object { json in
            json.field("columns") { $0.array(table.columns) { $0.string($1.name) } }
            json.field("runs") { $0.array(table.rows) { $0.row($1) } }
            if let next = table.next { json.field("next_page_token") { $0.string(next.token) } }
            if let total = table.total { json.field("total") { $0.integer(Int64(total)) } }
        }
        return json.response
    }

    @Sendable private func columns(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let id = Int64(try context.path("id")) else { throw TernError.invalid("an experiment is named by its number here") }
        _ = try await service.experiment(id)
        return try Response.json(try await service.columns(of: [id], limit: try request.query("limit", in: 1...5000) ?? 500))
    }

    // MARK: Curves

    @Sendable private func curvesOfRun(_ request: Request, _ context: TernContext) async throws -> Response {
        let (points, axis) = try RunTableRoutes.shape(request)
        let keys = request.query("keys").map { $0.split(separator: ",").map(String.init) }
        return RunTableRoutes.response(try await service.curves(of: try context.path("id"), keys: keys, points: points, axis: axis))
    }

    @Sendable private func curves(_ request: Request, _ context: TernContext) async throws -> Response {
        let (points, axis) = try RunTableRoutes.shape(request)
        guard let key = request.query("key"), let runs = request.query("runs") else {
            throw TernError.invalid("a curve wants 'key' and 'runs'", hint: "GET /api/tern/v1/metrics?runs=A,B&key=loss&points=300")
        }
        return RunTableRoutes.response(try await service.curves(key, of: runs.split(separator: ",").map(String.init), points: points, axis: axis))
    }

    private static func shape(_ request: Request) throws -> (points: Int, axis: CurveAxis) {
        let axis = try request.query("axis").map { text in
            guard let axis = CurveAxis(rawValue: text) else { throw TernError.invalid("'axis' is step or time, not '\(text)'") }
            return axis
        }
        return (try request.query("points", in: 2...5000) ?? 300, axis ?? .step)
    }

    private static func response(_ curves: [MetricCurve]) -> Response {
        var json = JSONText()
        json.object { $0.field("curves") { $0.array(curves) { $0.curve($1) } } }
        return json.response
    }

    // MARK: Bulk changes

    @Sendable private func tag(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "tag runs")
        // Read as JSON: the tags' names are people's own and are not respelled.
        let asked = try await request.json()
        let changed = try await service.tagRuns(
            try RunTableRoutes.texts(asked, "runs"), set: try RunTableRoutes.tags(asked["set"]),
            remove: asked["remove"] == nil ? [] : try RunTableRoutes.texts(asked, "remove"), by: context.identity)
        return Response.json(["changed": .int(Int64(changed))])
    }

    private static func texts(_ json: JSON, _ name: String) throws -> [String] {
        guard let list = json[name]?.arrayValue else { throw TernError.invalid("'\(name)' must be a list of texts") }
        return try list.map { element in
            guard let text = element.stringValue else { throw TernError.invalid("'\(name)' must be a list of texts, not of \(element)") }
            return text
        }
    }

    private static func tags(_ json: JSON?) throws -> [String: String] {
        guard let json else { return [:] }
        guard let fields = json.objectValue else { throw TernError.invalid("'set' is an object of tags and their values") }
        return try fields.mapValues { value in
            guard let text = value.stringValue else { throw TernError.invalid("a tag's value is text, not \(value)") }
            return text
        }
    }

    private struct Chosen: Decodable {
        var runs: [String]
    }

    private func bulk(
        _ request: Request, _ context: TernContext, _ what: String, _ change: ([String]) async throws -> Int
    ) async throws -> Response {
        try context.identity.require(.editor, to: what)
        return Response.json(["changed": .int(Int64(try await change(try await request.value(Chosen.self).runs)))])
    }
}

extension JSONText {
    fileprivate var response: Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    fileprivate mutating func row(_ row: RunTable.Row) {
        object { json in
            json.field("id") { $0.string(row.info.id) }
            json.field("experiment") { $0.string(String(row.info.experiment)) }
            json.field("name") { $0.string(row.info.name) }
            json.field("status") { $0.string(row.info.status.rawValue.lowercased()) }
            json.field("stage") { $0.string(row.info.stage.rawValue) }
            json.field("user") { $0.string(row.info.user) }
            json.field("started_at") { $0.string(Timestamp(milliseconds: row.info.startTime).description) }
            if let end = row.info.endTime { json.field("ended_at") { $0.string(Timestamp(milliseconds: end).description) } }
            json.field("cells") { json in
                json.array(row.cells) { json, cell in
                    switch cell {
                    case .missing: json.null()
                    case .number(let value): json.number(value)
                    case .text(let text): json.string(text)
                    }
                }
            }
        }
    }

    fileprivate mutating func curve(_ curve: MetricCurve) {
        object { json in
            json.field("run") { $0.string(curve.run) }
            json.field("key") { $0.string(curve.key) }
            json.field("points") { $0.integer(Int64(curve.points)) }
            json.field("buckets") { json in
                json.array(curve.buckets) { json, bucket in
                    json.object { json in
                        json.field("count") { $0.integer(Int64(bucket.count)) }
                        json.field("first_step") { $0.integer(bucket.firstStep) }
                        json.field("last_step") { $0.integer(bucket.lastStep) }
                        json.field("first_time") { $0.integer(bucket.firstTime) }
                        json.field("last_time") { $0.integer(bucket.lastTime) }
                        json.field("first") { $0.number(bucket.first) }
                        json.field("last") { $0.number(bucket.last) }
                        json.field("min") { $0.number(bucket.min) }
                        json.field("max") { $0.number(bucket.max) }
                    }
                }
            }
        }
    }
}
