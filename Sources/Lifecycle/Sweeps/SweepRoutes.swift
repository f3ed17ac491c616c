import HTTPTypes
import Hummingbird
import TernJobs
import TernKernel
import TernWeb

/// Sweeps over HTTP.
struct SweepRoutes: Sendable {
    let service: SweepService

    func mount(on router: TernRouterGroup) {
        router.get("sweeps") { request, _ in
            let sweeps = try await service.sweeps(limit: try request.query("limit", in: 1...1000) ?? 50)
            return Response.json(["sweeps": .array(sweeps.map(\.summary))] as JSON)
        }
        router.post("sweeps") { request, context in
            let sweep = try await service.start(try SweepRoutes.start(try await request.json(), by: context.identity))
            return Response.json(sweep.json, status: .created)
        }
        router.get("sweeps/:id") { _, context in Response.json(try await service.sweep(try context.path("id")).json) }
        router.post("sweeps/:id/pause") { _, context in
            Response.json(try await service.pause(try context.path("id"), by: context.identity).summary)
        }
        router.post("sweeps/:id/stop") { _, context in
            Response.json(try await service.stop(try context.path("id"), by: context.identity).summary)
        }
        router.post("sweeps/:id/resume") { request, context in
            let body = try await request.json()
            let sweep = try await service.resume(
                try context.path("id"), count: try SweepRoutes.whole("count", body), parallel: try SweepRoutes.whole("parallel", body),
                by: context.identity)
            return Response.json(sweep.summary)
        }
        router.get("sweeps/:id/trials/:number/log") { request, context in
            guard let number = Int(try context.path("number")) else { throw TernError.invalid("a trial has a number") }
            let offset = try request.query("offset", in: 0...Int.max) ?? 0
            return try Response.json(try await service.log(of: number, in: try context.path("id"), offset: Int64(offset)))
        }
    }

    /// `{"definition": {…}, "folder": "/…", "parallel": 2, "count": 20, "seed": 7, "timeout": "10m"}`.
    private static func start(_ body: JSON, by identity: Identity) throws -> SweepStart {
        guard let definition = body["definition"], definition.objectValue != nil else {
            throw TernError.invalid("'definition' is missing: the mapping that a sweep file is")
        }
        guard let folder = body["folder"]?.stringValue else { throw TernError.invalid("'folder' is missing: where the command runs") }
        let known = ["definition", "folder", "parallel", "count", "seed", "timeout"]
        if let unknown = body.objectValue?.keys.sorted().first(where: { !known.contains($0) }) {
            throw TernError.invalid("unknown field '\(unknown)'", hint: "known: \(known.joined(separator: ", "))")
        }
        var timeout: Period?
        if let value = body["timeout"], !value.isNull {
            guard let period = value.stringValue.flatMap({ Period($0) }) else {
                throw TernError.invalid("'timeout' must be a length of time such as 30s or 10m, not \(value)")
            }
            timeout = period
        }
        return SweepStart(
            definition: definition, folder: folder, parallel: try whole("parallel", body) ?? 1, count: try whole("count", body),
            seed: try whole("seed", body).map { Int64($0) }, timeout: timeout, by: identity)
    }

    private static func whole(_ key: String, _ body: JSON) throws -> Int? {
        guard let value = body[key], !value.isNull else { return nil }
        guard let number = value.intValue.flatMap({ Int(exactly: $0) }) else {
            throw TernError.invalid("'\(key)' must be a whole number, not \(value)")
        }
        return number
    }
}
