import TernKernel

/// What the database leaves over of a search: regular expressions, and values inside spans.
struct TraceRemainder {
    private let fields: [(TraceField, TextComparison)]
    private let assessments: [(kind: Assessment.Kind, name: String, TextComparison)]
    private let spans: [(SpanField, TextComparison)]

    init(_ conditions: [TraceCondition]) {
        var fields: [(TraceField, TextComparison)] = []
        var assessments: [(kind: Assessment.Kind, name: String, TextComparison)] = []
        var spans: [(SpanField, TextComparison)] = []
        var needsSpans = false
        for condition in conditions {
            switch condition {
            case .text(let field, .matches(let pattern)): fields.append((field, .matches(pattern)))
            case .assessment(let kind, let name, .text(.matches(let pattern))): assessments.append((kind, name, .matches(pattern)))
            case .span(let field, let comparison):
                spans.append((field, comparison))
                if case .attribute = field { needsSpans = true }
                if case .matches = comparison { needsSpans = true }
            default: break
            }
        }
        self.fields = fields
        self.assessments = assessments
        // All conditions on spans must hold for one of them, so all are looked at again together.
        self.spans = needsSpans ? spans : []
    }

    /// The database's answer is the whole answer.
    var isEmpty: Bool { fields.isEmpty && assessments.isEmpty && spans.isEmpty }

    var needsSpans: Bool { !spans.isEmpty }

    func holds(for info: TraceInfo, _ traceSpans: [Span]) -> Bool {
        fields.allSatisfy { $1.holds(for: TraceRemainder.text(of: $0, info)) }
            && assessments.allSatisfy { kind, name, comparison in
                info.assessments.contains { $0.kind == kind && $0.name == name && $0.isValid && comparison.holds(for: $0.text) }
            }
            && (spans.isEmpty
                || traceSpans.contains { span in spans.allSatisfy { field, comparison in TraceRemainder.holds(comparison, field, of: span) } })
    }

    private static func text(of field: TraceField, _ info: TraceInfo) -> String? {
        switch field {
        case .id: info.id
        case .experiment: String(info.experiment)
        case .requestedAt: String(info.requestedAt)
        case .duration: info.duration.map { String($0) }
        case .endedAt: String(info.requestedAt.addingReportingOverflow(info.duration ?? 0).partialValue)
        case .state: info.state.rawValue
        case .clientRequest: info.clientRequest
        case .tag(let key): info.tags[key]
        case .metadata(let key): info.metadata[key]
        }
    }

    private static func holds(_ comparison: TextComparison, _ field: SpanField, of span: Span) -> Bool {
        switch field {
        case .name: comparison.holds(for: span.name)
        case .type: comparison.holds(for: span.type)
        case .status: comparison.holds(for: span.status.rawValue)
        case .content: comparison.holds(for: SpanStore.content(span).description)
        case .attribute(let key): comparison.holds(for: span.attributes[key].map(Span.text))
        }
    }
}
