import Hummingbird
import TernKernel
import TernWeb
import Tracking

/// What a reader of the runs table asked for. Its words are those of the page's address, which the scripts read and write as well.
struct RunsQuery: Sendable, Equatable {
    /// Rows of the table that the server writes itself; the scripts fetch more.
    static let size = 100
    static let columnLimit = 60

    /// Nil is every active experiment.
    var experiment: Int64?
    /// MLflow's filter language.
    var filter = ""
    /// A column: `start_time`, `metrics.f1`, `params.lr`, …
    var sort = "start_time"
    var descending = true
    /// Nil when the address names none: then the data decide.
    var columns: [RunsColumn]?
    var stage = StageSelection.active
    /// Where the page before ended.
    var after: String?

    init(experiment: Int64? = nil) { self.experiment = experiment }

    /// - Throws: `invalid_argument` that names the field.
    init(_ request: Request, experiment: Int64? = nil) throws {
        self.experiment = experiment
        filter = request.query("filter") ?? ""
        sort = request.query("sort").flatMap { $0.isEmpty ? nil : $0 } ?? "start_time"
        descending = request.query("order") != "asc"
        after = request.query("after")
        if let text = request.query("columns") {
            let names = text.split(separator: ",").map(String.init)
            guard names.count <= RunsQuery.columnLimit else {
                throw TernError.invalid("a table has at most \(RunsQuery.columnLimit) columns, not \(names.count)")
            }
            columns = try names.map(RunsColumn.init)
        }
        switch request.query("stage") ?? "active" {
        case "active": stage = .active
        case "deleted": stage = .deleted
        case "all": stage = .all
        case let other: throw TernError.invalid("'stage' is active, deleted or all, not '\(other)'")
        }
    }

    /// By start time for the few columns that the search does not order by; there the scripts put the rows in order.
    ///
    /// - Throws: `invalid_argument` for what is no column.
    func order() throws -> SearchOrder {
        let field = sort == "name" ? SearchField.attribute("name") : try RunsColumn(sort).order
        return SearchOrder(field ?? .attribute("start_time"), ascending: field != nil && !descending)
    }

    // MARK: Addresses

    var path: String { experiment.map { "/experiments/\($0)" } ?? "/runs" }

    var address: String {
        let parts = [
            filter.isEmpty ? nil : "filter=" + Link.escape(filter), sort == "start_time" && descending ? nil : "sort=" + Link.escape(sort),
            descending ? nil : "order=asc", columns.map { "columns=" + Link.escape($0.map(\.name).joined(separator: ",")) },
            stage == .active ? nil : "stage=\(stage)", after.map { "after=" + Link.escape($0) },
        ].compactMap { $0 }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    /// The same table sorted by another column, or the other way round.
    func sorted(by column: String) -> RunsQuery {
        var query = self
        query.descending = sort == column ? !descending : column != "name" && !column.hasPrefix("params.")
        query.sort = column
        query.after = nil
        return query
    }

    func turned(to after: String?) -> RunsQuery {
        var query = self
        query.after = after
        return query
    }
}

/// A column of the runs table, by the name that it has in addresses and in the API.
enum RunsColumn: Hashable, Sendable {
    case status
    case start
    case end
    case duration
    case user
    case id
    case experiment
    case logged(RunColumn)

    private static let attributes: [String: RunsColumn] = [
        "status": .status, "start_time": .start, "end_time": .end, "duration": .duration, "user": .user, "run_id": .id, "experiment": .experiment,
    ]

    /// - Throws: `invalid_argument` naming what there is.
    init(_ name: String) throws {
        if let known = RunsColumn.attributes[name] {
            self = known
            return
        }
        do {
            self = .logged(try RunColumn(name))
        } catch {
            throw TernError.invalid(
                "'\(name)' is no column",
                hint: "columns are \(RunsColumn.attributes.keys.sorted().joined(separator: ", ")), metrics.KEY, min(metrics.KEY), max(metrics.KEY), "
                    + "params.KEY and tags.KEY")
        }
    }

    var name: String {
        switch self {
        case .logged(let column): column.name
        default: RunsColumn.attributes.first { $0.value == self }?.key ?? ""
        }
    }

    var title: String {
        switch self {
        case .status: "Status"
        case .start: "Started"
        case .end: "Ended"
        case .duration: "Took"
        case .user: "By"
        case .id: "Run id"
        case .experiment: "Experiment"
        case .logged(.metric(let key, .latest)), .logged(.param(let key)), .logged(.tag(let key)): key
        case .logged(.metric(let key, let figure)): "\(figure.rawValue) \(key)"
        }
    }

    var isNumber: Bool {
        if case .logged(.metric) = self { return true }
        return self == .duration
    }

    /// What the search calls it; nil for one that it cannot sort by.
    var order: SearchField? {
        switch self {
        case .status: .attribute("status")
        case .start: .attribute("start_time")
        case .end: .attribute("end_time")
        case .user: .attribute("user_id")
        case .id: .attribute("id")
        case .duration, .experiment: nil
        case .logged(.metric(let key, .latest)): .metric(key)
        case .logged(.metric): nil
        case .logged(.param(let key)): .param(key)
        case .logged(.tag(let key)): .tag(key)
        }
    }
}
