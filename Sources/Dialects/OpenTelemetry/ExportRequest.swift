import Foundation
import TernKernel
import Traces

/// OpenTelemetry's `ExportTraceServiceRequest`, as Protocol Buffers or as JSON.
/// Source: opentelemetry-proto 1.x, `collector/trace/v1/trace_service.proto`, `trace/v1/trace.proto`, `common/v1/common.proto`.
enum ExportRequest {
    /// How deep values may lie in each other.
    static let deepest = 32

    // MARK: Protocol Buffers

    static func batches(protobuf bytes: [UInt8]) throws -> [SpanBatch] {
        var reader = ProtobufReader(bytes)
        var batches: [SpanBatch] = []
        while let field = try reader.next() {
            if field.number == 1 { batches.append(try resourceSpans(field.message())) }
        }
        return batches
    }

    private static func resourceSpans(_ reader: ProtobufReader) throws -> SpanBatch {
        var reader = reader
        var batch = SpanBatch(spans: [])
        while let field = try reader.next() {
            switch field.number {
            case 1:
                var resource = try field.message()
                while let field = try resource.next() {
                    if field.number == 1 { try add(field, to: &batch.resource) }
                }
            case 2:
                var scope = try field.message()
                while let field = try scope.next() {
                    if field.number == 2 { batch.spans.append(try span(field.message())) }
                }
            default: break
            }
        }
        return batch
    }

    private static func span(_ reader: ProtobufReader) throws -> Span {
        var reader = reader
        var span = Span(trace: "", id: "")
        while let field = try reader.next() {
            switch field.number {
            case 1: span.trace = try traceID(field.bytes())
            case 2: span.id = hex(try field.bytes())
            case 4: span.parent = try field.bytes().isEmpty ? nil : hex(field.bytes())
            case 5: span.name = try field.string()
            case 7: span.startedAt = Int64(clamping: try field.fixed64())
            case 8: span.endedAt = try field.fixed64() == 0 ? nil : Int64(clamping: field.fixed64())
            case 9: try add(field, to: &span.attributes)
            case 11: span.events.append(try event(field.message()))
            case 13: span.links.append(try link(field.message()))
            case 15: try readStatus(field.message(), into: &span)
            default: break
            }
        }
        return try checked(span)
    }

    private static func readStatus(_ reader: ProtobufReader, into span: inout Span) throws {
        var reader = reader
        while let field = try reader.next() {
            switch field.number {
            case 2: span.statusMessage = try field.string()
            case 3: span.status = status(try field.int64())
            default: break
            }
        }
    }

    private static func event(_ reader: ProtobufReader) throws -> Span.Event {
        var reader = reader
        var event = Span.Event(name: "", time: 0, attributes: [:])
        while let field = try reader.next() {
            switch field.number {
            case 1: event.time = Int64(clamping: try field.fixed64())
            case 2: event.name = try field.string()
            case 3: try add(field, to: &event.attributes)
            default: break
            }
        }
        return event
    }

    private static func link(_ reader: ProtobufReader) throws -> Span.Link {
        var reader = reader
        var link = Span.Link(trace: "", span: "", attributes: [:])
        while let field = try reader.next() {
            switch field.number {
            case 1: link.trace = try traceID(field.bytes())
            case 2: link.span = hex(try field.bytes())
            case 4: try add(field, to: &link.attributes)
            default: break
            }
        }
        return link
    }

