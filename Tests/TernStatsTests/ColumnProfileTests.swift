import Foundation
import Testing

@testable import TernStats

@Suite struct ColumnProfileTests {
    @Test func `NaN counts as missing, infinities apart, and neither enters a number`() {
        let profile = ColumnProfile([1, nil, .nan, .infinity, -.infinity, 3])
        #expect(profile.count == 6)
        #expect(profile.missing == 2)
        #expect(profile.infinite == 2)
        #expect(profile.used == 2)
        #expect(profile.mean == 2)
        #expect(profile.variance == 1)
        #expect(profile.minimum == 1)
        #expect(profile.maximum == 3)
        #expect(profile.sample == [1, 3])
        #expect(profile.distinct == 2)
    }

    @Test func `an empty or all-missing column has no mean, range or quantile`() {
        for profile in [ColumnProfile([Double?]()), ColumnProfile([nil, .nan] as [Double?]), ColumnProfile([nil] as [String?])] {
            #expect(profile.mean == nil)
            #expect(profile.minimum == nil)
            #expect(profile.quantile(0.5) == nil)
            #expect(profile.top.isEmpty)
            #expect(profile.distinct == 0)
            #expect(!profile.isConstant)
            #expect(profile.histogram().isEmpty)
        }
    }

    @Test func `up to 2000 rows every value is kept`() {
        let values = (0..<2000).map { Double(($0 * 7919) % 2000) }
        var stream = ColumnProfile(.numeric)
        for value in values { stream.add(value) }
        #expect(stream.sample == values.sorted())
        #expect(ColumnProfile(values).sample == values.sorted())
        #expect(stream.quantile(0.5) == 999.5)
    }

    @Test(arguments: [2001, 7000, 100_003])
    func `beyond 2000 rows the space is bounded and ranks stay within half a percent`(count: Int) {
        var chance = Chance(UInt64(count))
        let values = chance.normals(count)
        let sorted = values.sorted()
        var stream = ColumnProfile(.numeric)
        for value in values { stream.add(value) }
        var rising = ColumnProfile(.numeric)
        for value in sorted { rising.add(value) }
        var parts = ColumnProfile(.numeric)
        for start in stride(from: 0, to: count, by: 336) { parts.merge(ColumnProfile(Array(values[start..<min(count, start + 336)]))) }
        for profile in [stream, rising, parts, ColumnProfile(values)] {
            #expect(profile.sample.count <= 2000)
            #expect(profile.weightedSample.total == Double(count))
            #expect(profile.minimum == sorted.first)
            for q in [0.01, 0.1, 0.5, 0.9, 0.99] {
                let found = profile.quantile(q) ?? .nan
                let rank = Double(sorted.firstIndex { $0 >= found } ?? 0) / Double(count)
                #expect(abs(rank - q) < 0.005, "\(count) rows, quantile \(q), rank \(rank)")
            }
        }
    }

    @Test func `profiles of parts give the profile of the whole`() {
        var chance = Chance(1)
        let values: [Double?] = (0..<1500).map { $0 % 50 == 0 ? nil : chance.normal() * 1e-3 + 1e6 }
        var merged = ColumnProfile(Array(values[..<400]))
        merged.merge(ColumnProfile(Array(values[400..<401])))
        merged.merge(ColumnProfile(.numeric))
        merged.merge(ColumnProfile(Array(values[401...])))
        let whole = ColumnProfile(values)
        #expect(merged.count == whole.count)
        #expect(merged.missing == whole.missing)
        #expect(near(merged.mean, whole.mean, 1e-14))
        #expect(near(merged.variance, whole.variance, 1e-7))
        #expect(merged.sample == whole.sample)
        #expect(merged.distinct == whole.distinct || abs(merged.distinct - whole.distinct) < 1)
    }

    @Test func `a small variance around a large mean does not cancel`() {
        let profile = ColumnProfile([1e9, 1e9 + 1, 1e9 + 2].map { Double?($0) })
        #expect(near(profile.variance, 2.0 / 3, 1e-9))
    }

    @Test func `columns of different kinds do not merge`() {
        var numbers = ColumnProfile([1, 2] as [Double?])
        let before = numbers
        let merged = numbers.merge(ColumnProfile(["a"] as [String?]))
        #expect(!merged)
        #expect(numbers == before)
    }

