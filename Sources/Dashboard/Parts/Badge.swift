/// A state in a word, with the colour that its meaning has everywhere.
struct Badge: DashboardView, Equatable {
    enum Tone: String, Sendable {
        case good, warn, bad, busy, quiet
    }

    var text: String
    var tone: Tone.RawValue

    static let template = #"<span class="badge {{tone}}">{{text}}</span>"#

    init(_ text: String, _ tone: Tone) {
        self.text = text
        self.tone = tone.rawValue
    }

    /// A state as any room writes it: `pending_approval`, `FINISHED`, `rolled_back`.
    init(state: String) {
        let state = state.lowercased()
        self.init(state.replacing("_", with: " "), Badge.tones[state] ?? .quiet)
    }

    private static let tones: [String: Tone] = [
        "approved": .good, "pass": .good, "passed": .good, "finished": .good, "succeeded": .good, "promoted": .good, "ok": .good, "final": .good,
        "pending_approval": .warn, "paused": .warn, "not_enough_data": .quiet, "provisional": .quiet, "killed": .warn,
        "refused": .bad, "rejected": .bad, "failed": .bad, "fail": .bad, "rolled_back": .bad, "aborted": .bad, "open": .bad,
        "withdrawn": .warn, "skipped": .quiet, "better": .good, "worse": .bad,
        "running": .busy, "gating": .busy, "planned": .busy, "prepared": .busy, "queued": .busy,
    ]

    /// What a kind of ledger entry means: its last word tells.
    static func tone(ofKind kind: String) -> Tone {
        if kind == "alert.resolved" { return .good }
        switch kind.split(separator: ".").last {
        case "raised", "refused", "rejected", "rolled_back", "aborted", "failed", "undeliverable": return .bad
        case "approved", "promoted", "succeeded", "finished": return .good
        case "paused", "skipped", "cancelled", "acknowledged": return .warn
        case "started", "stepped", "resumed", "planned": return .busy
        default: return .quiet
        }
    }
}
