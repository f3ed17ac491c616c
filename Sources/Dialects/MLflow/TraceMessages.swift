import Foundation
import TernKernel
import Traces

// The values of the traces room as MLflow's protobuf JSON writes them.

extension TraceInfo {
    var mlflow: JSON {
        .fields([
            "trace_id": .string(id), "client_request_id": clientRequest.map(JSON.string),
            "trace_location": ["type": "MLFLOW_EXPERIMENT", "mlflow_experiment": ["experiment_id": .string(String(experiment))]],
            "request_time": .string(Timestamp(milliseconds: requestedAt).description), "execution_duration": duration.map(JSON.duration),
            "state": .string(state.rawValue), "request_preview": requestPreview.map(JSON.string),
            "response_preview": responsePreview.map(JSON.string), "trace_metadata": .texts(metadata), "tags": .texts(tags),
            "assessments": .list(assessments.map(\.mlflow)),
        ])
    }

    /// - Throws: `invalid_argument` for what MLflow's own server answers with a fault of its own: no experiment, or times that are none.
    init(_ body: MLflowParameters) throws {
        guard let place = try body.object("trace_location")?.object("mlflow_experiment")?.string("experiment_id"), !place.isEmpty else {
            throw body.missing("trace_location.mlflow_experiment.experiment_id")
        }
        let id = try body.required("trace_id")
        self.init(
            id: id, experiment: try MLflowParameters.experimentID(place), requestedAt: try body.moment("request_time") ?? 0,
            duration: try body.duration("execution_duration"), state: TraceInfo.state(body["state"]),
            clientRequest: try body.string("client_request_id"), requestPreview: try body.string("request_preview"),
            responsePreview: try body.string("response_preview"), tags: try body.texts("tags"), metadata: try body.texts("trace_metadata"),
            assessments: try body.objects("assessments").map { try Assessment($0, trace: id) })
    }

    /// By name or number; protobuf reads what it does not know as unspecified.
    private static func state(_ value: JSON?) -> TraceState {
        switch value {
        case .string(let name)?: TraceState(rawValue: name) ?? .unspecified
        case .int(1)?: .ok
        case .int(2)?: .error
        case .int(3)?: .inProgress
        default: .unspecified
        }
    }
}

extension Trace {
    var mlflow: JSON { .fields(["trace_info": info.mlflow, "spans": .list(spans.map(\.mlflow))]) }
}

extension Span {
    /// OpenTelemetry's span as protobuf's JSON writes it: ids in base 64, values with their type.
    var mlflow: JSON {
        .fields([
            "trace_id": .string(JSON.base64(hex: trace.dropFirst(3))), "span_id": .string(JSON.base64(hex: id[...])),
            "parent_span_id": parent.map { .string(JSON.base64(hex: $0[...])) }, "name": .string(name), "start_time_unix_nano": .int(startedAt),
            "end_time_unix_nano": endedAt.map(JSON.int), "attributes": .keyValues(attributes), "events": .list(events.map(\.mlflow)),
            "links": .list(links.map(\.mlflow)),
            "status": .fields([
                "code": status == .ok ? "STATUS_CODE_OK" : status == .error ? "STATUS_CODE_ERROR" : "STATUS_CODE_UNSET",
                "message": statusMessage.isEmpty ? nil : .string(statusMessage),
            ]),
        ])
    }
}

extension Span.Event {
    fileprivate var mlflow: JSON { .fields(["name": .string(name), "time_unix_nano": .int(time), "attributes": .keyValues(attributes)]) }
}

extension Span.Link {
    fileprivate var mlflow: JSON {
        .fields([
            "trace_id": .string(JSON.base64(hex: trace.dropFirst(3))), "span_id": .string(JSON.base64(hex: span[...])),
            "attributes": .keyValues(attributes),
        ])
    }
}

extension Assessment {
    var mlflow: JSON {
        var fields: [String: JSON?] = [
            "assessment_id": .string(id), "assessment_name": .string(name), "trace_id": .string(trace), "span_id": span.map(JSON.string),
            "source": .fields([
                "source_type": .string(sourceType.rawValue), "source_id": source.isEmpty ? nil : .string(source),
            ]),
            "create_time": .string(Timestamp(milliseconds: createdAt).description),
            "last_update_time": .string(Timestamp(milliseconds: updatedAt).description), "rationale": rationale.map(JSON.string),
            "metadata": .texts(metadata), "overrides": overrides.map(JSON.string), "valid": .bool(isValid),
        ]
        switch kind {
        case .feedback:
            fields["feedback"] = .fields([
                "value": value,
                "error": failure.map {
                    .fields([
                        "error_code": .string($0.code), "error_message": $0.message.map(JSON.string), "stack_trace": $0.stackTrace.map(JSON.string),
                    ])
                },
            ])
        case .expectation:
            switch value {
            case .array, .object:
                fields["expectation"] = ["serialized_value": ["serialization_format": "JSON_FORMAT", "value": .string(value.description)]]
            default: fields["expectation"] = ["value": value]
            }
        case .issue: fields["issue"] = ["issue_name": value]
        }
        return .fields(fields)
    }

