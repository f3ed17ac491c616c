import Foundation
import TernKernel

/// When something repeats, in five cron fields.
///
/// Daylight saving follows Debian's cron: a job at a fixed hour and minute that falls into the gap of spring runs right after the gap,
/// and runs once in the hour that autumn repeats; a job whose minute or hour starts with `*` runs in real time.
package struct Cron: Hashable, Sendable {
    /// As it was written.
    package let text: String
    let minutes: Set<Int>
    let hours: Set<Int>
    let days: CronDays
    let months: Set<Int>
    /// Whether neither the minute nor the hour is a wildcard.
    let isFixed: Bool

    /// The first moment after `time` at which it is due, on the clock of `timezone`; nil when there is none within fifty years.
    package func next(after time: Timestamp, in timezone: TimeZone = .gmt) -> Timestamp? {
        let zone = ZoneClock(timezone)
        let seconds = Cron.floor(time.milliseconds, 1000)
        let minute = (Cron.floor(seconds, 60) + 1) * 60
        return isFixed ? nextFixed(after: seconds, zone) : nextReal(from: minute, zone)
    }

    /// Walks the wall clock, then asks which moment shows that reading.
    private func nextFixed(after seconds: Int64, _ zone: ZoneClock) -> Timestamp? {
        var wall = seconds + zone.offset(at: seconds)
        while true {
            guard let reading = nextReading(from: (Cron.floor(wall, 60) + 1) * 60) else { return nil }
            let moment = zone.moment(showing: reading)
            // In the repeated hour the clock shows the same reading again; it has had its run.
            if moment > seconds { return Timestamp(milliseconds: moment * 1000) }
            wall = reading
        }
    }

    private func nextReading(from start: Int64) -> Int64? {
        var wall = start
        let limit = start + Cron.horizon
        while wall < limit {
            switch gap(at: wall) {
            case .none: return wall
            case .day: wall = (Cron.floor(wall, 86_400) + 1) * 86_400
            case .hour: wall = (Cron.floor(wall, 3600) + 1) * 3600
            case .minute: wall += 60
            }
        }
        return nil
    }

    private func nextReal(from start: Int64, _ zone: ZoneClock) -> Timestamp? {
        var moment = start
        let limit = start + Cron.horizon
        while moment < limit {
            let wall = moment + zone.offset(at: moment)
            switch gap(at: wall) {
            case .none: return Timestamp(milliseconds: moment * 1000)
            case .day: moment = max(moment + 60, zone.moment(showing: (Cron.floor(wall, 86_400) + 1) * 86_400))
            case .hour: moment += 3600 - (wall - Cron.floor(wall, 3600) * 3600)
            case .minute: moment += 60
            }
        }
        return nil
    }

    private enum Gap { case day, hour, minute }

    /// The largest field of this reading of the clock that does not match.
    private func gap(at wall: Int64) -> Gap? {
        let day = Cron.floor(wall, 86_400)
        let date = CivilDate.civil(fromDays: day)
        guard months.contains(Int(date.month)), days.contain(year: date.year, month: date.month, day: date.day, epochDay: day) else { return .day }
        let second = Int(wall - day * 86_400)
        guard hours.contains(second / 3600) else { return .hour }
        return minutes.contains(second / 60 % 60) ? nil : .minute
    }

    private static let horizon: Int64 = 50 * 366 * 86_400

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 { value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor) }
}

extension Cron: CustomStringConvertible {
    package var description: String { text }
}

/// Which days of a month: by number, by weekday, or by either.
struct CronDays: Hashable, Sendable {
    enum Weekday: Hashable, Sendable {
        /// 0 and 7 are Sunday.
        case every(Int)
        /// `MON#2`: the second Monday.
        case nth(Int, Int)
        /// `5L`: the last Friday.
        case last(Int)
    }

    var numbers: Set<Int>
    /// `L`: the last day of the month.
    var last = false
    /// `LW`: the last day that is not at the weekend.
    var lastWorkday = false
    var weekdays: Set<Weekday>
    /// Both must match when one of the two fields starts with `*`; otherwise either does.
    var both: Bool

    func contain(year: Int64, month: Int64, day: Int64, epochDay: Int64) -> Bool {
        let length = CronDays.length(year: year, month: month)
        // 1970-01-01 was a Thursday.
        let weekday = Int(((epochDay + 4) % 7 + 7) % 7)
        let byNumber = numbers.contains(Int(day)) || (last && day == length) || (lastWorkday && day == workday(length, epochDay - day + length))
        let byWeekday = weekdays.contains { rule in
            switch rule {
            case .every(let wanted): wanted % 7 == weekday
            case .nth(let wanted, let nth): wanted % 7 == weekday && (day + 6) / 7 == Int64(nth)
            case .last(let wanted): wanted % 7 == weekday && day + 7 > length
            }
        }
        return both ? byNumber && byWeekday : byNumber || byWeekday
    }

    private func workday(_ length: Int64, _ lastEpochDay: Int64) -> Int64 {
        switch ((lastEpochDay + 4) % 7 + 7) % 7 {
        case 0: length - 2
        case 6: length - 1
        default: length
        }
    }

    static func length(year: Int64, month: Int64) -> Int64 {
        let next = month == 12 ? CivilDate.days(year: year + 1, month: 1, day: 1) : CivilDate.days(year: year, month: month + 1, day: 1)
        return next - CivilDate.days(year: year, month: month, day: 1)
    }
}

/// The clock on the wall of a time zone, in seconds since 1970 as if it were UTC.
private struct ZoneClock {
    private let zone: TimeZone
    private let fixed: Int64?

    init(_ zone: TimeZone) {
        self.zone = zone
        fixed = zone.identifier == "GMT" || zone.identifier == "UTC" ? 0 : nil
    }

    func offset(at moment: Int64) -> Int64 {
        fixed ?? Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment))))
    }

    /// The first moment at which the clock shows `wall`; where it never does, the first after the gap.
    func moment(showing wall: Int64) -> Int64 {
        var wall = wall
        // No gap is longer than the day that Samoa skipped.
        for _ in 0...1500 {
            let candidates = [offset(at: wall - 86_400), offset(at: wall + 86_400)].map { wall - $0 }.filter { $0 + offset(at: $0) == wall }
            if let first = candidates.min() { return first }
            wall += 60
        }
        return wall - offset(at: wall)
    }
}
