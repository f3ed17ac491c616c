import TernKernel
import TernStore

/// SQL of spans. What is not searched by a column of its own stands in `content`, as JSON.
struct SpanStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    init(_ transaction: Transaction) { connection = transaction.connection }

    /// A span that is sent again replaces the first.
    func put(_ spans: [Span]) throws {
        try connection.execute(
            """
            INSERT INTO spans (trace, id, parent, name, type, status, started_at, ended_at, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (trace, id) DO UPDATE SET parent = excluded.parent, name = excluded.name, type = excluded.type,
                status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at, content = excluded.content
            """,
            each: spans.map { span in
                [
                    .text(span.trace), .text(span.id), SQLValue(span.parent), .text(span.name), SQLValue(span.type),
                    .text(span.status.rawValue), .int(span.startedAt), SQLValue(span.endedAt), .text(SpanStore.content(span).description),
                ]
            })
    }

    /// The spans of some traces, by trace; roots first, then by start.
    func all(of traces: [String]) throws -> [String: [Span]] {
        var spans: [String: [Span]] = [:]
        for part in TraceStore.parts(traces) {
            let rows = try connection.rows(
                """
                SELECT * FROM spans WHERE trace IN (\(TraceStore.marks(part.count)))
                ORDER BY trace, CASE WHEN parent IS NULL THEN 0 ELSE 1 END, started_at, id
                """, part.map(SQLValue.text))
            for row in rows {
                let span = try SpanStore.span(row)
                spans[span.trace, default: []].append(span)
            }
        }
        return spans
    }

    /// What is stored of a span beside its columns, and what a search of its content looks at.
    static func content(_ span: Span) -> JSON {
        var fields: [String: JSON] = ["name": .string(span.name), "attributes": .object(span.attributes)]
        if !span.statusMessage.isEmpty { fields["status_message"] = .string(span.statusMessage) }
        if !span.events.isEmpty {
            fields["events"] = .array(
                span.events.map { ["name": .string($0.name), "time": .int($0.time), "attributes": .object($0.attributes)] })
        }
        if !span.links.isEmpty {
            fields["links"] = .array(
                span.links.map { ["trace": .string($0.trace), "span": .string($0.span), "attributes": .object($0.attributes)] })
        }
        return .object(fields)
    }

    private static func span(_ row: SQLRow) throws -> Span {
        let content = try JSON(parsing: try row.text("content"))
        return Span(
            trace: try row.text("trace"), id: try row.text("id"), parent: row.optionalText("parent"), name: try row.text("name"),
            startedAt: try row.int("started_at"), endedAt: row.optionalInt("ended_at"),
            status: Span.Status(rawValue: try row.text("status")) ?? .unset, statusMessage: content["status_message"]?.stringValue ?? "",
            attributes: content["attributes"]?.objectValue ?? [:],
            events: (content["events"]?.arrayValue ?? []).map {
                Span.Event(
                    name: $0["name"]?.stringValue ?? "", time: $0["time"]?.intValue ?? 0, attributes: $0["attributes"]?.objectValue ?? [:])
            },
            links: (content["links"]?.arrayValue ?? []).map {
                Span.Link(
                    trace: $0["trace"]?.stringValue ?? "", span: $0["span"]?.stringValue ?? "", attributes: $0["attributes"]?.objectValue ?? [:])
            })
    }
}
