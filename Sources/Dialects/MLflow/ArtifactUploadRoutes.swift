import Foundation
import HTTPTypes
import Hummingbird
import TernKernel
import TernStore
import TernWeb
import Tracking

extension MLflowDialect {
    /// How long the links to the parts of an upload last; the client asks for all of them at the start.
    static let partsLast: Period = .hours(12)
    /// How long a link to a download lasts: what MLflow's own server gives.
    static let downloadLasts: Period = .minutes(5)

    /// Uploads in parts (`mpu/…`), links to downloads (`presigned/…`), and the addresses that links of this server's own lead to (`signed/…`).
    func mountUploads(on group: TernRouterGroup) {
        group.post("mpu/create/**", use: createUpload)
        group.post("mpu/complete/**", use: completeUpload)
        group.post("mpu/abort/**", use: abortUpload)
        group.get("presigned/**", use: presignedDownload)
        group.get("signed/**", use: signedDownload)
        group.put("signed/**", use: signedUpload)
    }

    // MARK: Uploads in parts

    @Sendable private func createUpload(_ request: Request, _ context: TernContext) async throws -> Response {
        try requireLinks("Multipart upload")
        let asked = try await UploadRequest(request, context, word: "mpu/create")
        let parts = Int(clamping: try asked.parameters.integer("num_parts") ?? 1)
        guard (1...10_000).contains(parts) else { throw TernError.invalid("num_parts is \(parts): an upload has 1 to 10000 parts") }
        let upload = try await artifacts.beginUpload(asked.path)
        let credentials = try (1...parts).map { number -> JSON in
            let link = try artifacts.link(.part(upload: upload, number: number), asked.path, expires: MLflowDialect.partsLast)
            let address = MLflowDialect.address(link, asked.path, request, asking: "upload=\(upload)&part=\(number)&")
            return ["url": .string(address), "part_number": JSON(number), "headers": [:]]
        }
        return Response.json(["upload_id": .string(upload), "credentials": .array(credentials)])
    }

    @Sendable private func completeUpload(_ request: Request, _ context: TernContext) async throws -> Response {
        try requireLinks("Multipart upload")
        let asked = try await UploadRequest(request, context, word: "mpu/complete")
        let parts = try (asked.parameters["parts"]?.arrayValue ?? []).map { part in
            guard let number = part["part_number"]?.intValue, let tag = part["etag"]?.stringValue else {
                throw TernError.invalid("a part needs part_number and etag")
            }
            return ObjectPart(number: Int(clamping: number), tag: tag.filter { $0 != "\"" })
        }
        guard !parts.isEmpty else { throw MLflowDialect.missing("parts") }
        try await artifacts.completeUpload(asked.path, try asked.parameters.required("upload_id"), parts)
        return Response.json([:])
    }

    @Sendable private func abortUpload(_ request: Request, _ context: TernContext) async throws -> Response {
        try requireLinks("Multipart upload")
        let asked = try await UploadRequest(request, context, word: "mpu/abort")
        try await artifacts.abortUpload(asked.path, try asked.parameters.required("upload_id"))
        return Response.json([:])
    }

    /// What these three requests say: the folder in the address, the file's name in the body.
    private struct UploadRequest {
        var path: String
        var parameters: MLflowParameters

        init(_ request: Request, _ context: TernContext, word: String) async throws {
            try context.identity.require(.editor, to: "upload artifacts")
            parameters = try await MLflowRequest(request, context).parameters
            // The client's own path to the file, of whatever system it runs on.
            let name = try parameters.required("path").split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
            guard !name.isEmpty else { throw TernError.invalid("Invalid path") }
            path = try MLflowDialect.artifactPath(request, below: word) + "/" + name
        }
    }

    // MARK: Downloads

    @Sendable private func presignedDownload(_ request: Request, _ context: TernContext) async throws -> Response {
        try requireLinks("Multipart download")
        let facts = try await artifacts.facts(MLflowDialect.artifactPath(request, below: "presigned"))
        let link = try MLflowDialect.downloadLink(facts, in: artifacts, expires: MLflowDialect.downloadLasts)
        return Response.json([
            "url": .string(MLflowDialect.address(link, facts.key, request)), "headers": [:], "file_size": .int(facts.size),
        ])
    }

    static func downloadLink(_ facts: ObjectFacts, in artifacts: ArtifactStore, expires: Period) throws -> ObjectLink {
        let name = (facts.key as NSString).lastPathComponent
        return try artifacts.link(
            .download(disposition: FileResponse.disposition(name), type: FileResponse.type(of: name)), facts.key, expires: expires)
    }

    private func requireLinks(_ what: String) throws {
        guard artifacts.allowsLinks else {
            throw TernError(.notImplemented, "\(what) is not supported for the current artifact repository")
        }
    }

    private static func missing(_ name: String) -> TernError {
        TernError.invalid(
            "Missing value for required parameter '\(name)'. See the API docs for more information about request parameters.")
    }

    // MARK: Links of our own

    /// The whole address of a link; one of ours leads to where the client found this server.
    static func address(_ link: ObjectLink, _ path: String, _ request: Request, asking: String = "") -> String {
        switch link {
        case .address(let address): return address
        case .query(let query):
            let forwarded = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headers[$0] }
            let scheme = forwarded == "https" ? "https" : "http"
            let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
            let encoded = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
            return "\(scheme)://\(request.head.authority ?? "localhost")/api/2.0/mlflow-artifacts/signed/\(encoded)?\(asking)\(query)"
        }
    }

    @Sendable private func signedDownload(_ request: Request, _ context: TernContext) async throws -> Response {
        let path = try MLflowDialect.artifactPath(request, below: "signed")
        try verify(.download(disposition: "", type: ""), path, MLflowParameters(query: request.uri.query ?? ""))
        return try await FileResponse(path, in: artifacts).make(for: request)
    }

    @Sendable private func signedUpload(_ request: Request, _ context: TernContext) async throws -> Response {
        let path = try MLflowDialect.artifactPath(request, below: "signed")
        let query = MLflowParameters(query: request.uri.query ?? "")
        guard let upload = try query.string("upload"), let number = try query.integer("part") else {
            try verify(.upload, path, query)
            try await artifacts.put(path, request.body, expecting: try MLflowDialect.expectation(request))
            return Response(status: .ok)
        }
        try verify(.part(upload: upload, number: Int(clamping: number)), path, query)
        let part = try await artifacts.uploadPart(
            path, upload, Int(clamping: number), ObjectBytes(request.body), expecting: try MLflowDialect.expectation(request))
        return Response(status: .ok, headers: [.eTag: "\"\(part.tag)\""])
    }

    private func verify(_ purpose: ObjectLink.Purpose, _ path: String, _ query: MLflowParameters) throws {
        try artifacts.verify(purpose, path, expires: try query.string("expires") ?? "", signature: try query.string("signature") ?? "")
    }
}
