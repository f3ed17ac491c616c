import Foundation
import TernJobs
import TernKernel

/// What is known of the code and the environment that a run used; null where it cannot be known.
package struct CodeFacts: Codable, Hashable, Sendable {
    package var commit: String?
    /// Whether the working copy held nothing but that commit.
    package var clean: Bool?
    /// Where the commit can be fetched (git's `origin`), without any password.
    package var repository: String?
    /// Digest of `packages`.
    package var environment: Digest?
    /// The installed Python packages, `name==version`.
    package var packages: [String]?

    /// Looks at the project's folder: git, and the virtual environment.
    static func gather(folder: String, venv: String?) async -> CodeFacts {
        var facts = CodeFacts()
        // Do not take git's index lock from a person who works in the same folder.
        let quiet = ["GIT_OPTIONAL_LOCKS": "0"]
        if let head = await ProcessRunner.output(of: ["git", "-C", folder, "rev-parse", "HEAD"], environment: quiet) {
            facts.commit = head.trimmingCharacters(in: .whitespacesAndNewlines)
            let status = await ProcessRunner.output(
                of: ["git", "-C", folder, "status", "--porcelain", "--", ".", ":(exclude).tern"], environment: quiet)
            facts.clean = status.map { $0.allSatisfy(\.isWhitespace) }
            let origin = await ProcessRunner.output(of: ["git", "-C", folder, "remote", "get-url", "origin"], environment: quiet)
            facts.repository = origin.map { withoutPassword($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let venv, let packages = installedPackages(venv: venv) {
            facts.packages = packages
            facts.environment = Digest(of: packages.joined(separator: "\n"))
        }
        return facts
    }

    /// `https://user:secret@host/x` as `https://host/x`; what is not a URL with a user in it stays.
    static func withoutPassword(_ address: String) -> String {
        guard address.contains("://"), var parts = URLComponents(string: address), parts.user != nil || parts.password != nil else { return address }
        parts.user = nil
        parts.password = nil
        return parts.string ?? ""
    }

    /// What `pip freeze` would list, from the names of the `*.dist-info` folders.
    static func installedPackages(venv: String) -> [String]? {
        let files = FileManager.default
        guard let versions = try? files.contentsOfDirectory(atPath: venv + "/lib") else { return nil }
        let folders = versions.filter { $0.hasPrefix("python") }.map { "\(venv)/lib/\($0)/site-packages" }
        let names = folders.flatMap { (try? files.contentsOfDirectory(atPath: $0)) ?? [] }
        return names.filter { $0.hasSuffix(".dist-info") }.map { name in
            let parts = name.dropLast(".dist-info".count).split(separator: "-", maxSplits: 1)
            return parts.joined(separator: "==")
        }.sorted()
    }

    /// The virtual environment that steps use: `TERN_PYTHON_VENV`, or `.venv` in the project.
    static func venv(folder: String) -> String? {
        let candidates = [ProcessInfo.processInfo.environment["TERN_PYTHON_VENV"], folder + "/.venv"].compactMap { $0 }
        return candidates.first { FileManager.default.fileExists(atPath: $0 + "/bin") }
    }

    /// The digests of the files of the project that a command names, and of everything in `steps/`.
    static func files(of command: String, folder: String) throws -> [String: String] {
        let separators = CharacterSet(charactersIn: " \t\n;&|<>()=\"'`$")
        var paths = Set(
            command.components(separatedBy: separators).filter { !$0.isEmpty && !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") })
        if let walk = FileManager.default.enumerator(atPath: folder + "/steps") {
            while let path = walk.nextObject() as? String {
                let name = (path as NSString).lastPathComponent
                if name == "__pycache__" || name.hasPrefix(".") {
                    walk.skipDescendants()
                } else if !name.hasSuffix(".pyc") {
                    paths.insert("steps/" + path)
                }
            }
        }
        var digests: [String: String] = [:]
        for path in paths {
            var isFolder: ObjCBool = false
            let file = folder + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            digests[path.hasPrefix("./") ? String(path.dropFirst(2)) : path] = try Digest.ofFile(at: file).digest.hex
        }
        return digests
    }
}
