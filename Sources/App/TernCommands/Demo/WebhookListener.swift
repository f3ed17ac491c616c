import Hummingbird
import Logging
import NIOCore
import Synchronization
import TernKernel
import TernWeb

/// Stands for the owner's pager: takes alerts on a loopback port and counts them.
final class WebhookListener: Sendable {
    let url: String
    private let inbox: Inbox
    private let task: Task<Void, any Error>

    private final class Inbox: Sendable {
        let bodies = Mutex<[JSON]>([])
    }

    private init(port: Int, inbox: Inbox, task: Task<Void, any Error>) {
        url = "http://127.0.0.1:\(port)/alerts"
        self.inbox = inbox
        self.task = task
    }

    static func start() async throws -> WebhookListener {
        let inbox = Inbox()
        let router = Router(context: TernContext.self)
        router.post("alerts") { request, _ in
            let body = try await request.json()
            inbox.bodies.withLock { $0.append(body) }
            return Response.json([:])
        }
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? 0)
                continuation.finish()
            }, logger: .quiet)
        let task = Task(name: "demo.webhooks") { try await application.run() }
        for await port in ports { return WebhookListener(port: port, inbox: inbox, task: task) }
        throw TernError(.unavailable, "the demo could not listen for alerts")
    }

    /// The alerts that came, as they were posted.
    var received: [JSON] { inbox.bodies.withLock { $0 } }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }
}

extension Logger {
    /// For servers whose log nobody reads.
    static var quiet: Logger { Logger(label: "tern.quiet") { _ in SwiftLogNoOpLogHandler() } }
}
