import Foundation
import Testing

@testable import TernStats

@Suite struct DriftTestTests {
    private func numbers(_ values: [Double?]) -> ColumnProfile { ColumnProfile(values) }
    private func texts(_ counts: [(String, Int)]) -> ColumnProfile {
        // Spread over the rows, as independent rows are, not in runs.
        var chance = Chance(5)
        return ColumnProfile(counts.flatMap { Array(repeating: $0.0, count: $0.1) }.shuffled(using: &chance).map { String?($0) })
    }

    // MARK: Cases without a test

    @Test func `fewer than thirty usable rows are not enough, whatever they hold`() {
        let score = DriftTest.compare(reference: numbers((0..<1000).map { Double($0) }), current: numbers((0..<29).map { Double($0 + 9000) } + [nil]))
        #expect(score.status == .notEnoughData)
        #expect(!score.drifted)
        #expect(score.currentRows == 29)
        #expect(DriftTest.compare(reference: numbers([1, 2]), current: numbers((0..<99).map { Double($0) })).status == .notEnoughData)
    }

    @Test func `a side without usable values is said to be missing, and never drift`() {
        let some = numbers((0..<100).map { Double($0) })
        let none = numbers(Array(repeating: nil, count: 50) + Array(repeating: .infinity, count: 50) + [.nan])
        #expect(DriftTest.compare(reference: some, current: none).status == .allMissing)
        #expect(DriftTest.compare(reference: none, current: some).status == .allMissing)
        #expect(DriftTest.compare(reference: ColumnProfile(.numeric), current: ColumnProfile(.numeric)).status == .allMissing)
        #expect(!DriftTest.compare(reference: some, current: none).drifted)
    }

    @Test func `the same constant on both sides is no drift`() {
        for (a, b) in [(numbers(Array(repeating: 5, count: 90)), numbers(Array(repeating: 5, count: 40))), (texts([("x", 90)]), texts([("x", 40)]))] {
            let score = DriftTest.compare(reference: a, current: b)
            #expect(score.status == .constant)
            #expect(!score.drifted)
        }
    }

    @Test func `a constant reference and other values now is drift`() {
        let reference = numbers(Array(repeating: 0.003467, count: 7000))
        var chance = Chance(8)
        let some = numbers((0..<336).map { $0 % 3 == 0 ? 0.003467 : 0.004 })
        for current in [numbers(chance.normals(336)), numbers(Array(repeating: 1, count: 336)), some] {
            let score = DriftTest.compare(reference: reference, current: current)
            #expect(score.status == .constantReference)
            #expect(score.drifted, "\(score.explanation)")
        }
        let stray = DriftTest.compare(reference: reference, current: numbers(Array(repeating: 0.003467, count: 334) + [1, 2]))
        #expect(stray.status == .constantReference)
        #expect(!stray.drifted)
    }

    @Test func `many different values against a constant reference do not hide the rows that stayed`() {
        let reference = numbers(Array(repeating: 1, count: 500))
        let current = numbers(Array(repeating: 1, count: 300) + (0..<100).map { Double($0) / 7 + 2 })
        let score = DriftTest.compare(reference: reference, current: current)
        #expect(near(score.statistic, 0.25))
        #expect(score.drifted)
    }

    @Test func `a number that is stuck at one value is drift`() {
        var chance = Chance(8)
        let score = DriftTest.compare(reference: numbers(chance.normals(7000)), current: numbers(Array(repeating: 0.1, count: 336)))
        #expect(score.status == .constantCurrent)
        #expect(score.drifted)
    }

    @Test func `numbers against categories are refused with a status`() {
        let score = DriftTest.compare(reference: numbers((0..<99).map { Double($0) }), current: texts([("a", 99)]))
        #expect(score.status == .differentKinds)
        #expect(!score.drifted)
    }

    @Test func `an unknown or unfitting method is a status, not a crash`() {
        let some = numbers((0..<100).map { Double($0) })
        #expect(DriftTest.compare(reference: some, current: some, method: "magic").status == .unsupportedMethod)
        #expect(DriftTest.compare(reference: some, current: some, method: "chisquare").status == .unsupportedMethod)
        let categories = texts([("a", 50), ("b", 50), ("c", 50)])
        #expect(DriftTest.compare(reference: categories, current: categories, method: "ks").status == .unsupportedMethod)
        #expect(DriftTest.compare(reference: categories, current: categories, method: "z").status == .unsupportedMethod)
    }

    // MARK: Which method

    @Test func `the method follows the type and the number of values`() {
        let many = numbers((0..<100).map { Double($0) })
        let few = numbers((0..<100).map { Double($0 % 5) })
        let two = numbers((0..<100).map { Double($0 % 2) })
        #expect(DriftTest.compare(reference: many, current: many).method == "ks")
        #expect(DriftTest.compare(reference: few, current: few).method == "chisquare")
        #expect(DriftTest.compare(reference: two, current: two).method == "z")
        #expect(DriftTest.compare(reference: texts([("a", 50), ("b", 50)]), current: texts([("a", 50), ("b", 50)])).method == "z")
        // A sixth value on the current side makes it a number again.
        #expect(DriftTest.compare(reference: few, current: numbers((0..<100).map { Double($0 % 6) })).method == "ks")
    }

