import Releases
import Synchronization
import TernKernel

/// A room that others were given before it was made.
final class LateRooms: Sendable {
    private let releases = Mutex<ReleaseService?>(nil)

    func fill(releases: ReleaseService) { self.releases.withLock { $0 = releases } }

    /// - Throws: `unavailable` before the server is assembled.
    func releaseService() throws -> ReleaseService {
        guard let service = releases.withLock({ $0 }) else { throw TernError(.unavailable, "the server is still starting") }
        return service
    }
}

/// Where this server can be reached.
final class ServerURL: Sendable {
    private let url: Mutex<String>

    init(_ url: String) { self.url = Mutex(url) }

    var current: String { url.withLock { $0 } }

    func set(_ new: String) { url.withLock { $0 = new } }
}
