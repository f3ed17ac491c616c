import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import TernKernel
import TernWeb
import UnixSignals

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A server from start to stop.
package enum TernServer {
    /// Runs a server for as long as `body` takes.
    ///
    /// - Parameter body: gets the server's URL once it listens.
    /// - Throws: `unavailable` when the home or the port is taken.
    package static func run<Answer: Sendable>(
        _ configuration: ServerConfiguration, _ body: @Sendable @escaping (_ url: String) async throws -> Answer
    ) async throws -> Answer {
        let logger = makeLogger()
        let assembly = try await Assembly.open(configuration, logger: logger)
        let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: assembly.router(),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), serverName: "tern"),
            onServerRunning: { channel in
                announcement.yield(channel.localAddress?.port ?? configuration.port)
                announcement.finish()
            }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        do {
            let answer = try await withThrowingTaskGroup(of: Result<Answer, any Error>?.self) { tasks in
                tasks.addTask(name: "tern.http") {
                    defer { announcement.finish() }
                    try await group.run()
                    return nil
                }
                tasks.addTask(name: "tern.background") {
                    try await assembly.runInBackground()
                    return nil
                }
                tasks.addTask(name: "tern.body") {
                    for await port in ports {
                        let url = "http://\(configuration.host):\(port)"
                        assembly.listening(at: url)
                        try assembly.home.announce(url: url)
                        // However the body ends, requests under way are answered before the server does.
                        let outcome: Result<Answer, any Error>
                        do { outcome = .success(try await body(url)) } catch { outcome = .failure(error) }
                        await group.triggerGracefulShutdown()
                        return outcome
                    }
                    // The server ended before it listened; its own error is thrown by its task.
                    try await Task.sleep(for: .seconds(1))
                    throw TernError(.unavailable, "the server ended before it listened")
                }
                var outcome: Result<Answer, any Error>?
                while let result = try await tasks.next() {
                    // After the body has ended, the server's own task does.
                    if let result { outcome = result } else { break }
                }
                tasks.cancelAll()
                guard let outcome else { throw TernError(.unavailable, "the server ended by itself") }
                return try outcome.get()
            }
            await assembly.close()
            return answer
        } catch {
            await assembly.close()
            throw describe(error, configuration)
        }
    }

    /// Runs a server until Ctrl-C or a polite kill.
    ///
    /// - Parameter ready: called once, when the server listens.
    package static func runUntilSignal(_ configuration: ServerConfiguration, ready: @Sendable @escaping (_ url: String) -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await run(configuration) { url in
            ready(url)
            for await _ in signals { return }
        }
    }

    private static func describe(_ error: any Error, _ configuration: ServerConfiguration) -> any Error {
        guard let system = error as? IOError else { return error }
        switch system.errnoCode {
        case EADDRINUSE:
            return TernError(
                .unavailable, "port \(configuration.port) of \(configuration.host) is in use",
                hint: "stop what uses it, or give another: --port N (0 takes any free one)", cause: error)
        case EACCES:
            return TernError(.notAllowed, "port \(configuration.port) may not be opened by this user", hint: "use one above 1023", cause: error)
        case EADDRNOTAVAIL:
            return TernError(
                .invalidArgument, "this machine has no address \(configuration.host)", hint: "give --host an address of this machine", cause: error)
        default: return error
        }
    }

    private static func makeLogger() -> Logger {
        var logger = Logger(label: "tern") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }
}
