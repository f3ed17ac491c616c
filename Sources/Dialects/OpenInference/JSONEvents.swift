import CSimdjson
import TernKernel

/// A parsed document, read in order without making a value of each part.
struct JSONEvents {
    private let events: UnsafeBufferPointer<tern_json_event>
    private var position = 0

    init(_ document: tern_json_document) { events = UnsafeBufferPointer(start: document.events, count: document.count) }

    var kind: tern_json_kind { position < events.count ? events[position].kind : TERN_JSON_END }

    var peek: tern_json_event? { position < events.count ? events[position] : nil }

    mutating func next() -> tern_json_event? {
        guard position < events.count else { return nil }
        defer { position += 1 }
        return events[position]
    }

    /// Goes over one whole value.
    mutating func skip() {
        var depth = 0
        while let event = next() {
            switch event.kind {
            case TERN_JSON_ARRAY, TERN_JSON_OBJECT: depth += 1
            case TERN_JSON_END: depth -= 1
            case TERN_JSON_KEY: continue
            default: break
            }
            if depth <= 0 { return }
        }
    }

    /// Calls `read` for each field with the events at its value, which it must read or skip.
    mutating func fields(of what: String, _ read: (String, inout JSONEvents) throws -> Void) throws {
        guard next()?.kind == TERN_JSON_OBJECT else { throw TernError.invalid("\(what) must be an object") }
        while let key = next(), key.kind == TERN_JSON_KEY { try read(key.string, &self) }
    }

    mutating func elements(of what: String, _ read: (inout JSONEvents) throws -> Void) throws {
        guard next()?.kind == TERN_JSON_ARRAY else { throw TernError.invalid("\(what) must be an array") }
        while position < events.count, kind != TERN_JSON_END { try read(&self) }
        position += 1
    }

    mutating func string(_ what: String) throws -> String {
        guard let event = next(), event.kind == TERN_JSON_STRING else { throw TernError.invalid("\(what) must be a string") }
        return event.string
    }

    mutating func integer(_ what: String) throws -> Int {
        guard let event = next(), event.kind == TERN_JSON_INTEGER else { throw TernError.invalid("\(what) must be a whole number") }
        return Int(event.value.integer)
    }

    mutating func flag(_ what: String) throws -> Bool {
        guard let event = next(), event.kind == TERN_JSON_TRUE || event.kind == TERN_JSON_FALSE else {
            throw TernError.invalid("\(what) must be true or false")
        }
        return event.kind == TERN_JSON_TRUE
    }
}

extension tern_json_event {
    var string: String {
        guard let text = value.text else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }
}
