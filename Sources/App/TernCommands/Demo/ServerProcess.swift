import Foundation
import Synchronization
import TernKernel
import TernServer
import UnixSignals

/// A `tern server` of its own process, which ends with this one.
final class ServerProcess: Sendable {
    let url: String
    private let process: Mutex<Process>
    private let interrupts: Task<Void, Never>

    private init(url: String, process: sending Process, interrupts: Task<Void, Never>) {
        self.url = url
        self.process = Mutex(process)
        self.interrupts = interrupts
    }

    /// Starts the server and waits until it answers.
    static func start(home: String, port: Int) async throws -> ServerProcess {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["server", "--home", home, "--port", String(port)]
        var environment = ProcessInfo.processInfo.environment
        // The steps' Python: the one that script/setup made, unless somebody chose another.
        if environment["TERN_PYTHON_VENV"] == nil, let setup = SetupFolder.find() { environment["TERN_PYTHON_VENV"] = setup + "/venv" }
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        let log = home + ".server.log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        let identifier = process.processIdentifier
        let giveUp = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < giveUp {
            if let address = ServerAddress.read(home: home), address.process == identifier {
                return ServerProcess(url: address.url, process: process, interrupts: await forwardInterrupts(to: identifier))
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        process.terminate()
        let words = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        throw TernError(
            .unavailable, "the server did not start: \(words.split(separator: "\n").suffix(3).joined(separator: " "))",
            hint: "is the port taken? give another with --port; all of its words are in \(log)")
    }

    /// Ctrl-C and a polite kill end the server first, so that nothing is left behind.
    private static func forwardInterrupts(to identifier: Int32) async -> Task<Void, Never> {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return Task(name: "demo.interrupts") {
            for await signal in signals {
                kill(identifier, SIGTERM)
                while kill(identifier, 0) == 0 { try? await Task.sleep(for: .milliseconds(20)) }
                Foundation.exit(signal == .sigint ? 130 : 143)
            }
        }
    }

    /// Until the server ends.
    func wait() async throws {
        while process.withLock({ $0.isRunning }) { try await Task.sleep(for: .milliseconds(200)) }
    }

    func stop() async {
        process.withLock { if $0.isRunning { $0.terminate() } }
        let giveUp = ContinuousClock.now + .seconds(10)
        while process.withLock({ $0.isRunning }), ContinuousClock.now < giveUp { try? await Task.sleep(for: .milliseconds(20)) }
    }
}
