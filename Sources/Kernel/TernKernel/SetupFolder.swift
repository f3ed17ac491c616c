import Foundation

/// The folder that `script/setup` fills: native libraries, the Python environment, the dashboard's assets.
package enum SetupFolder {
    /// `TERN_SETUP`, else the first `.setup` found from the executable upward, else from the working directory upward.
    package static func find(environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let named = environment["TERN_SETUP"], !named.isEmpty { return named }
        let executable = Bundle.main.executablePath.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent() }
        let working = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        return [executable, working].compactMap { $0.flatMap(search) }.first
    }

    /// A native library: the file that `variable` names, else `lib/<file>` in the set-up folder, when it is there.
    package static func library(
        _ file: String, variable: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        if let named = environment[variable], !named.isEmpty { return named }
        guard let folder = find(environment: environment) else { return nil }
        let path = folder + "/lib/" + file
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    private static func search(upwardFrom start: URL) -> String? {
        var folder = start.standardizedFileURL
        while true {
            let candidate = folder.appendingPathComponent(".setup").path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), isFolder.boolValue { return candidate }
            let parent = folder.deletingLastPathComponent()
            if parent.path == folder.path { return nil }
            folder = parent
        }
    }
}
