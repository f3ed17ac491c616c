import TernKernel
import TernStore

/// SQL of traces, their tags and metadata, and the runs they are linked to.
struct TraceStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    init(_ transaction: Transaction) { connection = transaction.connection }

    func exists(_ id: String) throws -> Bool { try connection.row("SELECT id FROM traces WHERE id = ?", [.text(id)]) != nil }

    func find(_ id: String) throws -> TraceInfo? { try infos([id]).first }

    /// In the order of `ids`; those that are not there are left out.
    func infos(_ ids: [String], experiments: [Int64]? = nil) throws -> [TraceInfo] {
        var found: [String: TraceInfo] = [:]
        for part in TraceStore.parts(ids) {
            let marks = TraceStore.marks(part.count)
            let names = part.map(SQLValue.text)
            for row in try connection.rows("SELECT * FROM traces WHERE id IN (\(marks))", names) {
                let info = try TraceStore.info(row)
                if experiments?.contains(info.experiment) ?? true { found[info.id] = info }
            }
            for row in try connection.rows("SELECT trace, key, value FROM trace_tags WHERE trace IN (\(marks))", names) {
                found[try row.text("trace")]?.tags[try row.text("key")] = try row.text("value")
            }
            for row in try connection.rows("SELECT trace, key, value FROM trace_metadata WHERE trace IN (\(marks))", names) {
                found[try row.text("trace")]?.metadata[try row.text("key")] = try row.text("value")
            }
            for assessment in try AssessmentStore(connection).all(of: part) { found[assessment.trace]?.assessments.append(assessment) }
        }
        var seen: Set<String> = []
        return ids.compactMap { seen.insert($0).inserted ? found[$0] : nil }
    }

    /// Writes the trace's own columns; what is there is replaced.
    func put(_ info: TraceInfo) throws {
        try connection.execute(
            """
            INSERT INTO traces (id, experiment_id, requested_at, duration, state, client_request, request_preview, response_preview, session)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET experiment_id = excluded.experiment_id, requested_at = excluded.requested_at,
                duration = excluded.duration, state = excluded.state, client_request = excluded.client_request,
                request_preview = excluded.request_preview, response_preview = excluded.response_preview, session = excluded.session
            """,
            [
                .text(info.id), .int(info.experiment), .int(info.requestedAt), SQLValue(info.duration), .text(info.state.rawValue),
                SQLValue(info.clientRequest), SQLValue(info.requestPreview), SQLValue(info.responsePreview),
                SQLValue(info.metadata[TraceKey.session]),
            ])
    }

    func setTags(_ id: String, _ tags: [String: String]) throws { try set(tags, of: id, in: "trace_tags") }

    func setMetadata(_ id: String, _ metadata: [String: String]) throws { try set(metadata, of: id, in: "trace_metadata") }

    private func set(_ values: [String: String], of id: String, in table: String) throws {
        guard !values.isEmpty else { return }
        try connection.execute(
            "INSERT INTO \(table) (trace, key, value) VALUES (?, ?, ?) ON CONFLICT (trace, key) DO UPDATE SET value = excluded.value",
            each: values.sorted { $0.key < $1.key }.map { [.text(id), .text($0.key), .text($0.value)] })
    }

    /// Answers whether there was such a tag.
    func deleteTag(_ id: String, _ key: String) throws -> Bool {
        try connection.execute("DELETE FROM trace_tags WHERE trace = ? AND key = ?", [.text(id), .text(key)]) > 0
    }

    func count(of experiment: Int64) throws -> Int {
        Int(try connection.row("SELECT count(*) AS total FROM traces WHERE experiment_id = ?", [.int(experiment)])?.int("total") ?? 0)
    }

    /// Oldest first.
    func ids(of experiment: Int64, until time: Int64, most: Int?) throws -> [String] {
        let limit = most.map { " LIMIT \($0)" } ?? ""
        return try connection.rows(
            "SELECT id FROM traces WHERE experiment_id = ? AND requested_at <= ? ORDER BY requested_at, id\(limit)", [.int(experiment), .int(time)]
        ).map { try $0.text("id") }
    }

    /// Deletes those of `ids` that belong to the experiment, with everything that hangs on them, and answers how many there were.
    func delete(_ ids: [String], of experiment: Int64) throws -> Int {
        var count = 0
        for part in TraceStore.parts(ids) {
            let own = try connection.rows(
                "SELECT id FROM traces WHERE experiment_id = ? AND id IN (\(TraceStore.marks(part.count)))",
                [.int(experiment)] + part.map(SQLValue.text)
            ).map { SQLValue.text(try $0.text("id")) }
            guard !own.isEmpty else { continue }
            let marks = TraceStore.marks(own.count)
            for table in ["trace_tags", "trace_metadata", "trace_runs", "spans", "assessments"] {
                try connection.execute("DELETE FROM \(table) WHERE trace IN (\(marks))", own)
            }
            count += try connection.execute("DELETE FROM traces WHERE id IN (\(marks))", own)
        }
        return count
    }

    /// A link that is there stays; traces that are not there are linked too, since spans may come later than links.
    func link(_ ids: [String], to run: String) throws {
        try connection.execute(
            "INSERT INTO trace_runs (run, trace) VALUES (?, ?) ON CONFLICT (run, trace) DO NOTHING", each: ids.map { [.text(run), .text($0)] })
    }

    func runs(of id: String) throws -> [String] {
        try connection.rows("SELECT run FROM trace_runs WHERE trace = ? ORDER BY run", [.text(id)]).map { try $0.text("run") }
    }

    private static func info(_ row: SQLRow) throws -> TraceInfo {
        TraceInfo(
            id: try row.text("id"), experiment: try row.int("experiment_id"), requestedAt: try row.int("requested_at"),
            duration: row.optionalInt("duration"), state: TraceState(rawValue: try row.text("state")) ?? .unspecified,
            clientRequest: row.optionalText("client_request"), requestPreview: row.optionalText("request_preview"),
            responsePreview: row.optionalText("response_preview"))
    }

    static func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }

    /// Lists short enough for one statement.
    static func parts(_ ids: [String]) -> [[String]] {
        stride(from: 0, to: ids.count, by: 500).map { Array(ids[$0..<min($0 + 500, ids.count)]) }
    }
}
