import TernKernel
import Testing

@testable import Registry

@Suite struct ReviewStateTests {
    private let now = Timestamp(milliseconds: 1000)
    private let pass = GateResult(gate: "f1", verdict: .pass, evidence: [:], at: Timestamp(milliseconds: 0))
    private let skip = GateResult(gate: "churn", verdict: .skipped, evidence: [:], at: Timestamp(milliseconds: 0))
    private let fail = GateResult(gate: "f1", verdict: .fail, evidence: ["sentence": "f1 is 0.2."], at: Timestamp(milliseconds: 0))

    @Test func `passing all gates waits for people, unless none is needed`() {
        var two = ReviewState(status: .gating, needed: 2)
        two.conclude([pass, skip], declared: true)
        #expect(two.status == .pendingApproval)
        var none = ReviewState(status: .gating, needed: 0)
        none.conclude([pass], declared: true)
        #expect(none.status == .approved)
    }

    @Test func `one failed gate refuses, whatever the others say`() {
        var state = ReviewState(status: .gating, needed: 0)
        state.conclude([pass, fail, pass], declared: true)
        #expect(state.status == .refused)
    }

    @Test func `without a declaration passing decides nothing`() {
        var state = ReviewState(status: .gating, needed: 0)
        state.conclude([], declared: false)
        #expect(state.status == .registered)
    }

    @Test func `a refused version cannot be approved, and the error carries the evidence`() throws {
        var state = ReviewState(status: .refused, needed: 1)
        let error = #expect(throws: TernError.self) { _ = try state.approve(by: "ann", at: now, reason: nil, gates: [pass, fail]) }
        #expect(error?.code == .gateRefused)
        #expect(error?.message.contains("f1 is 0.2.") == true)
        #expect(error?.details["gates"]?.arrayValue?.count == 1)
        #expect(state.approvals.isEmpty)
    }

    @Test func `the same person's second approval does not count`() throws {
        var state = ReviewState(status: .pendingApproval, needed: 2)
        #expect(try state.approve(by: "ann", at: now, reason: nil, gates: []))
        #expect(try !state.approve(by: "ann", at: now, reason: "again", gates: []))
        #expect(state.status == .pendingApproval)
        #expect(state.approvals.count == 1)
        #expect(try state.approve(by: "bob", at: now, reason: nil, gates: []))
        #expect(state.status == .approved)
        #expect(state.approvers == ["ann", "bob"])
    }

    @Test func `nothing is approved while its gates run`() {
        var state = ReviewState(status: .gating, needed: 1)
        #expect(throws: TernError.self) { _ = try state.approve(by: "ann", at: now, reason: nil, gates: []) }
        #expect(throws: TernError.self) { try state.reject(by: "ann", at: now, reason: "no") }
    }

    @Test(arguments: [nil, "", "  \n"]) func `rejecting takes a reason`(reason: String?) {
        var state = ReviewState(status: .pendingApproval, needed: 1)
        let error = #expect(throws: TernError.self) { try state.reject(by: "ann", at: now, reason: reason) }
        #expect(error?.code == .invalidArgument)
        #expect(state.status == .pendingApproval)
    }

    @Test func `a rejection is final and also takes back an approval`() throws {
        var state = ReviewState(status: .approved, approvals: [Approval(by: "ann", at: now, verdict: .approved)], needed: 1)
        try state.reject(by: "bob", at: now, reason: "it uses a leaked column")
        #expect(state.status == .rejected)
        let again = #expect(throws: TernError.self) { _ = try state.approve(by: "cat", at: now, reason: nil, gates: []) }
        #expect(again?.code == .conflict)
        #expect(again?.message.contains("bob") == true)
        #expect(again?.message.contains("leaked") == true)
        #expect(throws: TernError.self) { try state.reject(by: "cat", at: now, reason: "me too") }
        #expect(throws: TernError.self) { try state.beginGating() }
    }

    @Test func `approvals survive running the gates again`() throws {
        var state = ReviewState(status: .approved, approvals: [Approval(by: "ann", at: now, verdict: .approved)], needed: 1)
        try state.beginGating()
        #expect(state.status == .gating)
        state.conclude([pass], declared: true)
        #expect(state.status == .approved)
        try state.beginGating()
        state.conclude([fail], declared: true)
        #expect(state.status == .refused)
    }
}
