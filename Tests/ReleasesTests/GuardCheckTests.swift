import TernKernel
import Testing

@testable import Releases

@Suite struct GuardCheckTests {
    private func check(_ guards: ReleaseGuard, minimumRows: Int = 100) -> GuardCheck {
        GuardCheck(plan: ReleasePlan(strategy: .canary, minimumRows: minimumRows, guard: guards), candidate: "v2", primary: "v1")
    }

    private func verdict(_ name: String, _ check: GuardCheck, _ observations: [VariantObservation]) throws -> GuardResult {
        try #require(check.results(step: observations, whole: observations).first { $0.guard == name })
    }

    private func seen(_ requests: Int, rows: Int = 1000, errors: Int = 0, p99: Int64? = nil, slow: Int? = nil) -> [VariantObservation] {
        [VariantObservation(variant: "v2", requests: requests, rows: rows, errors: errors, latencyP99Microseconds: p99, slow: slow)]
    }

    private func labelled(_ correct: Int, of rows: Int, against base: Int, of baseRows: Int) -> [VariantObservation] {
        [
            VariantObservation(variant: "v2", requests: 10, rows: rows, labelled: rows, correct: correct),
            VariantObservation(variant: "v1", requests: 30, rows: baseRows, labelled: baseRows, correct: base),
        ]
    }

    @Test func `without traffic every guard says not enough data`() {
        let guards = ReleaseGuard(errors: 0.01, latencyP99: Period("20ms"), accuracyDrop: 0.05)
        let results = check(guards).results(step: [], whole: [])
        #expect(results.map(\.guard) == ["rows", "errors", "latency_p99", "accuracy_drop"])
        #expect(results.allSatisfy { $0.verdict == .notEnoughData })
    }

    @Test func `only the declared guards are judged`() {
        #expect(check(ReleaseGuard()).results(step: seen(5), whole: []).map(\.guard) == ["rows"])
    }

    @Test(arguments: [(0, GuardResult.Verdict.notEnoughData), (99, .notEnoughData), (100, .pass), (5000, .pass)])
    func `rows pass from the minimum on`(rows: Int, expected: GuardResult.Verdict) throws {
        #expect(try verdict("rows", check(ReleaseGuard()), seen(1, rows: rows)).verdict == expected)
    }

    @Test(arguments: [
        (requests: 200, errors: 0, rows: 200, expected: GuardResult.Verdict.pass),
        (requests: 200, errors: 2, rows: 200, expected: .pass),  // exactly the limit
        (requests: 200, errors: 3, rows: 200, expected: .notEnoughData),  // above it, but that happens by chance
        (requests: 200, errors: 10, rows: 200, expected: .fail),
        (requests: 2, errors: 2, rows: 96, expected: .fail),  // two of two is no chance at 1 %
        (requests: 10, errors: 1, rows: 480, expected: .notEnoughData),
        (requests: 10, errors: 0, rows: 10, expected: .notEnoughData),  // too few rows to pass
    ])
    func `errors fail beyond the limit and beyond chance`(_ it: (requests: Int, errors: Int, rows: Int, expected: GuardResult.Verdict)) throws {
        let result = try verdict("errors", check(ReleaseGuard(errors: 0.01)), seen(it.requests, rows: it.rows, errors: it.errors))
        #expect(result.verdict == it.expected, "\(result)")
    }

    @Test func `with a limit of zero a single error fails`() throws {
        #expect(try verdict("errors", check(ReleaseGuard(errors: 0)), seen(1000, errors: 1)).verdict == .fail)
    }