    @Test(arguments: ["ks", "psi", "jensenshannon", "wasserstein", "kl_div", "hellinger", "t_test", "mannw"])
    func `every method for numbers finds a shift of one deviation in a week, and none in the same`(method: String) {
        var chance = Chance(21)
        let reference = numbers(chance.normals(7000))
        let same = DriftTest.compare(reference: reference, current: numbers(chance.normals(336)), method: method)
        #expect(same.status == .ok)
        #expect(!same.drifted, "\(same.explanation)")
        for mean in [1.0, -1.0] {
            let moved = DriftTest.compare(reference: reference, current: numbers(chance.normals(336, mean: mean)), method: method)
            #expect(moved.drifted, "\(moved.explanation)")
            #expect((moved.pValue ?? 1) < 1e-6)
        }
    }

    @Test(arguments: ["chisquare", "psi", "jensenshannon", "kl_div", "hellinger"])
    func `every method for categories finds shares that changed, and none in the same`(method: String) {
        let reference = texts([("a", 4000), ("b", 2000), ("c", 1000)])
        let same = DriftTest.compare(reference: reference, current: texts([("a", 200), ("b", 90), ("c", 46)]), method: method)
        #expect(!same.drifted, "\(same.explanation)")
        let moved = DriftTest.compare(reference: reference, current: texts([("a", 90), ("b", 96), ("c", 150)]), method: method)
        #expect(moved.drifted, "\(moved.explanation)")
    }

    @Test func `a given threshold is the difference that matters, but chance is still discounted`() {
        var chance = Chance(2)
        let reference = numbers(chance.normals(7000))
        let shifted = numbers(chance.normals(2000, mean: 0.5))
        #expect(DriftTest.compare(reference: reference, current: shifted).drifted)
        #expect(!DriftTest.compare(reference: reference, current: shifted, threshold: 0.4).drifted)
        let small = DriftTest.compare(reference: reference, current: numbers(chance.normals(40)), threshold: 0.001)
        #expect(small.threshold > 0.2)
        #expect(!small.drifted)
    }

    // MARK: New categories and infinities

    @Test func `a category that the reference never had is drift, and is named`() {
        let reference = texts([("a", 4000), ("b", 3000)])
        let score = DriftTest.compare(reference: reference, current: texts([("a", 180), ("b", 140), ("NEW", 16)]))
        #expect(score.drifted)
        #expect(score.newValues == [CategoryCount(value: "NEW", count: 16)])
        let stray = DriftTest.compare(reference: reference, current: texts([("a", 190), ("b", 144), ("typo", 2)]))
        #expect(!stray.drifted, "\(stray.explanation)")
        #expect(stray.newValues.map(\.value) == ["typo"])
        let rare = DriftTest.compare(reference: texts([("a", 7000), ("b", 3)]), current: texts([("a", 269), ("b", 67)]))
        #expect(rare.drifted, "a category that was rare and is frequent now: \(rare.explanation)")
    }

    @Test func `a column of identifiers does not drift because its identifiers are new`() {
        var chance = Chance(31)
        func ids(_ count: Int) -> ColumnProfile { ColumnProfile((0..<count).map { _ in "id\(Int(chance.uniform() * 1e6))" }) }
        #expect(!DriftTest.compare(reference: ids(7000), current: ids(336)).drifted)
        #expect(!DriftTest.compare(reference: ids(90), current: ids(90)).drifted)
    }

    @Test func `infinities do not crash or change a comparison`() {
        var chance = Chance(6)
        let clean = chance.normals(400)
        let dirty = numbers(clean + [.infinity, -.infinity, .nan])
        for method in DriftMethod.allCases {
            let score = DriftTest.compare(reference: dirty, current: dirty, method: method.rawValue)
            #expect(!score.drifted)
            #expect(score.statistic?.isFinite ?? true)
        }
        #expect(DriftTest.compare(reference: dirty, current: numbers(clean)).referenceRows == 400)
    }

    @Test func `absurdly large numbers are no crash`() {
        let huge = numbers((0..<100).map { Double($0) * 1e306 })
        for method in DriftMethod.allCases { _ = DriftTest.compare(reference: huge, current: huge, method: method.rawValue) }
        #expect(!DriftTest.compare(reference: huge, current: huge).drifted)
    }

    @Test func `a score survives JSON`() throws {
        let score = DriftTest.compare(reference: texts([("a", 40), ("b", 40)]), current: texts([("a", 10), ("c", 70)]))
        #expect(try JSONDecoder().decode(DriftScore.self, from: JSONEncoder().encode(score)) == score)
    }

    @Test func `tables are compared by the columns that both have`() {
        let column = numbers((0..<100).map { Double($0) })
        let scores = DriftTest.compare(
            reference: Profile(columns: ["a": column, "b": column], rows: 100), current: Profile(columns: ["a": column, "c": column], rows: 100))
        #expect(scores.keys.sorted() == ["a"])
    }
}
