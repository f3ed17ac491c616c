import Foundation
import Subprocess
import Synchronization
import SystemPackage
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Runs commands, each in a session of its own, so that the whole tree below it can be stopped.
package enum ProcessRunner {
    /// Waits for a word on its input before it becomes the command: if the server dies between starting a process and writing down which one it is,
    /// the input closes and the process ends by itself.
    private static let gate = #"read -r go && exec "$@" </dev/null"#

    /// A write to a process that has just died must be an error, not the end of the server. (Children get the default back.)
    private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// - Parameters:
    ///   - log: where both outputs go, as they come.
    ///   - record: writes the process down; the command does not start before it has returned.
    static func run(
        _ request: ProcessRequest, log: LogFile, record: @Sendable @escaping (ProcessIdentity) async throws -> Void
    ) async throws -> ProcessResult {
        guard !request.command.isEmpty else { throw TernError.invalid("the command is empty") }
        brokenPipesAreErrors
        let start = ContinuousClock.now
        let leader = Leader()
        let (ending, timedOut) = await race(request, log: log) { identity in
            leader.set(identity)
            try await record(identity)
        }
        let cancelled = Task.isCancelled
        let duration = Period.seconds((ContinuousClock.now - start) / .seconds(1))
        // The leader has gone; what it left in its group goes too, with a full grace if it was told to stop.
        if let identity = leader.get() {
            await ProcessGroup(id: identity.pid).sweep(grace: timedOut || cancelled ? request.grace : min(request.grace, .seconds(1)))
        }
        if timedOut { return ProcessResult(exit: .timedOut, duration: duration) }
        if cancelled { return ProcessResult(exit: .cancelled, duration: duration) }
        switch ending {
        case .ended(.exited(let code)): return ProcessResult(exit: .exited(code), duration: duration)
        case .ended(.signaled(let number)): return ProcessResult(exit: .signalled(number), duration: duration)
        case .failed(let error): throw describe(error, request)
        case .timeIsUp: return ProcessResult(exit: .timedOut, duration: duration)
        }
    }

    /// The process against its timeout.
    private static func race(
        _ request: ProcessRequest, log: LogFile, record: @Sendable @escaping (ProcessIdentity) async throws -> Void
    ) async -> (Ending, timedOut: Bool) {
        await withTaskGroup(of: Ending.self) { tasks in
            tasks.addTask {
                do {
                    return .ended(try await launch(request, log: log, record: record))
                } catch {
                    return .failed(error)
                }
            }
            if let timeout = request.timeout {
                tasks.addTask {
                    try? await Task.sleep(for: timeout.duration)
                    return .timeIsUp
                }
            }
            var ending = await tasks.next() ?? .timeIsUp
            var timedOut = false
            if case .timeIsUp = ending {
                timedOut = !Task.isCancelled
                tasks.cancelAll()
                ending = await tasks.next() ?? ending
            }
            tasks.cancelAll()
            return (ending, timedOut)
        }
    }

    /// The process that leads the group, once it is known.
    private final class Leader: Sendable {
        private let identity = Mutex<ProcessIdentity?>(nil)
        func set(_ value: ProcessIdentity) { identity.withLock { $0 = value } }
        func get() -> ProcessIdentity? { identity.withLock { $0 } }
    }

    private enum Ending: Sendable {
        case ended(TerminationStatus)
        case failed(any Error)
        case timeIsUp
    }

    private static func launch(
        _ request: ProcessRequest, log: LogFile, record: @Sendable @escaping (ProcessIdentity) async throws -> Void
    ) async throws -> TerminationStatus {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: request.grace.duration)]
        let descriptor = FileDescriptor(rawValue: log.descriptor)
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", gate, "sh"] + request.command), environment: environment(request.environment),
            workingDirectory: request.folder.map { FilePath($0) }, platformOptions: options, input: .inputWriter,
            output: .fileDescriptor(descriptor, closeAfterSpawningProcess: false),
            error: .fileDescriptor(descriptor, closeAfterSpawningProcess: false)
        ) { execution in
            guard let identity = ProcessIdentity(pid: execution.processIdentifier.value) else {
                throw TernError(.internal, "the process ended before it began")
            }
            try await record(identity)
            // It may be dead by now; its exit says so better than the broken pipe.
            _ = try? await execution.standardInputWriter.write(Array("go\n".utf8))
            try? await execution.standardInputWriter.finish()
        }
        return result.terminationStatus
    }

    private static func environment(_ values: [String: String]?) -> Environment {
        guard let values else { return .inherit }
        return .custom(
            Dictionary(values.compactMap { pair in Environment.Key(rawValue: pair.key).map { ($0, pair.value) } }, uniquingKeysWith: { $1 }))
    }

    private static func describe(_ error: any Error, _ request: ProcessRequest) -> TernError {
        if let folder = request.folder, !FileManager.default.fileExists(atPath: folder) {
            return TernError.notFound("cannot run \(request.command[0]): there is no folder \(folder)")
        }
        return TernError.wrap(error, "cannot run \(request.command[0])")
    }

    /// Runs a short command and answers what it printed, at most `limit` bytes; nil when it failed, took too long, or is not installed.
    package static func output(
        of command: [String], folder: String? = nil, environment extra: [String: String] = [:], timeout: Period = .seconds(10), limit: Int = 1 << 20
    ) async -> String? {
        guard let program = command.first else { return nil }
        let arguments = Arguments(Array(command.dropFirst()))
        let environment = Environment.inherit.updating(
            Dictionary(extra.compactMap { pair in Environment.Key(rawValue: pair.key).map { ($0, pair.value) } }, uniquingKeysWith: { $1 }))
        return await withTaskGroup(of: String?.self) { tasks in
            tasks.addTask {
                let result = try? await Subprocess.run(
                    .name(program), arguments: arguments, environment: environment, workingDirectory: folder.map { FilePath($0) },
                    output: .string(limit: limit), error: .discarded)
                guard let result, result.terminationStatus.isSuccess else { return nil }
                return result.standardOutput
            }
            tasks.addTask {
                try? await Task.sleep(for: timeout.duration)
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
    }
}
