import TernKernel

/// What spans that arrive say of their trace.
struct SpanIntake {
    let trace: String
    let spans: [Span]
    /// Milliseconds since 1970: the first start and the last end.
    let startedAt: Int64
    let endedAt: Int64?
    /// The root's, once it is among them.
    let state: TraceState?
    let requestPreview: String?
    let responsePreview: String?
    let tags: [String: String]
    let metadata: [String: String]

    /// Longer previews are cut, and end in `...`.
    static let longestPreview = 1000
    static let longestKey = 250
    static let longestValue = 8000

    init(trace: String, batches: [SpanBatch]) {
        self.trace = trace
        let spans = batches.flatMap(\.spans)
        self.spans = spans
        startedAt = (spans.map(\.startedAt).min() ?? 0) / 1_000_000
        endedAt = spans.compactMap(\.endedAt).max().map { $0 / 1_000_000 }
        let root = spans.last { $0.parent == nil }
        state = root.map { $0.status == .error ? .error : .ok }
        requestPreview = root?.attributes["mlflow.spanInputs"].flatMap(SpanIntake.preview)
        responsePreview = root?.attributes["mlflow.spanOutputs"].flatMap(SpanIntake.preview)
        tags = SpanIntake.tags(batches, root)
        metadata = SpanIntake.metadata(spans)
    }

    private static func preview(_ value: JSON) -> String? {
        if value.isNull { return nil }
        let text = Span.text(of: value)
        return text.count <= longestPreview ? text.storable : String(text.prefix(longestPreview - 3)).storable + "..."
    }

    /// What the process says of itself, then what the user said by `mlflow.traceTag.…` on the root, which counts more.
    private static func tags(_ batches: [SpanBatch], _ root: Span?) -> [String: String] {
        var tags: [String: String] = [:]
        func set(_ key: String, _ value: JSON) {
            guard !key.isEmpty, key.count <= longestKey else { return }
            tags[key.storable] = String(Span.text(of: value).prefix(longestValue)).storable
        }
        for batch in batches {
            for (key, value) in batch.resource where !key.hasPrefix("telemetry.sdk.") && !key.hasPrefix("mlflow.") { set(key, value) }
        }
        guard let root else { return tags }
        let prefix = "mlflow.traceTag."
        for (key, value) in root.attributes where key.hasPrefix(prefix) && key != prefix + TraceKey.spansLocation {
            set(String(key.dropFirst(prefix.count)), value)
        }
        // A trace that only OpenTelemetry knows is called what its root is.
        if tags[TraceKey.name] == nil, !root.name.isEmpty { set(TraceKey.name, .string(root.name)) }
        return tags
    }

    private static func metadata(_ spans: [Span]) -> [String: String] {
        var metadata: [String: String] = [:]
        func first(_ keys: [String]) -> String? {
            for span in spans {
                for key in keys {
                    if let value = span.attributes[key], !value.isNull {
                        return String(Span.text(of: value).prefix(longestKey)).storable
                    }
                }
            }
            return nil
        }
        metadata[TraceKey.session] = first(["session.id", "gen_ai.conversation.id"])
        metadata[TraceKey.user] = first(["user.id"])
        return metadata
    }
}

/// Sums that spans carry, such as tokens: what a span says includes what lies below it, so only the uppermost counts.
enum SpanSums {
    static func total(_ attribute: String, of spans: [Span]) -> [String: JSON]? {
        let byID = Dictionary(spans.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        func isCovered(_ span: Span) -> Bool {
            var seen: Set<String> = [span.id]
            var parent = span.parent
            while let id = parent, seen.insert(id).inserted, let above = byID[id] {
                if above.attributes[attribute]?.objectValue != nil { return true }
                parent = above.parent
            }
            return false
        }
        var whole: [String: Int64] = [:]
        var broken: [String: Double] = [:]
        for span in byID.values {
            guard let values = span.attributes[attribute]?.objectValue, !isCovered(span) else { continue }
            for (key, value) in values {
                if case .int(let number) = value {
                    whole[key] = (whole[key] ?? 0).addingReportingOverflow(number).partialValue
                } else if let number = value.doubleValue, number.isFinite {
                    broken[key, default: 0] += number
                }
            }
        }
        var sums = whole.mapValues(JSON.int)
        for (key, value) in broken { sums[key] = .double(value + Double(whole[key] ?? 0)) }
        return sums.isEmpty ? nil : sums
    }
}
