import TernKernel
import Testing
import Traces

@testable import Dialects

@Suite struct ExportRequests {
    /// Writes Protocol Buffers by hand: a tag, a length and what is inside.
    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count < 16_384)
        let length = bytes.count < 128 ? [UInt8(bytes.count)] : [UInt8(bytes.count & 127) | 128, UInt8(bytes.count >> 7)]
        return [number << 3 | 2] + length + bytes
    }

    private func value(_ key: String, _ value: [UInt8]) -> [UInt8] { field(1, Array(key.utf8)) + field(2, value) }

    private func fixed(_ number: UInt8, _ value: UInt64) -> [UInt8] {
        [number << 3 | 1] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private var trace: [UInt8] { Array(repeating: 0xAB, count: 16) }
    private var id: [UInt8] { Array(repeating: 0xCD, count: 8) }

    private func request(_ span: [UInt8]) -> [UInt8] {
        field(1, field(1, field(1, value("service.name", field(1, Array("s".utf8))))) + field(2, field(2, span)))
    }

    @Test func `a span is read with all that it carries`() throws {
        let list = field(5, field(1, [0x10, 1]) + field(1, [0x18, 7]))
        let map = field(6, field(1, value("k", [0x21, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F])))
        let span =
            field(1, trace) + field(2, id) + field(4, id) + field(5, Array("n".utf8)) + fixed(7, 5) + fixed(8, 9) + field(9, value("list", list))
            + field(9, value("map", map)) + field(9, value("none", [])) + field(11, fixed(1, 6) + field(2, Array("e".utf8)))
            + field(13, field(1, trace) + field(2, id)) + field(15, field(2, Array("bad".utf8)) + [0x18, 2])
        let batch = try #require(try ExportRequest.batches(protobuf: request(span)).first)
        #expect(batch.resource == ["service.name": "s"])
        let read = try #require(batch.spans.first)
        #expect(read.trace == "tr-" + String(repeating: "ab", count: 16) && read.id == String(repeating: "cd", count: 8) && read.parent == read.id)
        #expect(read.name == "n" && read.startedAt == 5 && read.endedAt == 9 && read.status == .error && read.statusMessage == "bad")
        #expect(read.attributes == ["list": [true, 7], "map": ["k": 1.5], "none": .null])
        #expect(read.events == [Span.Event(name: "e", time: 6, attributes: [:])] && read.links.first?.trace == read.trace)
    }

    @Test func `spans without ids are refused`() {
        for span in [field(2, id), field(1, trace), field(1, [1, 2]) + field(2, id), field(1, trace) + field(2, id + id)] {
            #expect(throws: TernError.self) { try ExportRequest.batches(protobuf: request(span)) }
        }
    }

    @Test func `values that lie too deep are refused`() {
        var deep = field(1, Array("x".utf8))
        for _ in 0...ExportRequest.deepest { deep = field(5, field(1, deep)) }
        let span = field(1, trace) + field(2, id) + field(9, value("deep", deep))
        #expect(throws: TernError.self) { try ExportRequest.batches(protobuf: request(span)) }
        var json: JSON = ["stringValue": "x"]
        for _ in 0...ExportRequest.deepest { json = ["arrayValue": ["values": [json]]] }
        #expect(throws: TernError.self) { try ExportRequest.batches(json: spanJSON(["attributes": [["key": "a", "value": json]]])) }
    }

    private func spanJSON(_ fields: [String: JSON]) -> JSON {
        let ids: [String: JSON] = ["traceId": .string(String(repeating: "AB", count: 16)), "spanId": .string(String(repeating: "cd", count: 8))]
        return ["resourceSpans": [["scopeSpans": [["spans": [.object(ids.merging(fields) { $1 })]]]]]]
    }

    @Test func `JSON is read as Protocol Buffers are`() throws {
        let json = spanJSON([
            "name": "n", "startTimeUnixNano": "5", "endTimeUnixNano": 9, "status": ["code": "STATUS_CODE_ERROR", "message": "bad"],
            "attributes": [["key": "i", "value": ["intValue": "7"]], ["key": "d", "value": ["doubleValue": "Infinity"]]],
        ])
        let read = try #require(try ExportRequest.batches(json: json).first?.spans.first)
        #expect(read.trace == "tr-" + String(repeating: "ab", count: 16) && read.parent == nil && read.endedAt == 9 && read.status == .error)
        #expect(read.attributes == ["i": 7, "d": .double(.infinity)])
    }

    @Test(arguments: [
        "{\"resourceSpans\": 5}", "{\"resourceSpans\": [{\"scopeSpans\": {}}]}", "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [1]}]}]}",
    ])
    func `JSON of another shape is refused`(text: String) throws {
        let json = try JSON(parsing: text)
        #expect(throws: TernError.self) { try ExportRequest.batches(json: json) }
    }

    @Test func `changed bytes are read or refused, and never crash`() {
        let whole = request(field(1, trace) + field(2, id) + field(9, value("k", field(1, Array("v".utf8)))) + field(15, [0x18, 2]))
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...5) { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255) }
            _ = try? ExportRequest.batches(protobuf: Array(bytes.prefix(Int.random(in: 0...bytes.count))))
        }
    }
}

@Suite struct TraceFilters {
    private func conditions(_ text: String) throws -> [TraceCondition] { try TraceFilterMeaning().conditions(text) }

    @Test func `clauses become conditions`() throws {
        #expect(try conditions("trace.timestamp > 5 AND status != 'OK'") == [.number(.requestedAt, .greater, 5), .text(.state, .notEqual("OK"))])
        #expect(try conditions("run_id = 'r'") == [.run("r")])
        #expect(try conditions("attributes.name ILIKE 'A%'") == [.text(.tag("mlflow.traceName"), .like("A%", caseSensitive: false))])
        #expect(try conditions("tags.`a b` IS NULL AND metadata.x IS NOT NULL") == [.missing(.tag("a b")), .present(.metadata("x"))])
        #expect(try conditions("span.attributes.a.b IN ('1')") == [.span(.attribute("a.b"), .oneOf(["1"]))])
        #expect(try conditions("feedback.f >= 0.5") == [.assessment(.feedback, name: "f", .number(.atLeast, 0.5))])
        #expect(try conditions("").isEmpty)
    }

    @Test(arguments: [
        "a.b.c = 1", "status = OK", "tags.x > 'a'", "status = 'OK' OR status = 'x'", "span.attributes. = 'a'", "feedback.f IN ('a')",
        "issue.id LIKE 'x'", "name RLIKE '['",
    ])
    func `what makes no sense is refused`(text: String) { #expect(throws: TernError.self) { try conditions(text) } }

    @Test func `orders know their fields, once each`() throws {
        let order = try TraceFilterMeaning().order(["timestamp_ms DESC", "tags.x", "metadata.y asc", "end_time"])
        #expect(order.map(\.field) == [.requestedAt, .tag("x"), .metadata("y"), .endedAt] && order.map(\.ascending) == [false, true, true, true])
        for terms in [["status", "status"], ["span.name"], ["nothing"], ["client_request_id"], ["timestamp", "timestamp_ms"]] {
            #expect(throws: TernError.self) { try TraceFilterMeaning().order(terms) }
        }
    }
}
