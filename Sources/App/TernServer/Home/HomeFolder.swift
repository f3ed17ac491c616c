import Foundation
import TernKernel
import TernStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The folder that one server holds at a time.
package final class HomeFolder: Sendable {
    package let path: String
    private let lock: Int32

    /// Makes the folder where it is missing and takes its lock.
    ///
    /// - Throws: `unavailable` when another server has it, saying which.
    package init(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DurableFile.describe(error, "cannot make the home folder \(path)")
        }
        self.path = path
        lock = open(path + "/server.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw DurableFile.failure("cannot open \(path)/server.lock") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            let other = ServerAddress.read(home: path)
            throw TernError(
                .unavailable, "the home \(path) is in use by another server\(other.map { " (process \($0.process), \($0.url))" } ?? "")",
                hint: "use that server, stop it, or give another --home")
        }
    }

    deinit { close(lock) }

    package var database: String { path + "/tern.sqlite" }
    package var inferenceLog: String { path + "/log" }
    package var jobs: String { path + "/jobs" }
    package var temporary: String { path + "/tmp" }

    /// Tells clients of this home where the server listens.
    package func announce(url: String) throws {
        let address = ServerAddress(url: url, process: getpid())
        try DurableFile.replace(path + "/server.json", with: JSONEncoder.tern.encode(address))
    }

    package func withdraw() { unlink(path + "/server.json") }
}

/// Where the server of a home listens, as it wrote into `server.json`.
package struct ServerAddress: Codable, Sendable {
    package var url: String
    package var process: Int32

    /// Nil when no live server has announced itself.
    package static func read(home: String) -> ServerAddress? {
        guard let data = FileManager.default.contents(atPath: home + "/server.json"), let address = try? data.decodeJSON(ServerAddress.self) else {
            return nil
        }
        // A live server holds the lock; the number of a dead one's process may be somebody else's by now.
        let lock = Glibc.open(home + "/server.lock", O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return nil }
        defer { close(lock) }
        return flock(lock, LOCK_SH | LOCK_NB) == 0 ? nil : address
    }
}
