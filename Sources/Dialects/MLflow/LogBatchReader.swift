import CSimdjson
import NIOCore
import TernKernel
import Tracking

/// Reads the body of `runs/log-batch` straight from the parser's events, without making a value of each part.
///
/// It knows only bodies as they should be. Anything else is nil, and left to the general reader, which says what is wrong with it;
/// except for too many parts, which are refused before they are read.
struct LogBatchReader {
    private var events: JSONEvents
    private var run: String?
    private var batch = LogBatch()

    static func read(_ body: ByteBuffer) throws -> (run: String, batch: LogBatch)? {
        try body.withUnsafeReadableBytes { raw in
            let document = raw.withMemoryRebound(to: UInt8.self) { tern_json_parse($0.baseAddress, $0.count) }
            defer { tern_json_free(document) }
            if document.error != nil { return nil }
            var reader = LogBatchReader(events: JSONEvents(document))
            guard try reader.readBody(), let run = reader.run, !run.isEmpty else { return nil }
            return (run, reader.batch)
        }
    }

    private init(events: JSONEvents) { self.events = events }

    /// Answers whether it was a body as it should be, and so do all below.
    private mutating func readBody() throws -> Bool {
        guard events.next()?.kind == TERN_JSON_OBJECT else { return false }
        var counts = (metrics: 0, params: 0, tags: 0)
        while let key = events.next(), key.kind == TERN_JSON_KEY {
            let count = events.count
            switch key.string {
            case "run_id":
                guard let value = events.next(), value.kind == TERN_JSON_STRING else { return false }
                run = value.string
            case "metrics":
                counts.metrics = count
                try LogBatch.checkCounts(metrics: counts.metrics, params: counts.params, tags: counts.tags)
                guard readMetrics(count) else { return false }
            case "params":
                counts.params = count
                try LogBatch.checkCounts(metrics: counts.metrics, params: counts.params, tags: counts.tags)
                guard let pairs = readPairs() else { return false }
                batch.params = pairs
            case "tags":
                counts.tags = count
                try LogBatch.checkCounts(metrics: counts.metrics, params: counts.params, tags: counts.tags)
                guard let pairs = readPairs() else { return false }
                batch.tags = pairs
            default: events.skip()
            }
        }
        return true
    }

    private mutating func readMetrics(_ count: Int) -> Bool {
        guard events.next()?.kind == TERN_JSON_ARRAY else { return false }
        batch.metrics = []
        batch.metrics.reserveCapacity(count)
        while let event = events.next(), event.kind != TERN_JSON_END {
            guard event.kind == TERN_JSON_OBJECT, let metric = readMetric() else { return false }
            batch.metrics.append(metric)
        }
        return true
    }

    private mutating func readMetric() -> LoggedPoint? {
        var key: String?
        var value: Double?
        var timestamp: Int64?
        var step: Int64 = 0
        var (model, datasetName, datasetDigest): (String?, String?, String?)
        while let name = events.next(), name.kind == TERN_JSON_KEY {
            guard let event = events.next() else { return nil }
            if name.isText("value") {
                guard let number = event.anyNumber else { return nil }
                value = number
            } else if name.isText("timestamp") {
                guard let number = event.anyInteger else { return nil }
                timestamp = number
            } else if name.isText("step") {
                guard let number = event.anyInteger else { return nil }
                step = number
            } else {
                // Whatever else is in a metric is text; a field nobody knows may be any scalar.
                let isKnown = ["key", "model_id", "dataset_name", "dataset_digest"].contains(name.string)
                guard isKnown ? event.kind == TERN_JSON_STRING : !event.isContainer else { return nil }
                switch name.string {
                case "key": key = event.string
                case "model_id": model = event.string
                case "dataset_name": datasetName = event.string
                case "dataset_digest": datasetDigest = event.string
                default: break
                }
            }
        }
        guard let key, !key.isEmpty, let value, let timestamp else { return nil }
        func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        return LoggedPoint(
            MetricPoint(key: key, value: value, timestamp: timestamp, step: step), model: filled(model), datasetName: filled(datasetName),
            datasetDigest: filled(datasetDigest))
    }

    private mutating func readPairs() -> [(key: String, value: String)]? {
        guard events.next()?.kind == TERN_JSON_ARRAY else { return nil }
        var pairs: [(key: String, value: String)] = []
        while let event = events.next(), event.kind != TERN_JSON_END {
            guard event.kind == TERN_JSON_OBJECT else { return nil }
            var (key, value): (String?, String) = (nil, "")
            while let name = events.next(), name.kind == TERN_JSON_KEY {
                guard let field = events.next(), field.kind == TERN_JSON_STRING else { return nil }
                if name.isText("key") { key = field.string } else if name.isText("value") { value = field.string }
            }
            guard let key, !key.isEmpty else { return nil }
            pairs.append((key, value))
        }
        return pairs
    }
}

extension JSONEvents {
    /// How many elements the container has that comes next; 0 before anything else.
    var count: Int {
        guard let event = peek, event.kind == TERN_JSON_ARRAY || event.kind == TERN_JSON_OBJECT else { return 0 }
        return Int(event.value.integer)
    }
}

extension tern_json_event {
    fileprivate var isContainer: Bool { kind == TERN_JSON_ARRAY || kind == TERN_JSON_OBJECT }

    fileprivate func isText(_ text: StaticString) -> Bool {
        guard Int(length) == text.utf8CodeUnitCount, let bytes = value.text else { return false }
        return bytes.withMemoryRebound(to: UInt8.self, capacity: Int(length)) { bytes in
            text.withUTF8Buffer { expected in
                for index in expected.indices where expected[index] != bytes[index] { return false }
                return true
            }
        }
    }

    /// By the rules of `MLflowParameters.number`.
    fileprivate var anyNumber: Double? {
        switch kind {
        case TERN_JSON_INTEGER: return Double(value.integer)
        case TERN_JSON_DOUBLE: return value.number
        case TERN_JSON_TRUE: return 1
        case TERN_JSON_FALSE: return 0
        case TERN_JSON_STRING: return try? MLflowParameters(values: ["value": .string(string)]).number("value")
        default: return nil
        }
    }

    fileprivate var anyInteger: Int64? {
        switch kind {
        case TERN_JSON_INTEGER: return value.integer
        case TERN_JSON_DOUBLE: return Int64(exactly: value.number)
        case TERN_JSON_STRING: return Int64(string)
        default: return nil
        }
    }
}
