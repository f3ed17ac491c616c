import TernKernel

/// One record of a `.wandb` file, as far as an import cares. Source: `wandb/proto/wandb_internal.proto`.
enum WandbRecord {
    /// A key, by its nested names, and its value as JSON.
    struct Item {
        var path: [String]
        var value: JSON

        var key: String { path.joined(separator: ".") }
    }

    case run(WandbRunFacts)
    case history(step: Int64?, items: [Item])
    case summary(update: [Item], remove: [String])
    case config([Item])
    case stats(timestamp: Int64, items: [Item])
    case output(stream: Int64, text: String)
    case exit(code: Int64, runtime: Int64)
    case artifact(type: String, name: String, digest: String)
    case alert(title: String, text: String)
    case other

    init(_ bytes: [UInt8]) throws {
        var reader = ProtobufReader(bytes)
        self = .other
        while let field = try reader.next() {
            switch field.number {
            case 2: self = try WandbRecord.history(field.message())
            case 3:
                var (update, remove): ([Item], [String]) = ([], [])
                try WandbRecord.each(field.message()) { part in
                    if part.number == 1 { update.append(try WandbRecord.item(part.message())) }
                    if part.number == 2 { remove.append(try WandbRecord.item(part.message()).key) }
                }
                self = .summary(update: update, remove: remove)
            case 5: self = .config(try WandbRecord.items(field.message(), in: 1))
            case 7:
                var timestamp: Int64 = 0
                try WandbRecord.each(field.message()) { if $0.number == 2 { timestamp = try WandbRecord.time($0.message()) } }
                self = .stats(timestamp: timestamp, items: try WandbRecord.items(field.message(), in: 3))
            case 8: self = try WandbRecord.artifact(field.message())
            case 9, 10: if field.number == 10 { self = try WandbRecord.alert(field.message()) }
            case 13: self = try WandbRecord.output(field.message())
            case 17: self = .run(try WandbRunFacts(field.message()))
            case 18:
                var (code, runtime): (Int64, Int64) = (0, 0)
                try WandbRecord.each(field.message()) {
                    if $0.number == 1 { code = Int64(Int32(truncatingIfNeeded: try $0.int64())) }
                    if $0.number == 2 { runtime = Int64(Int32(truncatingIfNeeded: try $0.int64())) }
                }
                self = .exit(code: code, runtime: runtime)
            default: break
            }
        }
    }

    static func each(_ message: ProtobufReader, _ body: (ProtobufField) throws -> Void) throws {
        var message = message
        while let field = try message.next() { try body(field) }
    }

    static func items(_ message: ProtobufReader, in number: Int) throws -> [Item] {
        var items: [Item] = []
        try each(message) { if $0.number == number { items.append(try item($0.message())) } }
        return items
    }

    /// `{key = 1 or repeated nested_key = 2, value_json = 16}`.
    static func item(_ message: ProtobufReader) throws -> Item {
        var item = Item(path: [], value: .null)
        var key = ""
        try each(message) { field in
            switch field.number {
            case 1: key = try field.string()
            case 2: item.path.append(try field.string())
            case 16: item.value = try LenientJSON.parse(field.string())
            default: break
            }
        }
        if item.path.isEmpty { item.path = [key] }
        return item
    }

    /// `{seconds = 1, nanos = 2}` in milliseconds.
    static func time(_ message: ProtobufReader) throws -> Int64 {
        var (seconds, nanos): (Int64, Int64) = (0, 0)
        try each(message) {
            if $0.number == 1 { seconds = try $0.int64() }
            if $0.number == 2 { nanos = try $0.int64() }
        }
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? 0 : milliseconds &+ nanos / 1_000_000
    }

    private static func history(_ message: ProtobufReader) throws -> WandbRecord {
        var step: Int64?
        try each(message) { field in
            if field.number == 2 { try each(field.message()) { if $0.number == 1 { step = try $0.int64() } } }
        }
        return .history(step: step, items: try items(message, in: 1))
    }

