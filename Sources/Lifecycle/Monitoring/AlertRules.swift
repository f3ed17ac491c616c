import TernKernel

/// What one window (or one look at the clock) says about one thing.
enum Verdict: Sendable {
    case good(String)
    case bad(message: String, evidence: JSON)
    /// Cannot be judged: nothing starts and nothing ends.
    case unknown
}

/// What has to happen to an endpoint's alerts.
enum AlertDecision: Hashable, Sendable {
    case raise(AlertKey, message: String, evidence: JSON)
    case resolve(AlertKey, reason: String)
}

/// Decides when an alert begins and ends: after so many bad windows in a row, and with the first good one.
struct AlertRules: Hashable, Sendable {
    /// Bad windows in a row, by the key's text.
    var streaks: [String: Int] = [:]
    var open: Set<AlertKey> = []

    mutating func judge(_ key: AlertKey, _ verdict: Verdict, windows: Int) -> AlertDecision? {
        switch verdict {
        case .unknown: return nil
        case .good(let reason):
            streaks[key.text] = nil
            return open.remove(key) == nil ? nil : .resolve(key, reason: reason)
        case .bad(let message, let evidence):
            if open.contains(key) { return nil }
            let streak = streaks[key.text, default: 0] + 1
            guard streak >= max(1, windows) else {
                streaks[key.text] = streak
                return nil
            }
            streaks[key.text] = nil
            open.insert(key)
            return .raise(key, message: message, evidence: evidence)
        }
    }

    /// Starts afresh: what was open is over, and no streak goes on.
    mutating func forget(_ monitors: Set<Alert.Monitor>, reason: String) -> [AlertDecision] {
        let ended = open.filter { monitors.contains($0.monitor) }.sorted { $0.text < $1.text }
        open.subtract(ended)
        streaks = streaks.filter { streak in !monitors.contains { streak.key.hasPrefix($0.rawValue + "/") } }
        return ended.map { .resolve($0, reason: reason) }
    }
}
