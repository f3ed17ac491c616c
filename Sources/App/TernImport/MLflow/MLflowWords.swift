import Foundation
import TernKernel

/// MLflow's words and numbers for states.
enum MLflowWords {
    private static let statuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]

    /// By name, or by the number that file stores write (1 is RUNNING).
    static func runStatus(_ text: String) throws -> String {
        if statuses.contains(text) { return text }
        guard let number = Int(text), statuses.indices.contains(number - 1) else { throw TernError(.dataLoss, "'\(text)' is no status of a run") }
        return statuses[number - 1]
    }

    /// By number (`logged_model_status` of MLflow's protocol) or by name.
    static func modelStatus(_ text: String) -> String {
        switch text {
        case "2", "READY", "LOGGED_MODEL_READY": "READY"
        case "3", "FAILED", "UPLOAD_FAILED", "LOGGED_MODEL_UPLOAD_FAILED": "UPLOAD_FAILED"
        default: "PENDING"
        }
    }

    /// As MLflow stores a value that is no number: the infinities become the greatest finite ones.
    static func stored(_ value: Double) -> Double {
        value.isInfinite ? (value > 0 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude) : value
    }
}

/// Where a run's files lie, and whether they can be read from here.
struct MLflowArtifactPlace: Sendable {
    /// The folder behind `mlflow-artifacts:/`, if it was named.
    var proxied: String?

    /// The address itself when files are in some other service, which can be reached from anywhere: they may stay there.
    func remote(_ uri: String?) -> String? {
        guard let uri, let scheme = MLflowArtifactPlace.scheme(uri), !["file", "mlflow-artifacts"].contains(scheme) else { return nil }
        return uri
    }

    func files(at uri: String?, _ notes: ImportNotes) -> [ImportedFile] {
        guard let uri, !uri.isEmpty else { return [] }
        guard let folder = folder(uri) else {
            notes.add(
                "runs and models whose files are behind an artifact proxy (mlflow-artifacts:/): name its folder with --artifacts, or import from the server"
            )
            return []
        }
        guard LocalFiles.isFolder(folder) else { return [] }
        return LocalFiles.files(below: folder).map { ImportedFile(path: $0.path, size: $0.size, place: .file(folder + "/" + $0.path)) }
    }

    /// The local folder of an artifact address; nil when it lies behind a proxy whose folder is not known.
    func folder(_ uri: String) -> String? {
        switch MLflowArtifactPlace.scheme(uri) {
        case "mlflow-artifacts":
            guard let proxied else { return nil }
            var rest = uri.dropFirst("mlflow-artifacts:".count)
            if rest.hasPrefix("//") { rest = rest.dropFirst(2).drop { $0 != "/" } }
            return inside(proxied, String(rest.drop { $0 == "/" }))
        case "file":
            var rest = uri.dropFirst("file:".count)
            if rest.hasPrefix("//") { rest = rest.dropFirst(2).drop { $0 != "/" } }
            return String(rest).removingPercentEncoding ?? String(rest)
        default: return LocalFiles.absolute(uri)
        }
    }

    private func inside(_ folder: String, _ path: String) -> String? { path.split(separator: "/").contains("..") ? nil : folder + "/" + path }

    static func scheme(_ uri: String) -> String? {
        guard let colon = uri.firstIndex(of: ":"), colon != uri.startIndex, !uri[..<colon].contains("/") else { return nil }
        return uri[..<colon].lowercased()
    }
}
