import Foundation
import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb
import Tracking

extension MLflowDialect {
    static let artifactPrefixes = [
        "/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts", "/api/3.0/mlflow-artifacts", "/ajax-api/3.0/mlflow-artifacts",
    ]

    /// The artifact proxy: files go through this server, whatever holds them.
    func mountArtifacts(on router: TernRouter) {
        for prefix in MLflowDialect.artifactPrefixes {
            let group = router.group(RouterPath(prefix)).add(middleware: ErrorMiddleware(render: MLflowError.render))
            group.get("artifacts", use: list)
            group.get("artifacts/**", use: download)
            group.put("artifacts/**", use: upload)
            group.delete("artifacts/**", use: delete)
            // What real MLflow says for files on its own disk; the client then sends them in one piece.
            group.post("mpu/**") { _, _ in MLflowDialect.unsupported("Multipart upload") }
            group.get("presigned/**") { _, _ in MLflowDialect.unsupported("Multipart download") }
        }
        let pages = router.group("").add(middleware: ErrorMiddleware(render: MLflowError.render))
        pages.get("get-artifact", use: downloadOfRun)
    }

    private static func unsupported(_ what: String) -> Response {
        MLflowError.render(TernError(.notImplemented, "\(what) is not supported for the current artifact repository"))
    }

    @Sendable private func list(_ request: Request, _ context: TernContext) async throws -> Response {
        let path = MLflowParameters(query: request.uri.query ?? "").values["path"]?.stringValue ?? ""
        let files = try artifacts.list(path).map { $0.mlflow(below: "") }
        return Response.json(.fields(["files": .list(files)]))
    }

    @Sendable private func download(_ request: Request, _ context: TernContext) async throws -> Response {
        try await FileResponse(artifacts.file(MLflowDialect.artifactPath(request))).make(for: request, context)
    }

    @Sendable private func upload(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "upload artifacts")
        try await artifacts.put(MLflowDialect.artifactPath(request), request.body)
        return Response(status: .ok)
    }

    @Sendable private func delete(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "delete artifacts")
        try artifacts.delete(MLflowDialect.artifactPath(request))
        return Response.json([:])
    }

    /// `GET /get-artifact?run_id=…&path=…`: the link that MLflow's pages give for a run's file.
    @Sendable private func downloadOfRun(_ request: Request, _ context: TernContext) async throws -> Response {
        let query = MLflowParameters(query: request.uri.query ?? "")
        let root = try MLflowDialect.folder(of: try await tracking.run(try query.runID()).info.artifactURI)
        let path = try query.required("path")
        _ = try artifacts.list(path)
        return try await FileResponse(artifacts.file(root + "/" + path)).make(for: request, context)
    }

    /// What follows `/artifacts/` in the address, decoded once.
    private static func artifactPath(_ request: Request) throws -> String {
        let path = request.uri.path
        guard let range = path.range(of: "/mlflow-artifacts/artifacts/"), let decoded = String(path[range.upperBound...]).removingPercentEncoding,
            !decoded.isEmpty
        else { throw TernError.invalid("Invalid path") }
        return decoded
    }

    /// The folder in this server's store behind an address such as `mlflow-artifacts:/3/RUN/artifacts`.
    static func folder(of uri: String) throws -> String {
        guard uri.hasPrefix("mlflow-artifacts:/") else {
            throw TernError.invalid("these artifacts are kept at \(uri), which this server does not serve", hint: "read them from there directly")
        }
        var rest = uri.dropFirst("mlflow-artifacts:".count)
        if rest.hasPrefix("//") { rest = rest.dropFirst(2).drop { $0 != "/" } }
        return String(rest.drop { $0 == "/" })
    }

    func mountArtifactLists(on routes: inout MLflowRoutes) {
        let (tracking, artifacts) = (tracking, artifacts)
        @Sendable func files(at uri: String, _ path: String) throws -> JSON {
            // The path alone must be innocent: joined to the root it could climb back into it.
            _ = try artifacts.list(path)
            let root = try MLflowDialect.folder(of: uri)
            let entries = try artifacts.list(path.isEmpty ? root : root + "/" + path)
            return .fields(["root_uri": .string(uri), "files": .list(entries.map { $0.mlflow(below: path) })])
        }
        routes.get("artifacts/list") { request in
            let run = try await tracking.run(try request.parameters.runID())
            return try files(at: run.info.artifactURI, try request.parameters.string("path") ?? "")
        }
        routes.get("logged-models/:model_id/artifacts/directories") { request in
            let model = try await tracking.loggedModel(try request.path("model_id"))
            return try files(at: model.artifactURI, try request.parameters.string("artifact_directory_path") ?? "")
        }
    }
}

extension ArtifactStore.Entry {
    /// Paths count from what was asked for, or from the run's root below `path`.
    fileprivate func mlflow(below path: String) -> JSON {
        let clean = path.split(separator: "/").joined(separator: "/")
        return .fields([
            "path": .string(clean.isEmpty ? name : clean + "/" + name), "is_dir": .bool(isFolder), "file_size": size.map(JSON.int),
        ])
    }
}
