import TernKernel

/// How a server is started.
package struct ServerConfiguration: Sendable {
    /// The folder that holds everything: database, blobs, artifacts, logs.
    package var home: String
    package var host: String
    /// 0 takes any free port.
    package var port: Int
    /// Seeds a token of the role admin, for servers that listen beyond loopback.
    package var adminToken: String?
    package var clock: WallClock
    /// How long what was deleted can be restored; nil is for ever, or until somebody collects garbage.
    package var retention: Period?

    package init(
        home: String, host: String = "127.0.0.1", port: Int = 5000, adminToken: String? = nil, retention: Period? = nil, clock: WallClock = .system
    ) {
        self.home = home
        self.host = host
        self.port = port
        self.adminToken = adminToken
        self.retention = retention
        self.clock = clock
    }

    package var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }
}