    /// A `KeyValue`.
    private static func add(_ field: ProtobufField, to values: inout [String: JSON], depth: Int = 0) throws {
        var reader = try field.message()
        var key = ""
        var value = JSON.null
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.string()
            case 2: value = try anyValue(field.message(), depth: depth)
            default: break
            }
        }
        values[key] = value
    }

    private static func anyValue(_ reader: ProtobufReader, depth: Int) throws -> JSON {
        guard depth < deepest else { throw TernError.invalid("a value lies more than \(deepest) deep") }
        var reader = reader
        var value = JSON.null
        while let field = try reader.next() {
            switch field.number {
            case 1: value = .string(try field.string())
            case 2: value = .bool(try field.bool())
            case 3: value = .int(try field.int64())
            case 4: value = .double(try field.double())
            case 5:
                var list = try field.message()
                var elements: [JSON] = []
                while let field = try list.next() {
                    if field.number == 1 { elements.append(try anyValue(field.message(), depth: depth + 1)) }
                }
                value = .array(elements)
            case 6:
                var list = try field.message()
                var fields: [String: JSON] = [:]
                while let field = try list.next() {
                    if field.number == 1 { try add(field, to: &fields, depth: depth + 1) }
                }
                value = .object(fields)
            case 7: value = .string(Data(try field.bytes()).base64EncodedString())
            default: break
            }
        }
        return value
    }

    // MARK: JSON

    /// Names in lowerCamelCase, ids in hexadecimal, 64-bit numbers as text or as numbers.
    static func batches(json: JSON) throws -> [SpanBatch] {
        try list(json, "resourceSpans").map { resource in
            var batch = SpanBatch(spans: [])
            if let known = resource["resource"] { batch.resource = try attributes(known) }
            for scope in try list(resource, "scopeSpans") { batch.spans += try list(scope, "spans").map(span) }
            return batch
        }
    }

    private static func span(_ json: JSON) throws -> Span {
        let parent = json["parentSpanId"]?.stringValue ?? ""
        let status = json["status"]
        let ended = try nanoseconds(json["endTimeUnixNano"])
        let code: Int64
        switch status?["code"]?.stringValue {
        case "STATUS_CODE_OK": code = 1
        case "STATUS_CODE_ERROR": code = 2
        default: code = status?["code"]?.intValue ?? 0
        }
        return try checked(
            Span(
                trace: traceID(try identifier(json["traceId"])), id: hex(try identifier(json["spanId"])),
                parent: parent.isEmpty ? nil : hex(try identifier(json["parentSpanId"])), name: json["name"]?.stringValue ?? "",
                startedAt: try nanoseconds(json["startTimeUnixNano"]), endedAt: ended == 0 ? nil : ended, status: self.status(code),
                statusMessage: status?["message"]?.stringValue ?? "", attributes: try attributes(json),
                events: try list(json, "events").map {
                    Span.Event(
                        name: $0["name"]?.stringValue ?? "", time: try nanoseconds($0["timeUnixNano"]), attributes: try attributes($0))
                },
                links: try list(json, "links").map {
                    Span.Link(
                        trace: traceID(try identifier($0["traceId"])), span: hex(try identifier($0["spanId"])), attributes: try attributes($0))
                }))
    }

    private static func attributes(_ json: JSON, in name: String = "attributes", depth: Int = 0) throws -> [String: JSON] {
        var values: [String: JSON] = [:]
        for pair in try list(json, name) { values[pair["key"]?.stringValue ?? ""] = try anyValue(pair["value"], depth: depth) }
        return values
    }

    private static func anyValue(_ json: JSON?, depth: Int) throws -> JSON {
        guard depth < deepest else { throw TernError.invalid("a value lies more than \(deepest) deep") }
        guard let (kind, value) = json?.objectValue?.first else { return .null }
        switch kind {
        case "intValue": return .int(try integer(value))
        case "doubleValue":
            switch value.stringValue {
            case "NaN": return .double(.nan)
            case "Infinity": return .double(.infinity)
            case "-Infinity": return .double(-.infinity)
            case let text?: return .double(Double(text) ?? .nan)
            case nil: return .double(value.doubleValue ?? .nan)
            }
        case "arrayValue": return .array(try list(value, "values").map { try anyValue($0, depth: depth + 1) })
        case "kvlistValue": return .object(try attributes(value, in: "values", depth: depth + 1))
        default: return value
        }
    }

    private static func list(_ json: JSON, _ name: String) throws -> [JSON] {
        guard let value = json[name], !value.isNull else { return [] }
        guard let list = value.arrayValue else { throw TernError.invalid("'\(name)' is not a list") }
        return list
    }

    private static func integer(_ json: JSON) throws -> Int64 {
        if let number = json.intValue { return number }
        guard let number = json.stringValue.flatMap({ Int64($0) }) else { throw TernError.invalid("\(json) is not a whole number") }
        return number
    }

    private static func nanoseconds(_ json: JSON?) throws -> Int64 { try json.map(integer) ?? 0 }

    private static func identifier(_ json: JSON?) throws -> ArraySlice<UInt8> {
        let text = Array((json?.stringValue ?? "").utf8)
        guard text.count % 2 == 0 else { throw TernError.invalid("an id is not hexadecimal") }
        return try stride(from: 0, to: text.count, by: 2).map { index -> UInt8 in
            guard let byte = UInt8(String(decoding: text[index..<index + 2], as: UTF8.self), radix: 16) else {
                throw TernError.invalid("an id is not hexadecimal")
            }
            return byte
        }[...]
    }

    // MARK: Both

    private static func status(_ code: Int64) -> Span.Status { code == 1 ? .ok : code == 2 ? .error : .unset }

    /// MLflow's name for a trace that OpenTelemetry knows by 16 bytes.
    private static func traceID(_ bytes: ArraySlice<UInt8>) -> String { bytes.isEmpty ? "" : "tr-" + hex(bytes) }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    private static func checked(_ span: Span) throws -> Span {
        guard span.trace.utf8.count == 35, span.id.utf8.count == 16, span.parent.map({ $0.utf8.count == 16 }) ?? true else {
            throw TernError(.unprocessable, "Cannot convert OpenTelemetry span to MLflow span")
        }
        return span
    }
}

extension TernError.Code {
    /// A span that is well-formed and makes no sense.
    static let unprocessable = TernError.Code("otlp_unprocessable")
}
