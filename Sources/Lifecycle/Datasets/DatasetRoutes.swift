import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb

/// `/datasets…` of Tern's own API.
struct DatasetRoutes: Sendable {
    let service: DatasetService

    func mount(on router: TernRouterGroup) {
        router.get("datasets") { _, _ in try Response.json(["datasets": await service.list()]) }
        router.get("datasets/:name") { _, context in try Response.json(await service.get(try context.path("name"))) }
        router.get("datasets/:name/diff", use: diff)
        router.get("datasets/:name/rejected") { _, context in try Response.json(["rejected": await service.rejected(try context.path("name"))]) }
        router.get("datasets/:name/versions/:version") { _, context in try Response.json(await version(context)) }
        router.get("datasets/:name/versions/:version/file", use: file)
        router.post("datasets/:name/versions", use: add)
    }

    private struct AddRequest: Decodable {
        var path: String?
        var reason: String?
        var source: JSON?
    }

    /// `latest` is the newest version.
    private func version(_ context: TernContext) async throws -> DatasetVersion {
        let text = try context.path("version")
        guard text == "latest" || Int(text) != nil else { throw TernError.invalid("'\(text)' is not a version", hint: "give a number, or latest") }
        return try await service.version(try context.path("name"), Int(text))
    }

    @Sendable private func diff(_ request: Request, _ context: TernContext) async throws -> Response {
        guard let from = try request.query("from", in: 1...Int.max), let to = try request.query("to", in: 1...Int.max) else {
            throw TernError.invalid("a difference is between two versions", hint: "?from=1&to=2")
        }
        return try Response.json(await service.diff(try context.path("name"), from, to))
    }

    @Sendable private func file(_ request: Request, _ context: TernContext) async throws -> Response {
        let version = try await version(context)
        let path = try await service.file(of: version)
        let type =
            switch version.format {
            case .csv: "text/csv; charset=utf-8"
            case .parquet: "application/vnd.apache.parquet"
            case .jsonl: "application/jsonl"
            }
        return Response(
            status: .ok,
            headers: [
                .contentType: type, .eTag: "\"\(version.digest.hex)\"",
                .contentDisposition: "attachment; filename=\"\(version.dataset)-\(version.version).\(version.format.rawValue)\"",
            ], body: try DatasetUpload.body(ofFileAt: path, bytes: version.bytes))
    }

    @Sendable private func add(_ request: Request, _ context: TernContext) async throws -> Response {
        let name = try context.path("name")
        let type = request.headers[.contentType] ?? ""
        let added: DatasetVersion
        if request.query("format") == nil, !type.hasPrefix("multipart/form-data") {
            let wanted = try await request.value(AddRequest.self)
            if let path = wanted.path, !path.hasPrefix("/") {
                throw TernError.invalid("'\(path)' is not an absolute path", hint: "the server reads it, and knows nothing of your working directory")
            }
            added = try await service.add(
                name: name, fileAt: wanted.path, by: context.identity, reason: wanted.reason, source: wanted.source ?? .null)
        } else {
            try context.identity.require(.editor, to: "add a dataset version")
            let upload = try await DatasetUpload.receive(request, into: service.folder)
            defer { service.folder.discard(upload.path) }
            added = try await service.add(
                uploaded: upload.path, upload.format, name: name, fileName: upload.fileName, by: context.identity, reason: request.query("reason"))
        }
        return try Response.json(added, status: .created)
    }
}

extension DatasetService {
    /// Adds what a request carried in its body.
    func add(
        uploaded path: String, _ format: DataFormat, name: String, fileName: String?, by identity: Identity, reason: String?
    ) async throws -> DatasetVersion {
        let named = "\(path).\(format.rawValue)"
        try FileManager.default.moveItem(atPath: path, toPath: named)
        defer { folder.discard(named) }
        return try await add(name: name, fileAt: named, by: identity, reason: reason, source: ["upload": JSON(fileName ?? "body")])
    }
}
