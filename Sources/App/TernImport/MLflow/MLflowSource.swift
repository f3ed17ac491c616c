import Foundation
import TernKernel
import TernStore

/// Which of the four forms of an MLflow store a text names.
package enum MLflowSource {
    /// - Parameter environment: for the login of a tracking server.
    package static func open(
        _ text: String, artifactFolder: String? = nil, environment: [String: String] = [:]
    ) async throws -> any ImportSource {
        let artifactFolder = artifactFolder.map(LocalFiles.absolute)
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            return try await MLflowServer(SourceServer(url: text, environment: environment))
        }
        if let scheme = MLflowArtifactPlace.scheme(text), ["postgresql", "postgres"].contains(scheme.prefix { $0 != "+" }) {
            // SQLAlchemy names its driver in the scheme; libpq does not know it.
            let database = try ForeignDatabase(.postgresql("postgresql" + text.dropFirst(scheme.count)))
            return try await MLflowDatabase(database, artifactFolder: artifactFolder)
        }
        let path: String
        if let scheme = MLflowArtifactPlace.scheme(text) {
            switch scheme {
            // Three slashes are a relative path, four an absolute one, as SQLAlchemy has it.
            case "sqlite" where text.hasPrefix("sqlite:///"): path = LocalFiles.absolute(String(text.dropFirst("sqlite:///".count)))
            case "file": path = MLflowArtifactPlace(proxied: nil).folder(text) ?? text
            default:
                throw TernError.invalid("cannot read '\(scheme):…'", hint: "name http(s)://…, a folder, a SQLite file, sqlite:///… or postgresql://…")
            }
        } else {
            path = LocalFiles.absolute(text)
        }
        guard LocalFiles.exists(path) else { throw TernError.notFound("there is nothing at \(path)") }
        if LocalFiles.isFolder(path) { return try MLflowFolder(path: path, artifactFolder: artifactFolder) }
        return try await MLflowDatabase(ForeignDatabase(.file(path)), artifactFolder: artifactFolder)
    }
}
