import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Registry
import TernKernel
import TernStore
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
            group.head("artifacts/**", use: describe)
            group.put("artifacts/**", use: upload)
            group.delete("artifacts/**", use: delete)
            mountUploads(on: group)
        }
        let pages = router.group("").add(middleware: ErrorMiddleware(render: MLflowError.render))
        pages.get("get-artifact", use: downloadOfRun)
        pages.get("model-versions/get-artifact", use: downloadOfVersion)
    }

    @Sendable private func list(_ request: Request, _ context: TernContext) async throws -> Response {
        let path = MLflowParameters(query: request.uri.query ?? "").values["path"]?.stringValue ?? ""
        let files = try await artifacts.list(path).map { $0.mlflow(below: "") }
        return Response.json(.fields(["files": .list(files)]))
    }

    @Sendable private func download(_ request: Request, _ context: TernContext) async throws -> Response {
        try await FileResponse(MLflowDialect.artifactPath(request, below: "artifacts"), in: artifacts).make(for: request)
    }

    /// What a GET would say, without the bytes; an error's body would be taken for the next answer.
    @Sendable private func describe(_ request: Request, _ context: TernContext) async throws -> Response {
        do {
            return try await download(request, context).createHeadResponse()
        } catch {
            return MLflowError.render(TernError.atTheDoor(error)).createHeadResponse()
        }
    }

    @Sendable private func upload(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "upload artifacts")
        try await artifacts.put(
            MLflowDialect.artifactPath(request, below: "artifacts"), request.body, expecting: try MLflowDialect.expectation(request))
        return Response(status: .ok)
    }

    @Sendable private func delete(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "delete artifacts")
        try await artifacts.delete(MLflowDialect.artifactPath(request, below: "artifacts"))
        return Response.json([:])
    }

    /// `GET /get-artifact?run_id=…&path=…`: the link that MLflow's pages give for a run's file.
    @Sendable private func downloadOfRun(_ request: Request, _ context: TernContext) async throws -> Response {
        let query = MLflowParameters(query: request.uri.query ?? "")
        let root = try MLflowDialect.folder(of: try await tracking.run(try query.runID()).info.artifactURI)
        let path = try query.required("path")
        _ = try ObjectKey.clean(path)
        return try await FileResponse(root + "/" + path, in: artifacts).make(for: request)
    }

    /// `GET /model-versions/get-artifact?name=…&version=…&path=…`: the same for a version's file.
    @Sendable private func downloadOfVersion(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let registry else { throw TernError(.notImplemented, "there is no model registry here") }
        let query = MLflowParameters(query: request.uri.query ?? "")
        let path = try query.required("path")
        _ = try ObjectKey.clean(path)
        let (name, number) = try query.nameAndVersion()
        let version = try await registry.version(name, number)
        return try await FileResponse(MLflowDialect.folder(of: version.location ?? version.source) + "/" + path, in: artifacts).make(for: request)
    }

    /// What follows `/artifacts/` (or another such word) in the address, decoded once.
    static func artifactPath(_ request: Request, below word: String) throws -> String {
        let path = request.uri.path
        guard let range = path.range(of: "/mlflow-artifacts/\(word)/"), let decoded = String(path[range.upperBound...]).removingPercentEncoding,
            !decoded.isEmpty
        else { throw TernError.invalid("Invalid path") }
        return decoded
    }

    /// What a client says of the bytes it sends: their number, their MD5 (`Content-MD5`), their SHA-256 (`Content-Digest`, RFC 9530).
    static func expectation(_ request: Request) throws -> ObjectExpectation {
        var expected = ObjectExpectation(size: request.headers[.contentLength].flatMap { Int64($0) })
        if let name = HTTPField.Name("Content-MD5"), let text = request.headers[name] {
            guard let md5 = Data(base64Encoded: text), md5.count == 16 else { throw TernError.invalid("Content-MD5 is not an MD5 in base64") }
            expected.md5 = Array(md5)
        }
        if let name = HTTPField.Name("Content-Digest"), let text = request.headers[name], let found = text.firstMatch(of: /sha-256=:([^:]*):/) {
            guard let bytes = Data(base64Encoded: String(found.output.1)), bytes.count == 32,
                let digest = Digest(hex: bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            else { throw TernError.invalid("Content-Digest is not a SHA-256 in base64") }
            expected.sha256 = digest
        }
        return expected
    }

    /// The folder in this server's store behind an address such as `mlflow-artifacts:/3/RUN/artifacts`.
    static func folder(of uri: String) throws -> String {
        guard let folder = ArtifactStore.folder(of: uri) else {
            throw TernError.invalid("these artifacts are kept at \(uri), which this server does not serve", hint: "read them from there directly")
        }
        return folder
    }

    /// What MLflow's pages send and ask for beside the proxy: a small file of a run (`upload-artifact?run_uuid=…&path=…`, the body its bytes),
    /// and a file of a logged model.
    func mountArtifactFiles(on routes: inout MLflowRoutes) {
        let (tracking, artifacts) = (tracking, artifacts)
        routes.post(
            "upload-artifact",
            responding: { request, _ in
                let query = MLflowParameters(query: request.uri.query ?? "")
                guard let run = try query.string("run_uuid"), !run.isEmpty else { throw TernError.invalid("Request must specify run_uuid.") }
                guard let path = try query.string("path"), !path.isEmpty else { throw TernError.invalid("Request must specify path.") }
                guard !(try ObjectKey.clean(path)).isEmpty else { throw TernError.invalid("Invalid path") }
                let most = 10 * 1024 * 1024
                let tooLarge = TernError.invalid("Artifact size is too large. Max size is 10MB.")
                if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > most { throw tooLarge }
                let bytes: ByteBuffer
                do {
                    bytes = try await request.bytes(upTo: most)
                } catch let error as TernError where error.code == .tooLarge {
                    throw tooLarge
                }
                guard bytes.readableBytes > 0 else { throw TernError.invalid("Request must specify data.") }
                let root = try MLflowDialect.folder(of: try await tracking.run(run).info.artifactURI)
                try await artifacts.put(root + "/" + path, ObjectBytes(bytes))
                return Response(status: .ok, headers: [.contentType: "application/json"])
            })
        routes.get(
            "logged-models/:model_id/artifacts/files",
            responding: { request, context in
                let query = MLflowParameters(query: request.uri.query ?? "")
                guard let path = try query.string("artifact_file_path"), !path.isEmpty else {
                    throw TernError(.badRequest, "Request must include the \"artifact_file_path\" query parameter.")
                }
                _ = try ObjectKey.clean(path)
                let root = try MLflowDialect.folder(of: try await tracking.loggedModel(try context.path("model_id")).artifactURI)
                return try await FileResponse(root + "/" + path, in: artifacts).make(for: request)
            })
    }

    func mountArtifactLists(on routes: inout MLflowRoutes) {
        let (tracking, artifacts) = (tracking, artifacts)
        @Sendable func files(at uri: String, _ path: String) async throws -> JSON {
            // The path alone must be innocent: joined to the root it could climb back into it.
            _ = try ObjectKey.clean(path)
            let root = try MLflowDialect.folder(of: uri)
            let entries = try await artifacts.list(path.isEmpty ? root : root + "/" + path)
            return .fields(["root_uri": .string(uri), "files": .list(entries.map { $0.mlflow(below: path) })])
        }
        routes.get("artifacts/list") { request in
            let run = try await tracking.run(try request.parameters.runID())
            return try await files(at: run.info.artifactURI, try request.parameters.string("path") ?? "")
        }
        routes.get("logged-models/:model_id/artifacts/directories") { request in
            let model = try await tracking.loggedModel(try request.path("model_id"))
            return try await files(at: model.artifactURI, try request.parameters.string("artifact_directory_path") ?? "")
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
