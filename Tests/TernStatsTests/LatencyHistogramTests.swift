import Testing

@testable import TernStats

@Suite struct LatencyHistogramTests {
    @Test func `quantiles are within two percent from microseconds to hours`() {
        for scale in [1.0, 50, 3e3, 1e6, 3.6e9] {
            var chance = Chance(UInt64(scale))
            var histogram = LatencyHistogram()
            let values = (0..<5000).map { _ in Int64((1 + chance.uniform() * 30) * scale) }
            for value in values { histogram.add(microseconds: value) }
            let sorted = values.map { Double($0) }.sorted()
            for q in [0.0, 0.5, 0.9, 0.99, 1] {
                let exact = Percentile.nearest(ofSorted: sorted, q) ?? .nan
                #expect(near(histogram.quantile(q), exact, 0.02, floor: 0.5), "\(scale) \(q)")
            }
        }
    }

    @Test func `merging is the same as adding all`() {
        var chance = Chance(2)
        let values = (0..<1000).map { _ in Int64(chance.uniform() * 1e7) }
        var all = LatencyHistogram()
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        for (index, value) in values.enumerated() {
            all.add(microseconds: value)
            if index % 3 == 0 { first.add(microseconds: value) } else { second.add(microseconds: value) }
        }
        first.merge(second)
        #expect(first == all)
        #expect(first.count == 1000)
        #expect(first.maximum == values.max())
    }

    @Test func `nothing measured has no quantile, and odd durations do not crash`() {
        var histogram = LatencyHistogram()
        #expect(histogram.p50 == nil)
        #expect(histogram.mean == nil)
        histogram.add(microseconds: -5)
        #expect(histogram.p99 == 0)
        histogram.add(microseconds: .max)
        #expect(histogram.count == 2)
        #expect(histogram.maximum == .max)
        #expect(histogram.quantile(2) == nil)
        #expect(histogram.count(atMost: 0) == 1)
        #expect(histogram.count(atMost: .max) == 2)
    }

    @Test func `percentiles are numpy's`() {
        #expect(Percentile.linear([4, 1, 3, 2], 0.5) == 2.5)
        #expect(near(Percentile.linear([4, 1, 3, 2], 0.99), 3.97))
        #expect(Percentile.linear([], 0.5) == nil)
        #expect(Percentile.linear([1], 1.5) == nil)
        #expect(Percentile.nearest(ofSorted: [1, 2, 3, 4], 0.5) == 2)
        #expect(Percentile.nearest(ofSorted: [1, 2, 3, 4], 0) == 1)
    }
}
