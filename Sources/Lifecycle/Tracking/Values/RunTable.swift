import Foundation
import TernKernel

/// Where a search goes on: behind the row that it was made from, whatever is added or removed meanwhile.
///
/// Clients hand it back unread, as text (`token`).
package struct SearchCursor: Hashable, Sendable, Codable {
    /// The part of the ordering that the row was in: 0 rows with a value, 1 NaN, 2 rows without.
    var segment: Int
    /// What the row was ordered by, then its start time (for runs) and its id.
    var keys: [JSON]

    init(segment: Int, keys: [JSON]) {
        self.segment = segment
        self.keys = keys
    }

    package var token: String {
        Data(JSON.object(["segment": .int(Int64(segment)), "keys": .array(keys)]).bytes).base64EncodedString()
    }

    /// - Throws: `invalid_argument` in MLflow's words.
    package init(token: String) throws {
        guard let data = Data(base64Encoded: token) else { throw TernError.invalid("Invalid page token, could not base64-decode") }
        guard let value = try? JSON(parsing: data), let segment = value["segment"]?.intValue, (0...2).contains(segment),
            let keys = value["keys"]?.arrayValue, !keys.isEmpty
        else { throw TernError.invalid("Invalid page token, decoded value=\(String(decoding: data.prefix(200), as: UTF8.self))") }
        self.init(segment: Int(segment), keys: keys)
    }
}

/// One column of a table of runs.
package enum RunColumn: Hashable, Sendable {
    case metric(String, MetricFigure)
    case param(String)
    case tag(String)

    /// Reads `metrics.loss`, `min(metrics.loss)`, `max(metrics.loss)`, `params.lr` or `tags.team`.
    ///
    /// - Throws: `invalid_argument` naming what can be read.
    package init(_ text: String) throws {
        var name = Substring(text)
        var figure = MetricFigure.latest
        for known in [MetricFigure.min, .max] where name.hasPrefix(known.rawValue + "(") && name.hasSuffix(")") {
            figure = known
            name = name.dropFirst(known.rawValue.count + 1).dropLast()
        }
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count == 2 ? parts[1] : "") {
        case (_, ""): throw RunColumn.unknown(text)
        case ("metrics", let key): self = .metric(key, figure)
        case ("params", let key) where figure == .latest: self = .param(key)
        case ("tags", let key) where figure == .latest: self = .tag(key)
        default: throw RunColumn.unknown(text)
        }
    }

    /// The text that `init` reads.
    package var name: String {
        switch self {
        case .metric(let key, .latest): "metrics.\(key)"
        case .metric(let key, let figure): "\(figure.rawValue)(metrics.\(key))"
        case .param(let key): "params.\(key)"
        case .tag(let key): "tags.\(key)"
        }
    }

    private static func unknown(_ text: String) -> TernError {
        .invalid(
            "'\(text)' is no column", hint: "columns are metrics.KEY, min(metrics.KEY), max(metrics.KEY), params.KEY and tags.KEY")
    }
}

/// What of a metric's series a column shows. The least and the greatest leave NaN out.
package enum MetricFigure: String, Hashable, Sendable, Codable {
    case latest
    case min
    case max
}

/// What one column holds for one run.
package enum RunCell: Hashable, Sendable {
    case missing
    case number(Double)
    case text(String)
}

/// A search that answers chosen columns only.
package struct RunTableSearch: Sendable {
    package var search: RunSearch
    package var columns: [RunColumn]
    /// Whether to count all runs that match, which reads each of them.
    package var counted: Bool

    package init(_ search: RunSearch, columns: [RunColumn] = [], counted: Bool = false) {
        self.search = search
        self.columns = columns
        self.counted = counted
    }
}

package struct RunTable: Sendable {
    package struct Row: Sendable {
        package var info: RunInfo
        /// In the order of the columns asked for.
        package var cells: [RunCell]
    }

    package var columns: [RunColumn]
    package var rows: [Row]
    /// Nil when these were the last.
    package var next: SearchCursor?
    /// How many runs match on all pages; nil unless asked for.
    package var total: Int?
}

/// The keys that runs of some experiments use.
package struct RunColumns: Hashable, Sendable, Codable {
    package struct Key: Hashable, Sendable, Codable {
        package var key: String
        /// How many runs have it, deleted ones too; counting ends at `RunColumns.countLimit`.
        package var runs: Int
    }

    package var metrics: [Key]
    package var params: [Key]
    package var tags: [Key]
    /// Whether there are more keys than were asked for.
    package var isCut: Bool

    package static let countLimit = 10_000
}
