import TernKernel
import Testing

@testable import Registry

@Suite struct HoldoutAnswersTests {
    @Test func `a boolean truth is read as 0 and 1`() {
        let answers = HoldoutAnswers(
            task: .binary, truth: Column("up", .bool([true, false, true, nil])), predicted: ["1", "0", "0", "1"], score: [0.9, 0.1, 0.4, 0.8])
        #expect(answers.truth == ["1", "0", "1", nil])
        #expect(answers.positive == "1")
        #expect(answers.metrics()["recall"] == 0.5)
    }

    @Test func `a row without an answer counts as wrong`() {
        let answers = HoldoutAnswers(
            task: .multiclass, truth: Column("kind", .text(["a", "b", "c", "a"])), predicted: ["a", "b", nil, "a"], score: [nil, nil, nil, nil])
        #expect(answers.metrics()["accuracy"] == 0.75)
    }

    @Test func `a regression answer that is not a number leaves no figure to pass on`() {
        let truth = Column("load", .double([1, 2, 3]))
        let good = HoldoutAnswers(task: .regression, truth: truth, predicted: ["1", "2", "4"], score: [1, 2, 4])
        #expect(abs((good.metrics()["mae"] ?? 0) - 1.0 / 3) < 1e-12)
        let bad = HoldoutAnswers(task: .regression, truth: truth, predicted: ["1", "2", "nan"], score: [1, 2, .nan])
        #expect(bad.metrics().isEmpty)
    }

    @Test func `labels that are words have the last one as positive`() {
        let answers = HoldoutAnswers(
            task: .binary, truth: Column("up", .text(["down", "up", "up"])), predicted: ["down", "up", "down"], score: [0, 1, 0])
        #expect(answers.positive == "up")
        #expect(answers.metrics()["precision"] == 1)
        #expect(answers.metrics()["recall"] == 0.5)
    }

    @Test func `churn needs the same rows`() {
        let truth = Column("up", .int([1, 0]))
        let one = HoldoutAnswers(task: .binary, truth: truth, predicted: ["1", "0"], score: [1, 0])
        let two = HoldoutAnswers(task: .binary, truth: truth, predicted: ["1", "1"], score: [1, 1])
        #expect(one.churn(against: two) == 0.5)
        let short = HoldoutAnswers(task: .binary, truth: Column("up", .int([1])), predicted: ["1"], score: [1])
        #expect(one.churn(against: short) == nil)
    }
}