    @Test(arguments: [
        (requests: 500, p99: Int64(19_000), slow: Int?.none, expected: GuardResult.Verdict.pass),
        (requests: 500, p99: 20_000, slow: nil, expected: .pass),
        (requests: 500, p99: 21_000, slow: nil, expected: .fail),
        (requests: 3, p99: 90_000, slow: nil, expected: .notEnoughData),  // the slowest of three says little
        (requests: 3, p99: 90_000, slow: 1, expected: .pass),  // one hiccup
        (requests: 3, p99: 90_000, slow: 3, expected: .fail),
        (requests: 50, p99: 90_000, slow: 2, expected: .notEnoughData),
    ])
    func `latency tells a hiccup from a slow model`(_ it: (requests: Int, p99: Int64, slow: Int?, expected: GuardResult.Verdict)) throws {
        let guards = check(ReleaseGuard(latencyP99: Period("20ms")))
        let result = try verdict("latency_p99", guards, seen(it.requests, p99: it.p99, slow: it.slow))
        #expect(result.verdict == it.expected, "\(result)")
    }

    @Test func `latency without a number is not enough data`() throws {
        #expect(try verdict("latency_p99", check(ReleaseGuard(latencyP99: Period("20ms"))), seen(500)).verdict == .notEnoughData)
    }

    @Test func `a clearly less accurate canary fails, with its p value`() throws {
        let result = try verdict("accuracy_drop", check(ReleaseGuard(accuracyDrop: 0.05)), labelled(50, of: 100, against: 225, of: 300))
        #expect(result.verdict == .fail)
        #expect(abs((result.observed ?? 0) - 0.25) < 1e-12)
        #expect((result.pValue ?? 1) < 1e-5)
        #expect(result.candidate?.correct == 50 && result.primary?.correct == 225)
    }

    @Test(arguments: [
        (correct: 74, rows: 100, expected: GuardResult.Verdict.pass),  // a drop of 1 % where 5 % may be
        (correct: 90, rows: 100, expected: .pass),
        (correct: 66, rows: 100, expected: .notEnoughData),  // 9 % worse, but p is about 4 %
        (correct: 36, rows: 48, expected: .notEnoughData),  // as good, on too few rows
        (correct: 20, rows: 48, expected: .fail),  // too few to pass, enough to fail
        (correct: 0, rows: 29, expected: .notEnoughData),  // too few for the test to hold
    ])
    func `accuracy waits unless the numbers decide`(_ it: (correct: Int, rows: Int, expected: GuardResult.Verdict)) throws {
        let result = try verdict("accuracy_drop", check(ReleaseGuard(accuracyDrop: 0.05)), labelled(it.correct, of: it.rows, against: 225, of: 300))
        #expect(result.verdict == it.expected, "\(result)")
    }

    @Test func `accuracy is judged on the whole release, errors on the step`() throws {
        let guards = check(ReleaseGuard(errors: 0.01, accuracyDrop: 0.05))
        let results = guards.results(step: seen(10, errors: 0), whole: labelled(75, of: 100, against: 225, of: 300) + seen(100, errors: 90))
        #expect(results.map(\.verdict) == [.pass, .pass, .pass])
    }

    @Test func `without a primary accuracy cannot be judged`() {
        let plan = ReleasePlan(strategy: .canary, guard: ReleaseGuard(accuracyDrop: 0.05))
        let results = GuardCheck(plan: plan, candidate: "v2", primary: nil).results(step: [], whole: labelled(1, of: 100, against: 99, of: 100))
        #expect(results.last?.verdict == .notEnoughData)
    }

    @Test func `the binomial tail equals exact values`() {
        #expect(GuardCheck.upperTail(0, of: 5, share: 0.3) == 1)
        #expect(abs(GuardCheck.upperTail(2, of: 2, share: 0.01) - 1e-4) < 1e-15)
        #expect(abs(GuardCheck.upperTail(1, of: 10, share: 0.01) - 0.09561792499119552) < 1e-12)
        // In exact fractions.
        #expect(abs(GuardCheck.upperTail(10, of: 200, share: 0.01) - 4.014180884713409e-05) < 1e-15)
        #expect(GuardCheck.upperTail(1, of: 3, share: 0) == 0)
        #expect(GuardCheck.upperTail(3, of: 3, share: 1) == 1)
    }
}
