import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernJobs

@Suite struct ProcessTests {
    private func run(_ script: String, in folder: String, timeout: Period? = nil, grace: Period = .seconds(5)) async throws -> (ProcessResult, String)
    {
        let log = try LogFile(path: folder + "/run.log")
        let result = try await ProcessRunner.run(
            ProcessRequest(command: ["sh", "-c", script], folder: folder, timeout: timeout, grace: grace), log: log, record: { _ in })
        return (result, try LogPiece.read(log.path, from: 0).text)
    }

    @Test func `both outputs reach the log and the exit code comes back`() async throws {
        try await withTemporaryFolder { folder in
            let (result, log) = try await run("echo out; echo err >&2; pwd; exit 7", in: folder)
            #expect(result.exit == .exited(7))
            #expect(log.contains("out\nerr\n"))
            #expect(log.contains((folder as NSString).lastPathComponent))
        }
    }

    @Test func `a signal is told from an exit code`() async throws {
        try await withTemporaryFolder { folder in
            let (killed, _) = try await run("kill -9 $$", in: folder)
            #expect(killed.exit == .signalled(9))
            let (ended, _) = try await run("exit 137", in: folder)
            #expect(ended.exit == .exited(137))
            #expect(ProcessExit.signalled(9).description == "killed by signal 9 (SIGKILL)")
        }
    }

    @Test func `a command that reads its input sees the end of it`() async throws {
        try await withTemporaryFolder { folder in
            let (result, log) = try await run("cat; echo done", in: folder)
            #expect(result.exit == .exited(0))
            #expect(log == "done\n")
        }
    }

    @Test func `a timeout stops the whole group, also what ignores TERM`() async throws {
        try await withTemporaryFolder { folder in
            let script = "trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo $$ >pid; while :; do sleep 0.1; done"
            let (result, _) = try await run(script, in: folder, timeout: Period(milliseconds: 300), grace: Period(milliseconds: 300))
            #expect(result.exit == .timedOut)
            let pid = try #require(
                Int32(try String(contentsOfFile: folder + "/pid", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
            try await eventually("the group is gone") { ProcessTable.members(ofGroup: pid).isEmpty }
        }
    }

    @Test func `TERM comes first, so that a process can tidy up`() async throws {
        try await withTemporaryFolder { folder in
            let (result, log) = try await run(
                "trap 'echo tidy; exit 0' TERM; while :; do sleep 0.05; done", in: folder, timeout: Period(milliseconds: 300))
            #expect(result.exit == .timedOut)
            #expect(log.contains("tidy"))
        }
    }

    @Test func `what a finished command left in the background does not stay`() async throws {
        try await withTemporaryFolder { folder in
            let (result, _) = try await run("sleep 60 & echo $$ >pid", in: folder)
            #expect(result.exit == .exited(0))
            let pid = try #require(
                Int32(try String(contentsOfFile: folder + "/pid", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
            try await eventually("the group is gone") { ProcessTable.members(ofGroup: pid).isEmpty }
        }
    }

    @Test func `a cancelled task stops the process`() async throws {
        try await withTemporaryFolder { folder in
            let task = Task { try await run("sleep 60", in: folder).0.exit }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            #expect(try await task.value == .cancelled)
        }
    }

    @Test func `a process that cannot be written down never starts`() async throws {
        try await withTemporaryFolder { folder in
            let log = try LogFile(path: folder + "/run.log")
            await #expect(throws: TernError.self) {
                try await ProcessRunner.run(ProcessRequest(command: ["sh", "-c", "touch started"], folder: folder), log: log) { _ in
                    throw TernError(.conflict, "lost")
                }
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/started"))
        }
    }

    @Test func `a missing folder and a missing program are told apart`() async throws {
        try await withTemporaryFolder { folder in
            let log = try LogFile(path: folder + "/run.log")
            let error = try await #require(throws: TernError.self) {
                try await ProcessRunner.run(ProcessRequest(command: ["true"], folder: folder + "/none"), log: log, record: { _ in })
            }
            #expect(error.message.contains("there is no folder"))
            let (unknown, _) = try await run("no-such-program-here", in: folder)
            #expect(unknown.exit == .exited(127))
        }
    }

    @Test func `a log is read by offset and never in the middle of a character`() async throws {
        try await withTemporaryFolder { folder in
            let log = try LogFile(path: folder + "/a.log")
            log.append("aé€😀")
            var text = ""
            var offset: Int64 = 0
            while true {
                let piece = try LogPiece.read(log.path, from: offset, limit: 5)
                if piece.next == offset { break }
                text += piece.text
                offset = piece.next
            }
            #expect(text == "aé€😀\n")
            #expect(try LogPiece.read(folder + "/none.log", from: 0).text.isEmpty)
            #expect(throws: TernError.self) { try LogPiece.read(log.path, from: -1) }
            #expect(LogPiece.lastLine(of: log.path) == "aé€😀")
        }
    }

    @Test func `the output of a short command comes back, of a failed one nothing`() async throws {
        #expect(await ProcessRunner.output(of: ["echo", "hi"]) == "hi\n")
        #expect(await ProcessRunner.output(of: ["false"]) == nil)
        #expect(await ProcessRunner.output(of: ["no-such-program-here"]) == nil)
    }

    @Test func `a process is told from a later one with its number`() throws {
        let own = try #require(ProcessIdentity(pid: ProcessInfo.processInfo.processIdentifier))
        #expect(own.exists)
        #expect(ProcessIdentity(text: own.text) == own)
        let other = try #require(ProcessIdentity(text: "\(own.pid)/1/\(own.boot)"))
        #expect(!other.exists)
        #expect(ProcessIdentity(text: "0/1/x") == nil)
        #expect(ProcessIdentity(text: "garbage") == nil)
    }
}
