import Foundation
import TernKernel
import TernStore
import Tracking

extension MLflowDialect {
    /// `artifacts/presigned-upload-url` and `presigned-download-url`: one link to one file of a run (or of a logged model).
    ///
    /// MLflow refuses both for artifacts behind its proxy; here the link leads to S3, or to this server itself.
    func mountArtifactLinks(on routes: inout MLflowRoutes) {
        let (tracking, artifacts) = (tracking, artifacts)
        routes.post("artifacts/presigned-upload-url") { request in
            let parameters = request.parameters
            let (run, model) = (try parameters.string("run_id") ?? "", try parameters.string("model_id") ?? "")
            guard run.isEmpty != model.isEmpty else { throw TernError.invalid("Exactly one of run_id and model_id must be provided.") }
            let path = try parameters.required("path")
            let expires = try MLflowDialect.expiry(parameters, otherwise: .minutes(15))
            let uri = run.isEmpty ? try await tracking.loggedModel(model).artifactURI : try await tracking.run(run).info.artifactURI
            let file = try MLflowDialect.file(path, at: uri)
            let link = try artifacts.link(.upload, file, expires: expires)
            return [
                "presigned_url": .string(request.address(of: link, file)),
                "headers": ["Content-Type": .string(FileResponse.type(of: (file as NSString).lastPathComponent))],
            ]
        }
        routes.post("artifacts/presigned-download-url", needs: .viewer) { request in
            let parameters = request.parameters
            let run = try parameters.required("run_id")
            let path = try parameters.required("path")
            let expires = try MLflowDialect.expiry(parameters, otherwise: MLflowDialect.downloadLasts)
            let facts = try await artifacts.facts(MLflowDialect.file(path, at: try await tracking.run(run).info.artifactURI))
            let link = try MLflowDialect.downloadLink(facts, in: artifacts, expires: expires)
            return ["presigned_url": .string(request.address(of: link, facts.key)), "headers": [:], "file_size": .int(facts.size)]
        }
    }

    /// A file below an artifact address. The path alone must be innocent: joined to the root it could climb back into it.
    private static func file(_ path: String, at uri: String) throws -> String {
        guard !(try ObjectKey.clean(path)).isEmpty else { throw TernError.invalid("Invalid path") }
        return try folder(of: uri) + "/" + path
    }

    /// One second to seven days, the longest that S3 allows.
    private static func expiry(_ parameters: MLflowParameters, otherwise usual: Period) throws -> Period {
        guard let seconds = try parameters.integer("expiration") else { return usual }
        guard (1...604_800).contains(seconds) else {
            throw TernError.invalid("expiration must be between 1 and 604800 seconds (got \(seconds)).")
        }
        return Period(milliseconds: seconds * 1000)
    }
}
