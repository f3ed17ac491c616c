import TernKernel

/// When a message that failed is tried again: a state machine without a clock, a socket or a table.
struct DeliveryPlan {
    enum Outcome: Equatable {
        case answered(status: Int, retryAfter: Period?)
        /// No connection, or no answer in time.
        case unanswered
        /// The address may not be called at all.
        case refused
    }

    enum Step: Equatable {
        case done
        case retry(after: Period)
        case giveUp
    }

    /// The first attempt and those after it: about half a minute, and what the answers take.
    static let mostAttempts = 6
    static let longestPause = Period.seconds(60)
    private static let passing: Set<Int> = [429, 500, 502, 503, 504]

    /// - Parameter attempts: how many there have been, this one counted.
    static func next(after outcome: Outcome, attempts: Int) -> Step {
        var wished: Period?
        switch outcome {
        case .refused: return .giveUp
        case .unanswered: break
        case .answered(let status, let retryAfter):
            if (200..<400).contains(status) { return .done }
            guard passing.contains(status) else { return .giveUp }
            wished = retryAfter
        }
        guard attempts < mostAttempts else { return .giveUp }
        // 1 s, 2 s, 4 s, …, or what the other side asks for.
        let doubled = Period.seconds(Double(1 << min(max(attempts, 1) - 1, 10)))
        return .retry(after: min(max(doubled, wished ?? .zero), longestPause))
    }
}
