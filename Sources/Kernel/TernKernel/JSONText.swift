/// JSON under construction, straight into bytes: for answers that are too long to be made as values first.
///
/// What is written is valid as long as each field and element is given exactly one value. Text must be UTF-8, as Swift's is.
package struct JSONText: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(reserving capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    package mutating func object(_ fill: (inout JSONText) throws -> Void) rethrows {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        try fill(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func array<Element>(_ elements: some Sequence<Element>, _ write: (inout JSONText, Element) throws -> Void) rethrows {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements { try write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// - Parameter name: plain ASCII without quotes, as the fields of our protocols are.
    package mutating func field(_ name: StaticString, _ write: (inout JSONText) throws -> Void) rethrows {
        begin(name)
        try write(&self)
    }

    /// The same, for a value that the caller writes next.
    package mutating func begin(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() { raw("null") }
    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func integer(_ value: Int64) {
        separate()
        JSONText.append(value, to: &bytes)
        needsComma = true
    }

    /// Numbers that JSON lacks become the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
    package mutating func number(_ value: Double) {
        separate()
        JSONText.append(value, to: &bytes)
        needsComma = true
    }

    package mutating func string(_ value: String) {
        separate()
        JSONText.append(quoted: value, to: &bytes)
        needsComma = true
    }

    package mutating func value(_ value: JSON) {
        separate()
        value.append(to: &bytes)
        needsComma = true
    }

    private mutating func raw(_ text: StaticString) {
        separate()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }
}

// MARK: Scalars

extension JSONText {
    static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        } while rest > 0
        bytes[start...].reverse()
    }

    /// The shortest decimal that reads back as the same double.
    static func append(_ value: Double, to bytes: inout [UInt8]) {
        if value.isNaN { return bytes.append(contentsOf: "\"NaN\"".utf8) }
        if value.isInfinite { return bytes.append(contentsOf: (value > 0 ? "\"Infinity\"" : "\"-Infinity\"").utf8) }
        bytes.append(contentsOf: value.description.utf8)
    }

    static func append(quoted value: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            // Nearly every text has nothing to escape and is copied whole.
            var plain = 0
            for (index, byte) in text.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: text[plain..<index])
                plain = index + 1
                escape(byte, to: &bytes)
            }
            bytes.append(contentsOf: text[plain...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
