import TernKernel

/// How a version moves between gates, people and release: a value that decides, and touches nothing.
///
///     registered ─┐
///     refused ────┼─ gating ─┬─ refused
///     approved ───┘          ├─ pendingApproval ─┬─ approved ── rejected
///                            └─ approved         └─ rejected
package struct ReviewState: Hashable, Sendable {
    package private(set) var status: ModelVersionStatus
    package private(set) var approvals: [Approval]
    /// How many different people must approve.
    package let needed: Int

    package init(status: ModelVersionStatus, approvals: [Approval] = [], needed: Int) {
        self.status = status
        self.approvals = approvals
        self.needed = max(0, needed)
    }

    /// Different people who said yes and did not take it back.
    package var approvers: [String] {
        var standing: [String] = []
        for approval in approvals {
            switch approval.verdict {
            case .approved: if !standing.contains(approval.by) { standing.append(approval.by) }
            case .withdrawn: standing.removeAll { $0 == approval.by }
            case .rejected: break
            }
        }
        return standing
    }

    /// - Throws: `conflict` when a person has already said no.
    package mutating func beginGating() throws {
        if status == .rejected { throw ReviewState.final(approvals) }
        status = .gating
    }

    /// - Parameter declared: whether the model says what it takes to be released; if not, passing decides nothing.
    package mutating func conclude(_ results: [GateResult], declared: Bool) {
        if results.contains(where: { $0.verdict == .fail }) {
            status = .refused
        } else if !declared {
            status = approvers.isEmpty ? .registered : .approved
        } else {
            status = approvers.count >= needed ? .approved : .pendingApproval
        }
    }

    /// - Returns: whether this adds anything; the same person's second yes does not.
    /// - Throws: `gate_refused` with the gates that said no; `conflict` when it is not the moment.
    package mutating func approve(by person: String, at now: Timestamp, reason: String?, gates: [GateResult]) throws -> Bool {
        switch status {
        case .refused: throw ReviewState.refusal(gates)
        case .rejected: throw ReviewState.final(approvals)
        case .gating:
            throw TernError(.conflict, "its gates are still running", hint: "approve it when they have finished: tern models show MODEL VERSION")
        case .registered, .pendingApproval, .approved: break
        }
        guard !approvers.contains(person) else { return false }
        approvals.append(Approval(by: person, at: now, verdict: .approved, reason: reason))
        if approvers.count >= max(1, needed) { status = .approved }
        return true
    }

    /// - Throws: `invalid_argument` without a reason; `conflict` when there is nothing left to say no to.
    package mutating func reject(by person: String, at now: Timestamp, reason: String?) throws {
        guard let reason, !reason.allSatisfy(\.isWhitespace) else {
            throw TernError.invalid("rejecting a version takes a reason", hint: "tern models reject MODEL VERSION --reason \"…\"")
        }
        switch status {
        case .refused: throw TernError(.conflict, "a gate has already refused it", hint: "there is nothing to reject")
        case .rejected: throw ReviewState.final(approvals)
        case .gating: throw TernError(.conflict, "its gates are still running", hint: "wait for their verdict")
        case .registered, .pendingApproval, .approved: break
        }
        approvals.append(Approval(by: person, at: now, verdict: .rejected, reason: reason))
        status = .rejected
    }

    /// Takes a person's own approval back. A version that then lacks approvals waits for them again; what it serves already is a matter of
    /// releases, and stays.
    ///
    /// - Parameter declared: whether the model says what it takes to be released.
    /// - Throws: `invalid_argument` without a reason; `conflict` when this person's approval does not stand.
    package mutating func withdraw(by person: String, at now: Timestamp, reason: String?, declared: Bool) throws {
        guard let reason, !reason.allSatisfy(\.isWhitespace) else {
            throw TernError.invalid("withdrawing an approval takes a reason", hint: "tern models withdraw MODEL VERSION --reason \"…\"")
        }
        if status == .rejected { throw ReviewState.final(approvals) }
        guard approvers.contains(person) else {
            throw TernError(.conflict, "there is no approval by \(person) to withdraw", hint: "each person takes back only their own")
        }
        approvals.append(Approval(by: person, at: now, verdict: .withdrawn, reason: reason))
        guard status == .approved else { return }
        if declared {
            if approvers.count < needed { status = .pendingApproval }
        } else if approvers.isEmpty {
            status = .registered
        }
    }

    private static func refusal(_ gates: [GateResult]) -> TernError {
        let failed = gates.filter { $0.verdict == .fail }
        let words = failed.isEmpty ? "a gate refused it" : failed.map(\.sentence).joined(separator: " ")
        return TernError(
            .gateRefused, "it cannot be approved: \(words)",
            hint: "train a better candidate; to release this one all the same, give tern release an --override reason",
            details: ["gates": .array(failed.map { ["gate": .string($0.gate), "verdict": .string($0.verdict.rawValue), "evidence": $0.evidence] })])
    }

    private static func final(_ approvals: [Approval]) -> TernError {
        let last = approvals.last { $0.verdict == .rejected }
        return TernError(
            .conflict, "it was rejected\(last.map { " by \($0.by)" } ?? "")\(last?.reason.map { ": \($0)" } ?? "")",
            hint: "a rejection is final; register a new version")
    }
}
