import Foundation
import Testing

@testable import TernStats

/// How often monitors cry wolf. In Evidently PSI alarms on 85 % of windows of 100 rows without any drift, and on 79 % of 100 rows against 20,000.
@Suite struct FalseAlarmTests {
    @Test(arguments: [(30, 100), (100, 100), (336, 7000), (100, 20_000), (1000, 1000)])
    func `windows without drift hardly ever alarm, by any method`(rows: Int, referenceRows: Int) {
        var chance = Chance(UInt64(rows + referenceRows))
        let reference = ColumnProfile(chance.normals(referenceRows).map { Double?($0) })
        var alarms: [String: Int] = [:]
        let windows = 150
        for _ in 0..<windows {
            let current = ColumnProfile(chance.normals(rows).map { Double?($0) })
            for method in ["ks", "psi", "jensenshannon", "wasserstein", "kl_div", "hellinger"]
            where DriftTest.compare(reference: reference, current: current, method: method).drifted {
                alarms[method, default: 0] += 1
            }
        }
        for (method, count) in alarms { #expect(count <= windows * 4 / 100, "\(method): \(count) of \(windows) with \(rows) rows") }
    }

    @Test(arguments: [30, 100, 336])
    func `windows of the same categories hardly ever alarm`(rows: Int) {
        var chance = Chance(UInt64(rows))
        func draw(_ count: Int) -> ColumnProfile {
            ColumnProfile((0..<count).map { _ in ["a", "a", "a", "b", "b", "c", "d"][Int(chance.uniform() * 7)] })
        }
        let reference = draw(7000)
        var alarms = 0
        for _ in 0..<200 where DriftTest.compare(reference: reference, current: draw(rows)).drifted { alarms += 1 }
        #expect(alarms <= 6, "\(alarms)")
    }

    /// Half-hourly demand: a day's and a week's rhythm, and weather that lasts for days.
    private func demand(_ days: Int, _ chance: inout Chance, level: Double = 0) -> [Double?] {
        var weather = 0.0
        return (0..<days * 48).map { row in
            weather = 0.99 * weather + 0.14 * chance.normal()
            let day = sin(2 * .pi * Double(row % 48) / 48)
            let week = row / 48 % 7 < 5 ? 0.3 : -0.5
            return level + day + week + weather
        }
    }

    @Test func `seasonal rows whose weather lasts for days do not alarm every week, and a new level does`() {
        var chance = Chance(77)
        let reference = ColumnProfile(demand(147, &chance))
        #expect(reference.effectiveRows(336) < 60)
        var alarms = 0
        var found = 0
        var naive = 0
        let weeks = 60
        let later = demand(7 * weeks, &chance)
        for week in 0..<weeks {
            let rows = Array(later[week * 336..<week * 336 + 336])
            let score = DriftTest.compare(reference: reference, current: ColumnProfile(rows))
            if score.drifted { alarms += 1 }
            if Kolmogorov.limitSf((score.statistic ?? 0) * (336.0 * 7056 / 7392).squareRoot()) < 0.05 { naive += 1 }
            if DriftTest.compare(reference: reference, current: ColumnProfile(rows.map { $0.map { $0 + 4 } })).drifted { found += 1 }
        }
        #expect(naive > weeks / 2, "the usual KS test alarms in \(naive) of \(weeks) weeks")
        #expect(alarms <= 2, "\(alarms) of \(weeks)")
        #expect(found >= weeks * 95 / 100, "\(found) of \(weeks)")
    }
}