    init(_ body: MLflowParameters, trace: String) throws {
        let source = try body.object("source")
        let kind: Kind
        var value = JSON.null
        var failure: Failure?
        if let expectation = try body.object("expectation") {
            kind = .expectation
            value = try Assessment.expectation(expectation)
            if value.isNull { throw TernError.invalid("The `value` field must be specified.") }
        } else if let feedback = try body.object("feedback") {
            kind = .feedback
            (value, failure) = try Assessment.feedback(feedback)
        } else if let issue = try body.object("issue") {
            kind = .issue
            value = .string(try issue.string("issue_name") ?? "")
        } else {
            throw TernError.invalid("Unknown assessment type: None")
        }
        let created = try body.moment("create_time") ?? 0
        self.init(
            id: try body.string("assessment_id") ?? "", trace: trace, name: try body.string("assessment_name") ?? "", kind: kind, value: value,
            failure: failure, sourceType: Assessment.sourceType(source?["source_type"]), source: try source?.string("source_id") ?? "",
            span: try body.present("span_id"), run: nil, rationale: try body.present("rationale"), metadata: try body.texts("metadata"),
            overrides: try body.present("overrides"), isValid: try body.flag("valid") ?? true, createdAt: created,
            updatedAt: try body.moment("last_update_time") ?? created)
    }

    static func feedback(_ body: MLflowParameters) throws -> (value: JSON, failure: Failure?) {
        let failure = try body.object("error").map {
            Failure(code: try $0.string("error_code") ?? "", message: try $0.present("error_message"), stackTrace: try $0.present("stack_trace"))
        }
        return (body["value"] ?? .null, failure)
    }

    static func expectation(_ body: MLflowParameters) throws -> JSON {
        guard let serialized = try body.object("serialized_value") else { return body["value"] ?? .null }
        let format = try serialized.string("serialization_format") ?? ""
        guard format == "JSON_FORMAT" else {
            throw TernError.invalid("Unknown serialization format: \(format). Only JSON_FORMAT is supported.")
        }
        let text = try serialized.string("value") ?? ""
        guard let value = try? JSON(parsing: "[\(text)]")[0] else { throw TernError.invalid("'\(text)' is not JSON") }
        return value
    }

    private static func sourceType(_ value: JSON?) -> SourceType {
        switch value {
        case .string("AI_JUDGE")?: .judge
        case .string(let name)?: SourceType(rawValue: name) ?? .unspecified
        case .int(1)?: .human
        case .int(2)?: .judge
        case .int(3)?: .code
        default: .unspecified
        }
    }
}

extension JSON {
    /// A map of texts; nil when it is empty.
    fileprivate static func texts(_ values: [String: String]) -> JSON? { values.isEmpty ? nil : .object(values.mapValues(JSON.string)) }

    /// Protobuf's `Duration`: `1.500s`, without a fraction where there is none.
    static func duration(_ milliseconds: Int64) -> JSON {
        let magnitude = milliseconds.magnitude
        let fraction = String(magnitude % 1000)
        let padded = magnitude % 1000 == 0 ? "" : "." + String(repeating: "0", count: 3 - fraction.count) + fraction
        return .string("\(milliseconds < 0 ? "-" : "")\(magnitude / 1000)\(padded)s")
    }

    fileprivate static func base64(hex: Substring) -> String {
        let digits = Array(hex.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }

    fileprivate static func keyValues(_ values: [String: JSON]) -> JSON? {
        values.isEmpty ? nil : .array(values.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": anyValue($0.value)] })
    }

    private static func anyValue(_ value: JSON) -> JSON {
        switch value {
        case .null: [:]
        case .bool: ["bool_value": value]
        case .int: ["int_value": value]
        case .double: ["double_value": value]
        case .string: ["string_value": value]
        case .array(let elements): ["array_value": .fields(["values": .list(elements.map(anyValue))])]
        case .object(let fields): ["kvlist_value": .fields(["values": keyValues(fields)])]
        }
    }
}

extension MLflowParameters {
    /// A text, nil when it is missing or empty.
    func present(_ name: String) throws -> String? { try string(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// A map of texts.
    func texts(_ name: String) throws -> [String: String] {
        guard let value = self[name] else { return [:] }
        guard let fields = value.objectValue else { throw wrongType(name, value) }
        return try fields.mapValues { element in
            guard let text = element.stringValue else { throw wrongType(name, value) }
            return text
        }
    }

    /// Protobuf's `Timestamp`: RFC 3339, in milliseconds.
    func moment(_ name: String) throws -> Int64? {
        guard let text = try string(name) else { return nil }
        guard let time = Timestamp(text) else { throw wrongType(name, .string(text)) }
        return time.milliseconds
    }

    /// Protobuf's `Duration`: `1.5s`, in milliseconds.
    func duration(_ name: String) throws -> Int64? {
        guard let text = try string(name) else { return nil }
        guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds.isFinite, abs(seconds) < 3.2e11 else {
            throw wrongType(name, .string(text))
        }
        return Int64((seconds * 1000).rounded())
    }
}
