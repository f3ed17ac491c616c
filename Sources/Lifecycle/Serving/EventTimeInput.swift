import TernInference
import TernKernel

/// The input that says what time each row is about: whole numbers are milliseconds since 1970, texts are ISO 8601.
enum EventTimeInput {
    /// The year 10000: what lies behind is a unit mistaken for another, and would set the endpoint's clock out of reach.
    private static let latest: UInt64 = 253_402_300_800_000

    /// Takes it out of the inputs; nil when the request carries none.
    static func take(_ name: String?, from inputs: inout [Tensor]) throws -> [Timestamp]? {
        guard let name, let index = inputs.firstIndex(where: { $0.name == name }) else { return nil }
        return try times(inputs.remove(at: index))
    }

    private static func times(_ input: Tensor) throws -> [Timestamp] {
        if let strings = input.strings {
            return try strings.enumerated().map { row, text in
                guard let time = Timestamp(text), time.milliseconds.magnitude < latest else {
                    throw TernError.invalid("row \(row) of '\(input.name)' is '\(text)', which is not a time such as 1997-05-02T00:00:00Z")
                }
                return time
            }
        }
        guard let values = input.values(as: Int64.self) else {
            throw TernError.invalid(
                "inference input '\(input.name)' data-type is '\(input.type.datatype)', "
                    + "but event times are INT64 (milliseconds since 1970) or BYTES (ISO 8601)")
        }
        return try values.enumerated().map { row, value in
            guard value.magnitude < latest else {
                throw TernError.invalid("row \(row) of '\(input.name)' is \(value), which is no time in milliseconds since 1970")
            }
            return Timestamp(milliseconds: value)
        }
    }

    /// One time a row; a single one counts for all.
    static func spread(_ times: [Timestamp], over rows: Int, named name: String) throws -> [Timestamp] {
        if times.count == rows { return times }
        guard times.count == 1 else { throw TernError.invalid("'\(name)' has \(times.count) times for \(rows) rows") }
        return Array(repeating: times[0], count: rows)
    }
}
