import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A process that can be told from a later one with the same number: number, start time, and the boot it belongs to.
package struct ProcessIdentity: Hashable, Sendable {
    package let pid: Int32
    let start: String
    let boot: String

    /// Nil when there is no such process (any more).
    init?(pid: Int32) {
        guard let entry = ProcessTable.entry(pid) else { return nil }
        self.pid = pid
        start = entry.start
        boot = ProcessTable.boot
    }

    init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let pid = Int32(parts[0]), pid > 1 else { return nil }
        self.pid = pid
        start = parts[1]
        boot = parts[2]
    }

    var text: String { "\(pid)/\(start)/\(boot)" }

    /// Whether this very process still exists, as a running one or a zombie.
    package var exists: Bool { boot == ProcessTable.boot && ProcessTable.entry(pid)?.start == start }
}

/// What `/proc` knows.
enum ProcessTable {
    struct Entry {
        var group: Int32
        var state: Character
        var start: String
    }

    static let boot =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""

    static func entry(_ pid: Int32) -> Entry? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = text.lastIndex(of: ")") else { return nil }
        // The name in parentheses may hold anything, so fields are counted after it: state is the third of all, group the fifth, start the 22nd.
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let group = Int32(fields[2]) else { return nil }
        return Entry(group: group, state: state, start: String(fields[19]))
    }

    /// The living members of a process group; zombies do nothing any more and are left out.
    static func members(ofGroup group: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { pid in
            guard let entry = entry(pid) else { return false }
            return entry.group == group && entry.state != "Z" && entry.state != "X"
        }
    }

    /// Whether a process carries this variable, as the processes of a job carry `TERN_JOB`.
    static func environment(of pid: Int32, holds assignment: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
        return data.split(separator: 0).contains { $0.elementsEqual(assignment.utf8) }
    }
}

/// The process group of a job's process, which leads a session of its own.
struct ProcessGroup {
    let id: Int32

    func send(_ signal: Int32) {
        // A group of 1 or less would be everyone, or our own.
        guard id > 1 else { return }
        _ = kill(-id, signal)
    }

    /// TERM, up to `grace` for everyone to go, then KILL. Nothing happens when nobody is left.
    func sweep(grace: Period) async {
        guard !ProcessTable.members(ofGroup: id).isEmpty else { return }
        send(SIGTERM)
        let deadline = ContinuousClock.now + grace.duration
        while ContinuousClock.now < deadline {
            // A plain sleep would end at once in a cancelled task.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
            if ProcessTable.members(ofGroup: id).isEmpty { return }
        }
        send(SIGKILL)
    }

    /// Kills what a dead server left behind, if it is still what was recorded: the same leader, or members that carry the job's mark.
    static func killOrphan(_ process: ProcessIdentity, job: JobID) {
        let members = ProcessTable.members(ofGroup: process.pid)
        guard process.boot == ProcessTable.boot, !members.isEmpty else { return }
        let isOurs = process.exists || members.contains { ProcessTable.environment(of: $0, holds: "TERN_JOB=\(job)") }
        if isOurs { ProcessGroup(id: process.pid).send(SIGKILL) }
    }
}
