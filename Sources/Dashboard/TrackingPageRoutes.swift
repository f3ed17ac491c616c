import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb

extension DashboardRoutes {
    /// Experiments, runs and what belongs to them.
    func mountTracking(on pages: TernRouterGroup) {
        pages.get("experiments") { [source] request, _ in
            try PageFrame(.experiments, "Experiments", modules: ["experiments-page.js"]).response(
                try await source.experiments(ExperimentsQuery(request)), to: request)
        }
        pages.get("experiments/:id") { [source] request, context in
            try await DashboardRoutes.runs(source, RunsQuery(request, experiment: DashboardRoutes.number(context)), request)
        }
        pages.get("experiments/:id/runs.csv") { [source] request, context in
            try await DashboardRoutes.csv(source, RunsQuery(request, experiment: DashboardRoutes.number(context)))
        }
        pages.get("runs") { [source] request, _ in try await DashboardRoutes.runs(source, RunsQuery(request), request) }
        pages.get("runs.csv") { [source] request, _ in try await DashboardRoutes.csv(source, RunsQuery(request)) }
        pages.get("runs/:id") { [source] request, context in
            let page = try await source.run(context.path("id"), RunPageQuery(request))
            return try PageFrame(.experiments, page.title, modules: page.logs == nil ? ["run-page.js"] : ["log-tail.js"]).response(page, to: request)
        }
        pages.get("runs/:id/view") { [source] request, context in
            guard let path = request.query("path") else { throw TernError.invalid("the address lacks 'path', the file to look at") }
            return try await source.view(context.path("id"), path).response
        }
        pages.get("compare") { [source] request, _ in
            let page = try await source.compare(CompareQuery(request))
            return try PageFrame(.experiments, page.title, modules: ["compare-page.js"]).response(page, to: request)
        }
    }

    private static func number(_ context: TernContext) throws -> Int64 {
        let text = try context.path("id")
        guard let number = Int64(text) else { throw TernError.notFound("there is no experiment '\(text)'", hint: "experiments go by their number") }
        return number
    }

    /// A filter that cannot be read is answered with the page that it was written on, so that it can be put right.
    private static func runs(_ source: DashboardSource, _ query: RunsQuery, _ request: Request) async throws -> Response {
        let page = try await source.runs(query)
        return try PageFrame(.experiments, page.title, modules: ["runs-page.js"]).response(
            page, to: request, status: page.problem == nil ? .ok : .badRequest)
    }

    /// The first piece is made before the answer begins, so that what is wrong with the filter is an error and not an empty file.
    private static func csv(_ source: DashboardSource, _ query: RunsQuery) async throws -> Response {
        var query = query
        query.after = nil
        let first = try await source.runsCSV(query)
        let body = ResponseBody { writer in
            var piece = first
            try await writer.write(ByteBuffer(string: piece.text))
            while let next = piece.next {
                piece = try await source.runsCSV(next)
                try await writer.write(ByteBuffer(string: piece.text))
            }
            try await writer.finish(nil)
        }
        let name = query.experiment.map { "experiment-\($0)-runs.csv" } ?? "runs.csv"
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8", .contentDisposition: "attachment; filename=\(name)", .cacheControl: "no-store",
            ], body: body)
    }
}
