import TernKernel

/// One value of an event. Source: tensorflow, `event.proto`, `summary.proto`, `tensor.proto`; tensorboard, `hparams/plugin_data.proto`.
struct EventValue {
    enum Content {
        case scalar(Double)
        /// PNG or whatever the writer encoded.
        case image([UInt8])
        case text(String)
        case hparams([String: String])
        /// A kind that has no place here: `histogram`, `audio`, `graph`…
        case other(String)
    }

    var tag: String
    var content: Content
}

struct EventRecord {
    /// Milliseconds since 1970.
    var time: Int64 = 0
    var step: Int64 = 0
    var values: [EventValue] = []

    /// - Parameter plugins: which plugin a tag belongs to; writers say so on a tag's first value only.
    init(_ bytes: [UInt8], _ plugins: inout [String: String]) throws {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: time = Flat.milliseconds(try field.double())
            case 2: step = try field.int64()
            case 4: values.append(EventValue(tag: "", content: .other("graph")))
            case 5:
                var summary = try field.message()
                while let value = try summary.next() { if value.number == 1 { values.append(try EventRecord.value(value.message(), &plugins)) } }
            default: break
            }
        }
    }

    private static func value(_ message: ProtobufReader, _ plugins: inout [String: String]) throws -> EventValue {
        var message = message
        var tag = ""
        var content: EventValue.Content?
        var plugin: (name: String, content: ArraySlice<UInt8>)?
        var tensor: ProtobufReader?
        while let field = try message.next() {
            switch field.number {
            case 1: tag = try field.string()
            case 2: content = .scalar(Double(try field.float()))
            case 4: content = .image(try image(field.message()))
            case 5: content = .other("histogram")
            case 6: content = .other("audio")
            case 8: tensor = try field.message()
            case 9: plugin = try pluginData(field.message())
            default: break
            }
        }
        if let plugin, !plugin.name.isEmpty { plugins[tag] = plugin.name }
        if let plugin, plugin.name == "hparams" { return EventValue(tag: tag, content: .hparams(try hparams(plugin.content))) }
        if let content { return EventValue(tag: tag, content: content) }
        guard let tensor else { return EventValue(tag: tag, content: .other(plugins[tag] ?? "empty")) }
        let read = try EventTensor(tensor)
        switch plugins[tag] {
        case "scalars": return EventValue(tag: tag, content: read.numbers.first.map(EventValue.Content.scalar) ?? .other("empty scalar"))
        case "text": return EventValue(tag: tag, content: .text(read.texts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")))
        case "images" where read.texts.count > 2: return EventValue(tag: tag, content: .image(Array(read.texts[2])))
        case let name: return EventValue(tag: tag, content: .other(name ?? "tensor"))
        }
    }

    private static func image(_ message: ProtobufReader) throws -> [UInt8] {
        var message = message
        var bytes: [UInt8] = []
        while let field = try message.next() { if field.number == 4 { bytes = Array(try field.bytes()) } }
        return bytes
    }

    /// `SummaryMetadata{plugin_data = 1 {plugin_name = 1, content = 2}}`.
    private static func pluginData(_ message: ProtobufReader) throws -> (String, ArraySlice<UInt8>) {
        var message = message
        var (name, content): (String, ArraySlice<UInt8>) = ("", [])
        while let field = try message.next() {
            guard field.number == 1 else { continue }
            var data = try field.message()
            while let part = try data.next() {
                if part.number == 1 { name = try part.string() }
                if part.number == 2 { content = try part.bytes() }
            }
        }
        return (name, content)
    }

    /// `HParamsPluginData{session_start_info = 3 {hparams = 1 map<string, google.protobuf.Value>}}`.
    private static func hparams(_ bytes: ArraySlice<UInt8>) throws -> [String: String] {
        var found: [String: String] = [:]
        var data = ProtobufReader(bytes)
        while let field = try data.next() {
            guard field.number == 3 else { continue }
            var start = try field.message()
            while let entry = try start.next() {
                guard entry.number == 1 else { continue }
                var pair = try entry.message()
                var (key, text) = ("", "None")
                while let part = try pair.next() {
                    if part.number == 1 { key = try part.string() }
                    guard part.number == 2 else { continue }
                    var value = try part.message()
                    while let kind = try value.next() {
                        switch kind.number {
                        case 2: text = EventRecord.short(try kind.double())
                        case 3: text = try kind.string()
                        case 4: text = try kind.bool() ? "True" : "False"
                        default: break
                        }
                    }
                }
                found[key] = text
            }
        }
        return found
    }

    /// The writer made every number a double: whole ones are written whole.
    private static func short(_ value: Double) -> String { Int64(exactly: value).map(String.init) ?? Flat.text(.double(value)) }
}

/// `TensorProto`, as far as events use it.
struct EventTensor {
    var numbers: [Double] = []
    var texts: [ArraySlice<UInt8>] = []

    init(_ message: ProtobufReader) throws {
        var message = message
        var type: UInt64 = 0
        var content: ArraySlice<UInt8> = []
        while let field = try message.next() {
            switch field.number {
            case 1: type = try field.uint64()
            case 4: content = try field.bytes()
            case 5: numbers += try field.floats().map(Double.init)
            case 6: numbers += try field.doubles()
            case 7, 10: numbers += try field.varints().map { Double(Int64(bitPattern: $0)) }
            case 8: texts.append(try field.bytes())
            default: break
            }
        }
        if !content.isEmpty { numbers = EventTensor.numbers(content, type) }
    }

    /// Raw little-endian elements of the types that scalars have.
    private static func numbers(_ content: ArraySlice<UInt8>, _ type: UInt64) -> [Double] {
        let sizes: [UInt64: Int] = [1: 4, 2: 8, 3: 4, 9: 8]
        guard let size = sizes[type] else { return [] }
        return stride(from: content.startIndex, through: content.endIndex - size, by: size).map { start in
            let bits = (0..<size).reduce(UInt64(0)) { $0 | UInt64(content[start + $1]) << UInt64(8 * $1) }
            return switch type {
            case 1: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            case 2: Double(bitPattern: bits)
            case 3: Double(Int32(truncatingIfNeeded: Int64(bitPattern: bits)))
            default: Double(Int64(bitPattern: bits))
            }
        }
    }
}
