import TernKernel

/// One unit of work in a trace, as OpenTelemetry defines it.
package struct Span: Hashable, Sendable {
    package enum Status: String, Sendable {
        case unset = "UNSET"
        case ok = "OK"
        case error = "ERROR"
    }

    package struct Event: Hashable, Sendable {
        package var name: String
        /// Nanoseconds since 1970.
        package var time: Int64
        package var attributes: [String: JSON]

        package init(name: String, time: Int64, attributes: [String: JSON]) {
            self.name = name
            self.time = time
            self.attributes = attributes
        }
    }

    package struct Link: Hashable, Sendable {
        /// `tr-` and 32 hexadecimal digits.
        package var trace: String
        package var span: String
        package var attributes: [String: JSON]

        package init(trace: String, span: String, attributes: [String: JSON]) {
            self.trace = trace
            self.span = span
            self.attributes = attributes
        }
    }

    /// `tr-` and 32 hexadecimal digits.
    package var trace: String
    /// 16 hexadecimal digits.
    package var id: String
    /// Nil for a root.
    package var parent: String?
    package var name: String
    /// Nanoseconds since 1970.
    package var startedAt: Int64
    package var endedAt: Int64?
    package var status: Status
    package var statusMessage: String
    package var attributes: [String: JSON]
    package var events: [Event]
    package var links: [Link]

    package init(
        trace: String, id: String, parent: String? = nil, name: String = "", startedAt: Int64 = 0, endedAt: Int64? = nil,
        status: Status = .unset, statusMessage: String = "", attributes: [String: JSON] = [:], events: [Event] = [], links: [Link] = []
    ) {
        self.trace = trace
        self.id = id
        self.parent = parent
        self.name = name
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.status = status
        self.statusMessage = statusMessage
        self.attributes = attributes
        self.events = events
        self.links = links
    }

    /// MLflow's kind of span, such as `LLM` or `TOOL`.
    package var type: String? { attributes["mlflow.spanType"]?.stringValue }

    /// What a search in a span's text looks at: the string itself, or the value as JSON.
    package static func text(of value: JSON) -> String { value.stringValue ?? value.description }
}

/// Spans of one process, with what is known of that process (OpenTelemetry's resource).
package struct SpanBatch: Sendable {
    package var resource: [String: JSON]
    package var spans: [Span]

    package init(resource: [String: JSON] = [:], spans: [Span]) {
        self.resource = resource
        self.spans = spans
    }
}