    private static func artifact(_ message: ProtobufReader) throws -> WandbRecord {
        var (type, name, digest) = ("", "", "")
        try each(message) { field in
            if field.number == 4 { type = try field.string() }
            if field.number == 5 { name = try field.string() }
            if field.number == 6 { digest = try field.string() }
        }
        return .artifact(type: type, name: name, digest: digest)
    }

    private static func alert(_ message: ProtobufReader) throws -> WandbRecord {
        var (title, text) = ("", "")
        try each(message) { field in
            if field.number == 1 { title = try field.string() }
            if field.number == 2 { text = try field.string() }
        }
        return .alert(title: title, text: text)
    }

    private static func output(_ message: ProtobufReader) throws -> WandbRecord {
        var stream: Int64 = 0
        var text = ""
        try each(message) { field in
            if field.number == 1 { stream = try field.int64() }
            if field.number == 3 { text = String(decoding: try field.bytes(), as: UTF8.self) }
        }
        return .output(stream: stream, text: text)
    }
}

/// What W&B knows of a run as a whole.
struct WandbRunFacts {
    var id = ""
    var entity = ""
    var project = ""
    var config: [WandbRecord.Item] = []
    var group = ""
    var jobType = ""
    var name = ""
    var notes = ""
    var tags: [String] = []
    var sweep = ""
    var host = ""
    var startTime: Int64 = 0
    var remote = ""
    var commit = ""

    init() {}

    init(_ message: ProtobufReader) throws {
        try WandbRecord.each(message) { field in
            switch field.number {
            case 1: id = try field.string()
            case 2: entity = try field.string()
            case 3: project = try field.string()
            case 4: config += try WandbRecord.items(field.message(), in: 1)
            case 6: group = try field.string()
            case 7: jobType = try field.string()
            case 8: name = try field.string()
            case 9: notes = try field.string()
            case 10: tags.append(try field.string())
            case 12: sweep = try field.string()
            case 13: host = try field.string()
            case 17: startTime = try WandbRecord.time(field.message())
            case 21:
                try WandbRecord.each(field.message()) {
                    if $0.number == 1 { remote = try $0.string() }
                    if $0.number == 2 { commit = try $0.string() }
                }
            default: break
            }
        }
    }
}

/// JSON as Python writes it: with the bare tokens `NaN`, `Infinity` and `-Infinity`, which JSON does not have. They become numbers.
enum LenientJSON {
    static func parse(_ text: String) throws -> JSON {
        switch text {
        case "NaN": return .double(.nan)
        case "Infinity": return .double(.infinity)
        case "-Infinity": return .double(-.infinity)
        case "": return .null
        default: break
        }
        if let json = try? JSON(parsing: text) { return json }
        // Only what fails as it is goes the slow way: the tokens outside of strings are quoted with a mark, and unmarked after parsing.
        return unmarked(try JSON(parsing: quoted(text)))
    }

    private static let mark = "\u{E000}number:"

    private static func quoted(_ text: String) -> String {
        var answer = ""
        var rest = Substring(text)
        var isInString = false
        while let character = rest.first {
            if isInString {
                if character == "\\" {
                    answer += rest.prefix(2)
                    rest = rest.dropFirst(2)
                    continue
                }
                if character == "\"" { isInString = false }
            } else if character == "\"" {
                isInString = true
            } else if let token = ["NaN", "Infinity", "-Infinity"].first(where: { rest.hasPrefix($0) }) {
                answer += "\"\(mark)\(token)\""
                rest = rest.dropFirst(token.count)
                continue
            }
            answer.append(character)
            rest = rest.dropFirst()
        }
        return answer
    }

    private static func unmarked(_ json: JSON) -> JSON {
        switch json {
        case .string(let text) where text.hasPrefix(mark):
            switch text.dropFirst(mark.count) {
            case "NaN": .double(.nan)
            case "Infinity": .double(.infinity)
            default: .double(-.infinity)
            }
        case .array(let elements): .array(elements.map(unmarked))
        case .object(let fields): .object(fields.mapValues(unmarked))
        default: json
        }
    }
}
