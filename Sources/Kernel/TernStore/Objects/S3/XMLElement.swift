import TernKernel

/// The XML of S3's answers: elements and text. Attributes, comments and declarations are passed over; document types are refused, so that no
/// entity of a stranger's is ever expanded.
struct XMLElement: Equatable {
    var name: String
    var text = ""
    var children: [XMLElement] = []

    init(name: String) { self.name = name }

    /// - Throws: `invalid_argument` for what is not whole XML, or deeper than S3 ever answers.
    init(parsing bytes: some Sequence<UInt8>) throws {
        var reader = XMLReader(bytes: Array(bytes))
        self = try reader.document()
    }

    func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text of a child.
    subscript(name: String) -> String? { first(name)?.text }
}

private struct XMLReader {
    private static let deepest = 32

    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> XMLElement {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        try skipMisc()
        guard peek("<") else { throw broken("an element was expected") }
        let root = try element(depth: 0)
        try skipMisc()
        guard position == bytes.count else { throw broken("there is more after the end") }
        return root
    }

    /// White space, comments, `<?…?>`.
    private mutating func skipMisc() throws {
        while true {
            skipSpace()
            if peek("<?") {
                try skip(past: "?>")
            } else if peek("<!--") {
                try skip(past: "-->")
            } else {
                return
            }
        }
    }

    private mutating func element(depth: Int) throws -> XMLElement {
        guard depth < XMLReader.deepest else { throw broken("it is nested too deep") }
        position += 1
        var element = XMLElement(name: try name())
        if try attributes() { return element }
        var text: [UInt8] = []
        while true {
            guard position < bytes.count else { throw broken("<\(element.name)> is not closed") }
            if peek("</") {
                position += 2
                guard try name() == element.name else { throw broken("<\(element.name)> is closed by another name") }
                skipSpace()
                guard take(">") else { throw broken("a closing tag is not closed") }
                element.text = String(decoding: text, as: UTF8.self)
                return element
            } else if peek("<![CDATA[") {
                position += 9
                let start = position
                try skip(past: "]]>")
                text += bytes[start..<position - 3]
            } else if peek("<!--") {
                try skip(past: "-->")
            } else if peek("<?") {
                try skip(past: "?>")
            } else if peek("<!") {
                throw broken("document types are not read")
            } else if peek("<") {
                element.children.append(try self.element(depth: depth + 1))
            } else if peek("&") {
                text += try entity()
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
    }

    /// Passes over the attributes; whether the element ends with its own tag.
    private mutating func attributes() throws -> Bool {
        while true {
            skipSpace()
            if take("/>") { return true }
            if take(">") { return false }
            _ = try name()
            skipSpace()
            guard take("=") else { throw broken("an attribute has no value") }
            skipSpace()
            guard let quote = ["\"", "'"].first(where: { peek($0) }) else { throw broken("an attribute's value has no quotes") }
            position += 1
            try skip(past: quote)
        }
    }

    private mutating func name() throws -> String {
        let start = position
        while position < bytes.count, !" \t\r\n/>=<&'\"".utf8.contains(bytes[position]) { position += 1 }
        guard position > start else { throw broken("a name was expected") }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        return name.split(separator: ":").last.map(String.init) ?? name
    }

    private mutating func entity() throws -> [UInt8] {
        let start = position + 1
        guard let length = bytes[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw broken("an entity has no end") }
        let name = String(decoding: bytes[start..<length], as: UTF8.self)
        position = length + 1
        switch name {
        case "lt": return [UInt8(ascii: "<")]
        case "gt": return [UInt8(ascii: ">")]
        case "amp": return [UInt8(ascii: "&")]
        case "quot": return [UInt8(ascii: "\"")]
        case "apos": return [UInt8(ascii: "'")]
        default:
            let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let scalar = number.flatMap(Unicode.Scalar.init) else { throw broken("&\(name); is not known") }
            return Array(String(scalar).utf8)
        }
    }

    private mutating func skipSpace() { while position < bytes.count, " \t\r\n".utf8.contains(bytes[position]) { position += 1 } }

    private func peek(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func take(_ text: String) -> Bool {
        guard peek(text) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func skip(past end: String) throws {
        while position < bytes.count {
            if take(end) { return }
            position += 1
        }
        throw broken("'\(end)' is missing")
    }

    private func broken(_ why: String) -> TernError { TernError.invalid("not an answer in XML: \(why) at byte \(position)") }
}
