/// What stands within a line of Markdown: emphasis, code, links. Every byte of the text is escaped on its way out.
struct MarkdownInline {
    /// The most levels of emphasis in each other.
    private static let deepest = 8
    /// Longer link texts and addresses are text.
    private static let longestLink = 1000

    static func write(_ text: [UInt8], to output: inout [UInt8]) { write(text[...], depth: 0, to: &output) }

    static func escape(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        for byte in text { escape(byte, to: &output) }
    }

    private static func escape(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "&"): output += "&amp;".utf8
        case UInt8(ascii: "<"): output += "&lt;".utf8
        case UInt8(ascii: ">"): output += "&gt;".utf8
        case UInt8(ascii: "\""): output += "&quot;".utf8
        case UInt8(ascii: "'"): output += "&#39;".utf8
        default: output.append(byte)
        }
    }

    private static func write(_ text: ArraySlice<UInt8>, depth: Int, to output: inout [UInt8]) {
        var rest = text
        var before: UInt8?
        // Marks that have no partner further on; looking again would find none again.
        var lonely: Set<[UInt8]> = []
        while let byte = rest.first {
            var taken = 0
            switch byte {
            case UInt8(ascii: "\\"):
                if let next = rest.dropFirst().first, isPunctuation(next) {
                    escape(next, to: &output)
                    taken = 2
                }
            case UInt8(ascii: "`"):
                taken = code(rest, &lonely, to: &output)
            case UInt8(ascii: "*"), UInt8(ascii: "_"):
                // `snake_case` is one word.
                if depth < deepest, byte == UInt8(ascii: "*") || !isWord(before) { taken = emphasis(rest, depth, &lonely, to: &output) }
            case UInt8(ascii: "!"), UInt8(ascii: "["):
                taken = link(rest, depth, to: &output)
            case UInt8(ascii: "<"):
                taken = autolink(rest, to: &output)
            case UInt8(ascii: " "):
                // Two spaces before the end of a line.
                let spaces = rest.prefix { $0 == 32 }.count
                if spaces >= 2, rest.dropFirst(spaces).first == 10 {
                    output += "<br>\n".utf8
                    taken = spaces + 1
                }
            default: break
            }
            if taken == 0 {
                escape(byte, to: &output)
                taken = 1
            }
            before = rest.dropFirst(taken - 1).first
            rest = rest.dropFirst(taken)
        }
    }

    /// - Returns: how many bytes it took; 0 when this is no code span.
    private static func code(_ text: ArraySlice<UInt8>, _ lonely: inout Set<[UInt8]>, to output: inout [UInt8]) -> Int {
        let mark = Array(text.prefix { $0 == UInt8(ascii: "`") })
        guard !lonely.contains(mark) else { return literal(mark, to: &output) }
        var rest = text.dropFirst(mark.count)
        while let start = rest.firstIndex(of: UInt8(ascii: "`")) {
            let run = rest[start...].prefix { $0 == UInt8(ascii: "`") }
            if run.count == mark.count {
                output += "<code>".utf8
                escape(text[(text.startIndex + mark.count)..<start], to: &output)
                output += "</code>".utf8
                return start + run.count - text.startIndex
            }
            rest = rest[run.endIndex...]
        }
        lonely.insert(mark)
        return literal(mark, to: &output)
    }

    private static func literal(_ mark: [UInt8], to output: inout [UInt8]) -> Int {
        output += mark
        return mark.count
    }

    private static func emphasis(_ text: ArraySlice<UInt8>, _ depth: Int, _ lonely: inout Set<[UInt8]>, to output: inout [UInt8]) -> Int {
        guard let byte = text.first else { return 0 }
        let run = text.prefix { $0 == byte }.count
        for width in [2, 1] where width <= run {
            let mark = Array(repeating: byte, count: width)
            let inner = text.dropFirst(width)
            guard !lonely.contains(mark), let first = inner.first, first != 32, first != 10 else { continue }
            guard let end = close(inner, byte, width) else {
                lonely.insert(mark)
                continue
            }
            let tag = width == 2 ? "strong" : "em"
            output += "<\(tag)>".utf8
            write(inner[..<end], depth: depth + 1, to: &output)
            output += "</\(tag)>".utf8
            return end + width - text.startIndex
        }
        return literal(Array(repeating: byte, count: run), to: &output)
    }

    /// Where a run of marks closes an emphasis: behind something, and for `_` not within a word.
    private static func close(_ text: ArraySlice<UInt8>, _ byte: UInt8, _ width: Int) -> Int? {
        var index = text.startIndex
        while let start = text[index...].firstIndex(of: byte) {
            let run = text[start...].prefix { $0 == byte }
            let before = start > text.startIndex ? text[start - 1] : nil
            let after = run.endIndex < text.endIndex ? text[run.endIndex] : nil
            // Both of three marks close together: `***a***`.
            let closes = run.count == width || (run.count >= 3 && width <= run.count)
            if closes, start > text.startIndex, before != 32, before != 10, before != UInt8(ascii: "\\"), byte == UInt8(ascii: "*") || !isWord(after)
            {
                return run.count > width ? run.endIndex - width : start
            }
            index = run.endIndex
        }
        return nil
    }

    /// `[text](address)`, `![text](address)`.
    private static func link(_ text: ArraySlice<UInt8>, _ depth: Int, to output: inout [UInt8]) -> Int {
        let isPicture = text.first == UInt8(ascii: "!")
        let open = isPicture ? text.dropFirst() : text
        guard open.first == UInt8(ascii: "["), depth < deepest else { return 0 }
        let reach = open.prefix(longestLink)
        guard let end = reach.firstIndex(of: UInt8(ascii: "]")), reach[end...].dropFirst().first == UInt8(ascii: "("),
            let close = reach[end...].firstIndex(of: UInt8(ascii: ")"))
        else { return 0 }
        let words = open[(open.startIndex + 1)..<end]
        // What follows a space is the title, which is not shown.
        let address = open[(end + 2)..<close].prefix { $0 != 32 && $0 != 10 }
        guard isSafe(address) else { return 0 }
        anchor(address, to: &output)
        if words.isEmpty {
            escape(address, to: &output)
        } else {
            write(words, depth: deepest, to: &output)
        }
        output += "</a>".utf8
        return close + 1 - text.startIndex
    }

    /// `<https://example.com>`.
    private static func autolink(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) -> Int {
        guard let end = text.prefix(longestLink).firstIndex(of: UInt8(ascii: ">")) else { return 0 }
        let address = text[(text.startIndex + 1)..<end]
        guard isSafe(address), !address.contains(32), !address.contains(10) else { return 0 }
        anchor(address, to: &output)
        escape(address, to: &output)
        output += "</a>".utf8
        return end + 1 - text.startIndex
    }

    private static func anchor(_ address: ArraySlice<UInt8>, to output: inout [UInt8]) {
        output += "<a rel=\"nofollow noopener noreferrer\" href=\"".utf8
        escape(address, to: &output)
        output += "\">".utf8
    }

    /// Only these three: whatever else an address can begin with may do more than lead somewhere.
    private static func isSafe(_ address: ArraySlice<UInt8>) -> Bool {
        let start = String(decoding: address.prefix(8), as: UTF8.self).lowercased()
        return ["https://", "http://", "mailto:"].contains { start.hasPrefix($0) && address.count > $0.utf8.count }
            && address.allSatisfy { $0 > 32 && $0 != 127 }
    }

    private static func isWord(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte >= 128 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        (33...47).contains(byte) || (58...64).contains(byte) || (91...96).contains(byte) || (123...126).contains(byte)
    }
}
