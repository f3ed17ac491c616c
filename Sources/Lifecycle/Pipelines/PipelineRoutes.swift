import HTTPTypes
import Hummingbird
import TernJobs
import TernKernel
import TernWeb

/// Pipelines over HTTP.
struct PipelineRoutes: Sendable {
    let service: PipelineService

    func mount(on router: TernRouterGroup) {
        router.get("pipelines") { _, _ in try Response.json(["pipelines": try await service.pipelines()]) }
        router.post("pipelines/:name/runs") { request, context in
            let body = try await request.value(StartBody.self)
            let run = try await service.start(
                PipelineStart(
                    pipeline: try context.path("name"), params: body.params ?? [:], datasets: body.datasets ?? [:], reason: body.reason,
                    idempotencyKey: body.idempotencyKey, by: context.identity))
            return try Response.json(run, status: .created)
        }
        router.get("pipeline-runs") { request, _ in
            let limit = try request.query("limit", in: 1...1000) ?? 50
            return try Response.json(["runs": try await service.runs(pipeline: request.query("pipeline"), limit: limit)])
        }
        router.get("pipeline-runs/:id") { _, context in try Response.json(try await service.run(try context.path("id"))) }
        router.get("pipeline-runs/:id/steps/:step/log") { request, context in
            try Response.json(
                try await service.log(
                    run: try context.path("id"), step: try context.path("step"), attempt: try request.query("attempt", in: 1...1_000_000),
                    offset: Int64(try request.query("offset", in: 0...Int.max) ?? 0)))
        }
        router.post("pipeline-runs/:id/cancel") { _, context in
            try Response.json(try await service.cancel(try context.path("id"), by: context.identity))
        }
        router.post("pipeline-runs/:id/retry") { _, context in
            try Response.json(try await service.retry(try context.path("id"), by: context.identity))
        }
    }

    private struct StartBody: Decodable {
        var params: [String: JSON]?
        var datasets: [String: Int]?
        var reason: String?
        var idempotencyKey: String?
    }
}
