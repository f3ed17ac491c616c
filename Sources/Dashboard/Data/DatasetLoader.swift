import Datasets
import TernKernel
import TernStats

/// Fills the datasets' pages.
struct DatasetLoader: Sendable {
    let services: DashboardServices

    func list() async throws -> DatasetsPage {
        DatasetsPage(
            datasets: try await services.datasets.list().map { dataset in
                let latest = dataset.versions.first
                return DatasetsPage.Row(
                    dataset: Link.dataset(dataset.name), description: dataset.description ?? "", owner: dataset.owner,
                    latest: latest.map { Link.dataset(dataset.name, $0.version, text: "v\($0.version)") },
                    versions: Figures.count(dataset.versions.count),
                    rows: latest.map { Figures.count($0.rows) } ?? "", columns: dataset.schema.isEmpty ? "" : Figures.count(dataset.schema.count),
                    bytes: latest.map { Figures.bytes($0.bytes) } ?? "", added: Moment(latest?.createdAt))
            })
    }

    /// - Parameter number: the version whose profile is shown; nil is the newest.
    func load(_ name: String, _ number: Int?) async throws -> DatasetPage {
        let dataset = try await services.datasets.get(name)
        let shown = dataset.versions.isEmpty && number == nil ? nil : try await services.datasets.version(name, number)
        return DatasetPage(
            title: name, owner: dataset.owner, description: dataset.description.map { $0.hasSuffix(".") ? $0 : $0 + "." } ?? "", time: dataset.time,
            shown: shown.map { String($0.version) },
            versions: dataset.versions.map { version in
                DatasetPage.Version(
                    version: Link.dataset(name, version.version, text: "v\(version.version)"), shown: version.version == shown?.version,
                    rows: Figures.count(version.rows), bytes: Figures.bytes(version.bytes), digest: version.digest.short,
                    reason: version.reason ?? "",
                    by: version.createdBy, at: Moment(version.createdAt),
                    file: "/api/tern/v1/datasets/\(Link.escape(name))/versions/\(version.version)/file")
            },
            columns: shown?.schema.map { DatasetPage.Column($0, shown?.profile.columns[$0.name], dataset.expect[$0.name]) } ?? [],
            rejected: try await services.datasets.rejected(name).map(DatasetPage.Rejection.init), ledger: Link.ledger(subject: "dataset/\(name)"))
    }
}

extension DatasetPage.Column {
    init(_ schema: ColumnSchema, _ profile: ColumnProfile?, _ expectation: ColumnExpectation?) {
        name = schema.name
        type = schema.type + (schema.nullable ? "?" : "")
        expect = expectation.map(DatasetPage.Column.words) ?? ""
        // Times are profiled as milliseconds.
        let isTime = schema.type == "time"
        let text: (Double) -> String = { isTime && abs($0) < 9e15 ? Moment(milliseconds: Int64($0)).text : Figures.number($0) }
        least = profile?.minimum.map(text) ?? ""
        mean = isTime ? "" : profile?.mean.map(text) ?? ""
        greatest = profile?.maximum.map(text) ?? ""
        missing = profile.map { $0.missing == 0 ? "0" : "\(Figures.count($0.missing)) (\(Figures.share($0.missingShare)))" } ?? ""
        distinct = profile.map { Figures.count($0.distinct) } ?? ""
        bars = profile.map { DatasetPage.Column.bars($0, text) } ?? []
    }

    private static func words(_ expectation: ColumnExpectation) -> String {
        var words: [String] = []
        switch (expectation.min, expectation.max) {
        case (let low?, let high?): words.append("\(Figures.number(low)) to \(Figures.number(high))")
        case (let low?, nil): words.append("at least \(Figures.number(low))")
        case (nil, let high?): words.append("at most \(Figures.number(high))")
        case (nil, nil): break
        }
        if let missing = expectation.missing { words.append(missing == 0 ? "none missing" : "missing ≤ \(Figures.share(missing))") }
        if let allowed = expectation.allowed { words.append("one of \(allowed.joined(separator: ", "))") }
        if expectation.unique == true { words.append("unique") }
        return words.joined(separator: "; ")
    }

    /// Equal widths for numbers, the most frequent values for the rest.
    private static func bars(_ profile: ColumnProfile, _ text: (Double) -> String) -> [Bar] {
        let few = profile.top.prefix(12)
        let counts: [(words: String, count: Int)] =
            if profile.kind == .numeric, profile.distinct > 12 {
                profile.histogram(bins: 20).map { ("\(text($0.from)) to \(text($0.to)): \(Figures.count($0.count))", $0.count) }
            } else {
                few.map { ("\($0.value): \(Figures.count($0.count))", $0.count) }
            }
        guard let highest = counts.map(\.count).max(), highest > 0 else { return [] }
        return counts.map { Bar(height: $0.count == 0 ? 0 : max(4, Int(Double($0.count) / Double(highest) * 100)), words: $0.words) }
    }
}

extension DatasetPage.Rejection {
    init(_ rejection: RejectedData) {
        at = Moment(rejection.at)
        by = rejection.by
        source = rejection.source["path"]?.stringValue ?? rejection.source["upload"]?.stringValue ?? ""
        message = rejection.message
        violations = rejection.violations.map {
            Violation(row: $0.row.map { Figures.count($0) } ?? "", column: $0.column ?? "", value: $0.value ?? "", message: $0.message)
        }
    }
}
