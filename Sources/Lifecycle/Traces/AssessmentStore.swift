import TernKernel
import TernStore

/// SQL of assessments.
struct AssessmentStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    init(_ transaction: Transaction) { connection = transaction.connection }

    func find(_ id: String, of trace: String) throws -> Assessment? {
        try connection.row("SELECT * FROM assessments WHERE trace = ? AND id = ?", [.text(trace), .text(id)]).map(AssessmentStore.assessment)
    }

    /// Oldest first.
    func all(of traces: [String]) throws -> [Assessment] {
        try connection.rows(
            "SELECT * FROM assessments WHERE trace IN (\(TraceStore.marks(traces.count))) ORDER BY created_at, id", traces.map(SQLValue.text)
        ).map(AssessmentStore.assessment)
    }

    func put(_ assessment: Assessment) throws {
        let failure = assessment.failure.map { failure -> JSON in
            ["code": .string(failure.code), "message": JSON(failure.message), "stack_trace": JSON(failure.stackTrace)]
        }
        try connection.execute(
            """
            INSERT INTO assessments (id, trace, name, kind, value, text, number, failure, source_type, source, span, run, rationale, metadata,
                of_session, overrides, valid, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, value = excluded.value, text = excluded.text, number = excluded.number,
                failure = excluded.failure, rationale = excluded.rationale, metadata = excluded.metadata, of_session = excluded.of_session,
                valid = excluded.valid, updated_at = excluded.updated_at
            """,
            [
                .text(assessment.id), .text(assessment.trace), .text(assessment.name), .text(assessment.kind.rawValue),
                .text(assessment.value.description), .text(assessment.text.storable), SQLValue(assessment.number), SQLValue(failure),
                .text(assessment.sourceType.rawValue), .text(assessment.source), SQLValue(assessment.span), SQLValue(assessment.run),
                SQLValue(assessment.rationale), .text(JSON.object(assessment.metadata.mapValues(JSON.string)).description),
                SQLValue(assessment.metadata[TraceKey.session] != nil), SQLValue(assessment.overrides), SQLValue(assessment.isValid),
                .int(assessment.createdAt), .int(assessment.updatedAt),
            ])
    }

    /// Answers whether there is such an assessment.
    func setValid(_ id: String, of trace: String, _ isValid: Bool) throws -> Bool {
        try connection.execute(
            "UPDATE assessments SET valid = ? WHERE trace = ? AND id = ?", [SQLValue(isValid), .text(trace), .text(id)]) > 0
    }

    func delete(_ id: String) throws { try connection.execute("DELETE FROM assessments WHERE id = ?", [.text(id)]) }

    private static func assessment(_ row: SQLRow) throws -> Assessment {
        let failure = try row.optionalJSON("failure").map { failure in
            Assessment.Failure(
                code: failure["code"]?.stringValue ?? "", message: failure["message"]?.stringValue, stackTrace: failure["stack_trace"]?.stringValue)
        }
        return Assessment(
            id: try row.text("id"), trace: try row.text("trace"), name: try row.text("name"),
            kind: Assessment.Kind(rawValue: try row.text("kind")) ?? .feedback, value: try AssessmentStore.value(try row.text("value")),
            failure: failure, sourceType: Assessment.SourceType(rawValue: try row.text("source_type")) ?? .unspecified,
            source: try row.text("source"), span: row.optionalText("span"), run: row.optionalText("run"),
            rationale: row.optionalText("rationale"),
            metadata: (try row.optionalJSON("metadata")?.objectValue ?? [:]).compactMapValues(\.stringValue),
            overrides: row.optionalText("overrides"), isValid: try row.bool("valid"), createdAt: try row.int("created_at"),
            updatedAt: try row.int("updated_at"))
    }

    /// A bare string or number is JSON, but not every parser takes one as a document.
    private static func value(_ text: String) throws -> JSON { try JSON(parsing: "[\(text)]")[0] ?? .null }
}

extension String {
    /// Without U+0000, which a database's text cannot hold.
    var storable: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}
