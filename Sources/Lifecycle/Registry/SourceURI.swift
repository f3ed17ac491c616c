import Foundation
import TernKernel

/// The URI that a version is registered from, taken apart as MLflow takes it apart.
struct SourceURI: Hashable, Sendable {
    var text: String
    var scheme: String
    var authority: String
    var path: String

    init(_ text: String) {
        self.text = text
        var rest = Substring(text)
        scheme = ""
        if let colon = text.firstIndex(of: ":"), let first = text.first, first.isASCII, first.isLetter,
            text[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        {
            scheme = text[..<colon].lowercased()
            rest = text[text.index(after: colon)...]
        }
        authority = ""
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            authority = rest.prefix { $0 != "/" }.lowercased()
            rest = rest.dropFirst(authority.count)
        }
        path = String(rest.prefix { $0 != "?" && $0 != "#" })
    }

    /// A path on the machine of whoever reads it.
    var isLocal: Bool { scheme.isEmpty || scheme == "file" }

    /// `m-…` of `models:/m-…`.
    var loggedModel: String? {
        guard scheme == "models", parts.count == 1, let name = parts.first, name.hasPrefix("m-"), !name.contains("@") else { return nil }
        return name
    }

    /// Run and path of `runs:/RUN/path`.
    var run: (id: String, path: String)? {
        guard scheme == "runs", let id = parts.first else { return nil }
        return (id, parts.dropFirst().joined(separator: "/"))
    }

    /// What `models:/NAME/3`, `models:/NAME/Production`, `models:/NAME@champion` name.
    enum Reference: Hashable { case version(String, String), alias(String, String) }

    var reference: Reference? {
        guard scheme == "models", loggedModel == nil else { return nil }
        if parts.count == 2, let name = parts.first, let version = parts.last { return .version(name, version) }
        guard parts.count == 1, let only = parts.first, let at = only.lastIndex(of: "@"), at != only.startIndex else { return nil }
        return .alias(String(only[..<at]), String(only[only.index(after: at)...]))
    }

    /// Served by an MLflow server's artifact proxy.
    var isProxied: Bool {
        if scheme == "mlflow-artifacts" { return true }
        return (scheme == "http" || scheme == "https") && ("/" + parts.joined(separator: "/") + "/").contains("/api/2.0/mlflow-artifacts/artifacts/")
    }

    func lies(below root: SourceURI) -> Bool {
        let own = parts
        let other = root.parts
        return scheme == root.scheme && authority == root.authority && !other.isEmpty && Array(own.prefix(other.count)) == other
    }

    /// - Throws: `invalid_argument` for a path that is relative or climbs out, however it is encoded.
    func checkPath() throws {
        let plain = SourceURI(SourceURI.decode(text)).path
        let segments = plain.split(separator: "/", omittingEmptySubsequences: true)
        guard plain.hasPrefix("/"), !segments.isEmpty, !segments.contains(".."), !segments.contains("."), !plain.contains("\0"),
            !SourceURI.decode(text).split(separator: "/").contains("..")
        else {
            throw TernError.invalid(
                "Invalid model version source: '\(text)'. If supplying a source as an http, https, local file path, ftp, objectstore, or "
                    + "mlflow-artifacts uri, an absolute path must be provided without relative path references present. "
                    + "Please provide an absolute path.")
        }
    }

    /// - Throws: `invalid_argument`, in MLflow's words.
    func refuse(naming parameter: String) -> TernError {
        .invalid(
            "Invalid model version source: '\(text)'. The \(parameter) request parameter must identify the resource that contains the source.")
    }

    /// A repository's address as people may see it: `https://user:secret@host/x` without what stands before the `@`.
    static func withoutPassword(_ address: String) -> String {
        guard let start = address.range(of: "://")?.upperBound else { return address }
        let authority = address[start...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return address }
        return String(address[..<start] + address[address.index(after: at)...])
    }

    private var parts: [String] { path.split(separator: "/").map { SourceURI.decode(String($0)) } }

    /// Percent-decoded until there is nothing left to decode.
    private static func decode(_ text: String) -> String {
        var text = text
        while let plain = text.removingPercentEncoding, plain != text { text = plain }
        return text
    }
}
