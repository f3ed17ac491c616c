import Foundation

/// A moment, in milliseconds since 1970-01-01T00:00:00Z. Written as ISO 8601 in UTC.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package init(_ date: Date) { self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded())) }

    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Sums saturate instead of trapping, since either side may come from outside.
    package static func + (time: Timestamp, period: Period) -> Timestamp {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(period.milliseconds)
        return Timestamp(milliseconds: overflow ? (period.milliseconds > 0 ? .max : .min) : sum)
    }

    package static func - (time: Timestamp, period: Period) -> Timestamp {
        let (difference, overflow) = time.milliseconds.subtractingReportingOverflow(period.milliseconds)
        return Timestamp(milliseconds: overflow ? (period.milliseconds > 0 ? .min : .max) : difference)
    }

    package static func - (left: Timestamp, right: Timestamp) -> Period {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return Period(milliseconds: overflow ? (left > right ? .max : .min) : difference)
    }

    /// The start of the window of length `period` that this moment falls in, counted from the epoch.
    package func floor(to period: Period) -> Timestamp {
        guard period.milliseconds > 0 else { return self }
        let remainder = milliseconds % period.milliseconds
        return Timestamp(milliseconds: milliseconds - (remainder < 0 ? remainder + period.milliseconds : remainder))
    }
}

// MARK: Text

extension Timestamp: CustomStringConvertible {
    /// `1996-05-07T00:30:00Z`, with milliseconds only where there are some.
    package var description: String {
        let (days, milliseconds) = milliseconds.quotientAndRemainderFlooring(dividingBy: 86_400_000)
        let (year, month, day) = CivilDate.civil(fromDays: days)
        let seconds = milliseconds / 1000
        var text = "\(CivilDate.pad(year, 4))-\(CivilDate.pad(month, 2))-\(CivilDate.pad(day, 2))T"
        text += "\(CivilDate.pad(seconds / 3600, 2)):\(CivilDate.pad(seconds / 60 % 60, 2)):\(CivilDate.pad(seconds % 60, 2))"
        if milliseconds % 1000 != 0 { text += ".\(CivilDate.pad(milliseconds % 1000, 3))" }
        return text + "Z"
    }

    /// Reads ISO 8601: a date, or a date and time with optional fraction and offset. Without an offset it is UTC.
    package init?(_ text: some StringProtocol) {
        var reader = ISOReader(bytes: Array(text.utf8))
        guard let milliseconds = reader.read() else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an ISO 8601 time such as 1997-05-02T00:00:00Z")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Int64 {
    fileprivate func quotientAndRemainderFlooring(dividingBy divisor: Int64) -> (Int64, Int64) {
        let remainder = self % divisor
        return remainder < 0 ? (self / divisor - 1, remainder + divisor) : (self / divisor, remainder)
    }
}

/// Days since the epoch to calendar dates and back, in the proleptic Gregorian calendar
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
package enum CivilDate {
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let civilMonth = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), civilMonth, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    fileprivate static func pad(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

private struct ISOReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> Int64? {
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let midnight = CivilDate.days(year: year, month: month, day: day) * 86_400_000
        if position == bytes.count { return midnight }
        guard skip("T") || skip("t") || skip(" "), let hour = digits(2), skip(":"), let minute = digits(2), hour < 24, minute < 60 else { return nil }
        var milliseconds = midnight + (hour * 60 + minute) * 60_000
        if skip(":") {
            guard let second = digits(2), second <= 60 else { return nil }
            milliseconds += second * 1000
            if skip(".") || skip(",") {
                guard let fraction = fraction() else { return nil }
                milliseconds += fraction
            }
        }
        guard let offset = offset() else { return nil }
        return position == bytes.count ? milliseconds - offset : nil
    }

    private mutating func offset() -> Int64? {
        if position == bytes.count || skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : 1
        guard sign < 0 || skip("+"), let hours = digits(2) else { return nil }
        _ = skip(":")
        let minutes = position < bytes.count ? digits(2) : 0
        return minutes.map { sign * (hours * 60 + $0) * 60_000 }
    }

    private mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while position < bytes.count, (48...57).contains(bytes[position]) {
            if count < 3 { value = value * 10 + Int64(bytes[position] - 48) }
            count += 1
            position += 1
        }
        guard count > 0 else { return nil }
        return count >= 3 ? value : value * (count == 1 ? 100 : 10)
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        position += count
        return value
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }
}
