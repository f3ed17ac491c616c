import TernKernel

extension Cron {
    /// Reads `minute hour day-of-month month day-of-week` with `*`, lists, ranges, steps and names,
    /// or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
    ///
    /// - Throws: `invalid_argument` naming the field.
    package init(_ text: String) throws {
        let words = text.split(whereSeparator: \.isWhitespace).map { $0.uppercased() }
        if let first = words.first, first.hasPrefix("@") {
            guard words.count == 1, let fields = Cron.shorthands[first] else {
                throw TernError.invalid(
                    "'\(text)' is not a schedule", hint: "known short forms: \(Cron.shorthands.keys.sorted().joined(separator: ", ").lowercased())")
            }
            try self.init(text, fields: fields.split(separator: " ").map(String.init))
        } else {
            try self.init(text, fields: words)
        }
    }

    private static let shorthands = [
        "@HOURLY": "0 * * * *", "@DAILY": "0 0 * * *", "@MIDNIGHT": "0 0 * * *", "@WEEKLY": "0 0 * * 0", "@MONTHLY": "0 0 1 * *",
        "@YEARLY": "0 0 1 1 *", "@ANNUALLY": "0 0 1 1 *",
    ]

    private init(_ text: String, fields: [String]) throws {
        guard fields.count == 5 else {
            throw TernError.invalid(
                "the schedule '\(text)' has \(fields.count) fields instead of five",
                hint: "minute hour day-of-month month day-of-week, such as \"0 3 * * *\" for every day at three")
        }
        self.text = text
        minutes = try CronField.minute.numbers(fields[0])
        hours = try CronField.hour.numbers(fields[1])
        months = try CronField.month.numbers(fields[3])
        days = try CronDays(numbers: fields[2], weekdays: fields[4])
        isFixed = !fields[0].hasPrefix("*") && !fields[1].hasPrefix("*")
        let longest = months.map { CronDays.length(year: 2000, month: Int64($0)) }.max() ?? 31
        if days.both, !days.last, !days.lastWorkday, let earliest = days.numbers.min(), earliest > longest {
            throw CronField.day.fault(fields[2], "no month that it names has that many days")
        }
    }
}

extension CronDays {
    fileprivate init(numbers text: String, weekdays weekdayText: String) throws {
        var plain: [String] = []
        var last = false
        var lastWorkday = false
        for term in text.split(separator: ",", omittingEmptySubsequences: false) {
            switch term {
            case "L": last = true
            case "LW": lastWorkday = true
            default: plain.append(String(term))
            }
        }
        var weekdays: Set<Weekday> = []
        for term in weekdayText.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            weekdays.formUnion(try CronDays.weekdays(term))
        }
        self.init(
            numbers: plain.isEmpty ? [] : try CronField.day.numbers(plain.joined(separator: ",")), last: last, lastWorkday: lastWorkday,
            weekdays: weekdays, both: text.hasPrefix("*") || weekdayText.hasPrefix("*"))
    }

    private static func weekdays(_ term: String) throws -> Set<Weekday> {
        let field = CronField.weekday
        if let hash = term.firstIndex(of: "#") {
            guard let nth = Int(term[term.index(after: hash)...]), (1...5).contains(nth) else {
                throw field.fault(term, "after # comes a number from 1 to 5")
            }
            return [.nth(try field.number(String(term[..<hash]), in: term), nth)]
        }
        if term.hasSuffix("L"), let number = Int(term.dropLast()), field.range.contains(number) { return [.last(number)] }
        return Set(try field.numbers(term).map(Weekday.every))
    }
}

/// One of the five fields: its name, its range, and the names it knows.
private struct CronField {
    let name: String
    let range: ClosedRange<Int>
    var names: [String] = []
    /// The number of the first name.
    var base = 0

    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let day = CronField(name: "day-of-month", range: 1...31)
    static let month = CronField(
        name: "month", range: 1...12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], base: 1)
    static let weekday = CronField(name: "day-of-week", range: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

    func numbers(_ text: String) throws -> Set<Int> {
        var all: Set<Int> = []
        for term in text.split(separator: ",", omittingEmptySubsequences: false) { all.formUnion(try self.term(String(term))) }
        return all
    }

    private func term(_ term: String) throws -> Set<Int> {
        let parts = term.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let head = parts.first else { throw fault(term, "it is empty") }
        let span = try self.span(head, in: term, openEnded: parts.count == 2)
        guard parts.count == 2 else { return Set(span) }
        guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let step = Int(parts[1]), step > 0 else {
            throw fault(term, "a step is a whole number above zero")
        }
        return Set(stride(from: span.lowerBound, through: span.upperBound, by: step))
    }

    private func span(_ text: String, in term: String, openEnded: Bool) throws -> ClosedRange<Int> {
        if text == "*" { return range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = ends.first else { throw fault(term, "it is empty") }
        let start = try number(first, in: term)
        guard ends.count == 2 else { return start...(openEnded ? range.upperBound : start) }
        let end = try number(ends[1], in: term)
        guard start <= end else { throw fault(term, "the range runs backwards") }
        return start...end
    }

    func number(_ text: String, in term: String) throws -> Int {
        if let position = names.firstIndex(of: text) { return base + position }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text) else {
            throw fault(
                term, text.isEmpty ? "something is missing" : "'\(text)' is not a number\(names.isEmpty ? "" : " or a name such as \(names[0])")")
        }
        guard range.contains(value) else { throw fault(term, "it goes from \(range.lowerBound) to \(range.upperBound)") }
        return value
    }

    func fault(_ term: String, _ reason: String) -> TernError {
        TernError.invalid("bad \(name) '\(term)' in the schedule: \(reason)", details: ["field": .string(name)])
    }
}
