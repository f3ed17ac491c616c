import Foundation
import TernKernel

/// Where a client wants an experiment's files to lie.
enum ArtifactLocation {
    /// As MLflow keeps it: a relative path of this machine counts from the server's working folder; everything else stays as it is.
    ///
    /// - Throws: `invalid_argument` for a `file:` address of another host.
    static func absolute(_ location: String, from folder: String = FileManager.default.currentDirectoryPath) throws -> String {
        guard let scheme = scheme(of: location) else { return joined(folder, location) }
        guard scheme.lowercased() == "file" else { return location }
        var path = location.dropFirst("file:".count)
        if path.hasPrefix("//") {
            let host = path.dropFirst(2).prefix { $0 != "/" }
            guard host.isEmpty || host == "." || host.hasPrefix("localhost") || host.hasPrefix("127.0.0.1") else {
                throw TernError.invalid(
                    "\(location) is not a valid remote uri. For remote access on windows, please consider using a different scheme such as SMB"
                        + " (e.g. smb://<hostname>/<path>).")
            }
            path = path.dropFirst(2 + host.count)
        }
        return path.isEmpty || path.hasPrefix("/") ? location : "file://" + joined(folder, String(path))
    }

    /// What stands before the first colon, where it can be a scheme (RFC 3986, 3.1).
    private static func scheme(of location: String) -> Substring? {
        guard let colon = location.firstIndex(of: ":") else { return nil }
        let scheme = location[..<colon]
        guard let first = scheme.first, first.isASCII, first.isLetter else { return nil }
        return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) } ? scheme : nil
    }

    private static func joined(_ folder: String, _ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return folder + (folder.hasSuffix("/") ? "" : "/") + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
