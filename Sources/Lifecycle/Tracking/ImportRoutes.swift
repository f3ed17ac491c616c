import Hummingbird
import NIOCore
import TernKernel
import TernWeb

/// The receiving end of `tern import`: wire to values and back.
struct ImportRoutes: Sendable {
    let service: ImportService

    /// A run may carry a dataset profile of 16 MB; points come 50,000 a request (1.2 MB).
    private static let bodyLimit = 128 << 20

    func mount(on router: TernRouterGroup) {
        let group = router.group("import")
        group.post("experiments", use: experiments)
        group.post("runs", use: runs)
        group.post("points", use: points)
        group.post("check", use: check)
        group.post("finish", use: finish)
        group.post("logged-models", use: models)
    }

    private func body(_ request: Request, _ context: TernContext) async throws -> JSON {
        try context.identity.require(.editor, to: "import runs")
        return try await request.json(upTo: ImportRoutes.bodyLimit)
    }

    @Sendable private func experiments(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await body(request, context)
        let placed = try await service.place(
            try body.elements("experiments").map(ExperimentIntake.init), from: try body.need("source"), by: context.identity)
        return Response.json([
            "experiments": .array(
                placed.map {
                    ["source_id": .string($0.sourceID), "id": .int($0.id), "name": .string($0.name), "created": .bool($0.created)]
                })
        ])
    }

    @Sendable private func runs(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await body(request, context)
        let opened = try await service.open(try body.elements("runs").map(RunIntake.init), from: try body.need("source"))
        return Response.json([
            "runs": .array(opened.map { ["id": .string($0.id), "state": .string($0.state.rawValue), "points": .int($0.points)] })
        ])
    }

    @Sendable private func points(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "import runs")
        let buffer = try await request.bytes(upTo: ImportRoutes.bodyLimit)
        let blocks = try buffer.withUnsafeReadableBytes { try PointBlock.decode($0) }
        let sent = try await service.append(blocks)
        return Response.json(["points": .int(Int64(sent))])
    }

    /// `{"runs": [ID], "models": [ID]}`: what stands here of each; one that is not here is left out.
    @Sendable private func check(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await request.json()
        var runs: [JSON] = []
        for id in body.elements("runs").compactMap(\.stringValue) {
            do {
                let (run, tally) = try await service.check(id)
                runs.append(["run": run.intake, "points": .int(tally.count), "hash": .string(tally.hash), "metrics": JSON(run.metrics.count)])
            } catch let error as TernError where error.code == .notFound {}
        }
        var models: [JSON] = []
        for id in body.elements("models").compactMap(\.stringValue) {
            do {
                models.append(try await service.tracking.loggedModel(id, orDeleted: true).intake)
            } catch let error as TernError where error.code == .notFound {}
        }
        return Response.json(["runs": .array(runs), "models": .array(models)])
    }

    @Sendable private func finish(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await body(request, context)
        let runs = try body.elements("runs").map {
            (id: try $0.need("id"), points: try $0.needInt("points"), filesMissing: $0["files_missing"]?.boolValue ?? false)
        }
        try await service.finish(runs, from: try body.need("source"), by: context.identity)
        for model in body.elements("models") {
            try await service.finishModel(try model.need("id"), filesMissing: model["files_missing"]?.boolValue ?? false)
        }
        return Response.json([:])
    }

    @Sendable private func models(_ request: Request, _ context: TernContext) async throws -> Response {
        let body = try await body(request, context)
        let added = try await service.add(try body.elements("models").map(LoggedModelIntake.init), from: try body.need("source"))
        return Response.json(["models": .array(added.map { ["id": .string($0.id), "state": .string($0.state.rawValue)] })])
    }
}
