import TernKernel
import TernStats
import Testing

@testable import Monitoring

@Suite struct SpellingTests {
    @Test(arguments: [
        (0.0035, "0.0035"), (0.00346712, "0.00347"), (3.2, "3.2"), (1240.0, "1240"), (0, "0"), (-0.5, "-0.5"), (12.345, "12.3"), (1e-7, "1.00e-07"),
        (2.5e9, "2.50e+09"), (100, "100"), (.nan, "nan"),
    ])
    func `numbers have three digits`(_ number: Double, _ text: String) { #expect(Spelling.number(number) == text) }

    @Test(arguments: [
        ("1", "1"), ("1.0", "1"), ("-0", "0"), ("true", "1"), ("False", "0"), ("up", "up"), ("1.5", "1.5"), ("nan", "nan"), ("1e400", "1e400"),
        ("0x10", "16"),
        ("", ""), ("-", "-"), ("12 ", "12 "),
    ])
    func `labels have one spelling`(_ text: String, _ label: String) { #expect(LabelText.of(text) == label) }

    @Test func `the positive label is 1, or the last of two`() {
        #expect(QualityTally.positive(among: ["0", "1"]) == "1")
        #expect(QualityTally.positive(among: ["0"]) == "1")
        #expect(QualityTally.positive(among: []) == "1")
        #expect(QualityTally.positive(among: ["down", "up"]) == "up")
        #expect(QualityTally.positive(among: ["a", "b", "c"]) == nil)
    }

    @Test func `a bad window counts, an unknown one is passed over, a good one ends it`() {
        var rules = AlertRules()
        let key = AlertKey(.drift, "a_b")
        let bad = Verdict.bad(message: "bad", evidence: [:])
        #expect(rules.judge(key, bad, windows: 2) == nil)
        #expect(rules.judge(key, .unknown, windows: 2) == nil)
        #expect(rules.judge(key, bad, windows: 2) == .raise(key, message: "bad", evidence: [:]))
        #expect(rules.judge(key, bad, windows: 2) == nil)
        #expect(rules.judge(key, .good("fine"), windows: 2) == .resolve(key, reason: "fine"))
        #expect(rules.judge(key, .good("fine"), windows: 2) == nil)
        #expect(rules.judge(key, bad, windows: 2) == nil)
        #expect(rules.forget([.drift], reason: "new") == [])
        #expect(rules.streaks.isEmpty)
    }
}
