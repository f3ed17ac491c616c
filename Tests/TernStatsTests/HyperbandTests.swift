import Foundation
import Testing

@testable import TernStats

@Suite struct HyperbandTests {
    @Test func `it stops the trials that the reference stops`() throws {
        let rows = try Golden.json("search.json").objects("hyperband")
        #expect(rows.count == 12)
        for row in rows {
            let config = row.object("early_terminate")
            let eta = config.number("eta") ?? 3
            let isStrict = config["strict"] as? Bool ?? true
            let hyperband = try #require(
                config.number("max_iter").map { Hyperband(maximum: Int($0), count: Int(config.number("s") ?? 0), eta: eta, isStrict: isStrict) }
                    ?? Hyperband(minimum: Int(config.number("min_iter") ?? 0), eta: eta, isStrict: isStrict))
            let expectedBands = try #require(row["bands"] as? [NSNumber]).map(\.intValue)
            #expect(Array(hyperband.bands.prefix(6)) == expectedBands, "\(config)")
            let sign = row["goal"] as? String == "maximize" ? -1.0 : 1
            let curves = try #require(row["histories"] as? [[Any]]).map { history in
                hyperband.curve(history.map { ($0 as? NSNumber).map { sign * $0.doubleValue } ?? .nan })
            }
            let states = try #require(row["states"] as? [String])
            let thresholds = hyperband.thresholds(curves)
            let stopped = curves.indices.filter { states[$0] == "running" && hyperband.stops(curves[$0], thresholds) }
            #expect(stopped == (row["stopped"] as? [NSNumber])?.map(\.intValue), "\(config) \(row["goal"] ?? "")")
        }
    }

    @Test func `bands grow from the least or shrink from the most iterations`() throws {
        #expect(Array((Hyperband(minimum: 2, eta: 3)?.bands ?? []).prefix(4)) == [2, 6, 18, 54])
        #expect(Hyperband(maximum: 27, count: 2, eta: 3)?.bands == [3, 9])
        #expect(Hyperband(maximum: 4, count: 9, eta: 3)?.bands == [1])
        #expect(Hyperband(maximum: 2, count: 2, eta: 3) == nil)
        #expect(Hyperband(minimum: 0) == nil)
        #expect(Hyperband(minimum: 1, eta: 1) == nil)
        #expect(Hyperband(minimum: 1, eta: .infinity) == nil)
    }

    @Test func `a trial that has reached no band goes on, and so does the best`() throws {
        let hyperband = try #require(Hyperband(minimum: 3, eta: 2))
        let curves = [[1, 1], [3, 2, 1], [3, 3, 3], [4, 4, 4]].map { hyperband.curve($0) }
        let thresholds = hyperband.thresholds(curves)
        #expect(curves.map { hyperband.stops($0, thresholds) } == [false, false, false, true])
        #expect(hyperband.thresholds([]).allSatisfy { $0 == nil })
        #expect(hyperband.curve([.nan, .infinity, 2]).count == 1)
    }

    @Test func `one that is not strict is judged by its best value`() throws {
        let loose = try #require(Hyperband(minimum: 3, eta: 2, isStrict: false))
        let curves = [[1, 5, 5], [2, 2, 2], [3, 3, 3]].map { loose.curve($0) }
        let thresholds = loose.thresholds(curves)
        #expect(thresholds[0] == 3)
        #expect(curves.map { loose.stops($0, thresholds) } == [false, false, false])
        let strict = try #require(Hyperband(minimum: 3, eta: 2))
        #expect(strict.stops(strict.curve([1, 5, 5]), thresholds))
    }
}