    @Test func `categories are counted, most frequent first`() {
        let profile = ColumnProfile(["b", "a", nil, "b", "c", "a", "b"])
        #expect(profile.top == [CategoryCount(value: "b", count: 3), CategoryCount(value: "a", count: 2), CategoryCount(value: "c", count: 1)])
        #expect(profile.rest == 0)
        #expect(profile.exactCounts == ["a": 2, "b": 3, "c": 1])
        #expect(profile.missing == 1)
    }

    @Test func `many categories are bounded, and the frequent ones keep their counts`() {
        var profile = ColumnProfile(.categorical)
        for row in 0..<20_000 { profile.add(row % 4 == 0 ? "often" : "id\(row)") }
        #expect(profile.top.count <= 100)
        #expect(profile.top.first == CategoryCount(value: "often", count: 5000))
        #expect(profile.top.reduce(0) { $0 + $1.count } + profile.rest == 20_000)
        #expect(profile.exactCounts == nil)
        #expect(abs(Double(profile.distinct) - 15_001) < 15_001 * 0.2)
    }

    @Test func `a number with few values is still a number, and its values are counted`() {
        let profile = ColumnProfile([0, 1, 1, 0, 1, -0.0, 2.5].map { Double?($0) })
        #expect(profile.kind == .numeric)
        #expect(profile.exactCounts == ["0": 3, "1": 3, "2.5": 1])
        #expect(ColumnProfile((0..<21).map { Double?(Double($0)) }).exactCounts == nil)
    }

    @Test func `a profile survives JSON, and its JSON is bounded`() throws {
        var chance = Chance(9)
        let profile = Profile(
            columns: [
                "numbers": ColumnProfile(chance.normals(50_000)), "odd": ColumnProfile([nil, .infinity, 1] as [Double?]),
                "texts": ColumnProfile((0..<30_000).map { "id\($0)" }), "none_ofThem": ColumnProfile(.categorical),
                "snake_case camelCase": ColumnProfile(["A_b", "aB", "_", "ü"]),
            ], rows: 50_000)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let bytes = try encoder.encode(profile)
        #expect(bytes.count < 150_000)
        let back = try decoder.decode(Profile.self, from: bytes)
        #expect(back == profile)
        #expect(back.columns["snake_case camelCase"]?.top.map(\.value) == ["A_b", "_", "aB", "ü"])
        #expect(back.columns["numbers"]?.effectiveRows(336) == profile.columns["numbers"]?.effectiveRows(336))
    }

    @Test func `the same rows in the same order give the same profile`() {
        func build() -> ColumnProfile {
            var chance = Chance(4)
            var profile = ColumnProfile(.numeric)
            for value in chance.normals(9000) { profile.add(value) }
            return profile
        }
        #expect(build() == build())
    }

    @Test func `a histogram holds every used row`() {
        let bars = ColumnProfile((0..<1000).map { Double?(Double($0)) } + [nil, .infinity]).histogram(bins: 10)
        #expect(bars.map(\.count) == Array(repeating: 100, count: 10))
        #expect(bars.first?.from == 0)
        #expect(bars.last?.to == 999)
        #expect(ColumnProfile([5, 5] as [Double?]).histogram() == [HistogramBin(from: 5, to: 5, count: 2)])
    }

    @Test func `tables merge column by column`() {
        var table = Profile(columns: ["a": ColumnProfile([1, 2] as [Double?])], rows: 2)
        table.merge(Profile(columns: ["a": ColumnProfile([3] as [Double?]), "b": ColumnProfile(["x"])], rows: 1))
        #expect(table.rows == 3)
        #expect(table.columns["a"]?.mean == 2)
        #expect(table.columns["b"]?.used == 1)
    }

    @Test func `rows that repeat their neighbours count for fewer`() {
        var chance = Chance(12)
        let independent = ColumnProfile(chance.normals(7000))
        #expect(independent.effectiveRows(336) > 250)
        var level = 0.0
        let sticky = ColumnProfile(
            (0..<7000).map { _ -> Double? in
                level = 0.95 * level + chance.normal()
                return level
            })
        // An AR(1) of 0.95 has (1 + 0.95) / (1 - 0.95) = 39 rows to one.
        #expect((5...20).contains(sticky.effectiveRows(336)))
        #expect(ColumnProfile((0..<40).map { Double?(Double($0)) }).effectiveRows(336) == 336)
    }
}
