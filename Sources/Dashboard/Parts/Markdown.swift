/// Markdown as HTML, for model cards: headings, paragraphs, lists, quotes, code, tables, links, emphasis. Whatever else stands in it, HTML
/// above all, is shown as the text it is; nothing is ever fetched, so pictures become links.
///
/// Time is linear in the length of the text: nesting is limited, and a search that failed is not made again.
struct Markdown {
    /// The most levels of lists and quotes in each other; what is deeper is text.
    static let deepest = 8
    /// The most columns of a table.
    static let widest = 40

    private var output: [UInt8] = []

    /// - Returns: HTML whose every tag and attribute comes from here.
    static func html(_ text: String) -> String {
        var markdown = Markdown()
        let lines = text.utf8.split(omittingEmptySubsequences: false) { $0 == 10 }
            .map { line in line.filter { $0 != 13 && $0 != 0 }.flatMap { $0 == 9 ? [32, 32, 32, 32] : [$0] } }
        markdown.blocks(lines[...], depth: 0)
        return String(decoding: markdown.output, as: UTF8.self)
    }

    private typealias Lines = ArraySlice<[UInt8]>

    private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func blocks(_ lines: Lines, depth: Int) {
        var lines = lines
        while let line = lines.first {
            if line.allSatisfy({ $0 == 32 }) {
                lines.removeFirst()
            } else if let fence = Fence(line) {
                lines = code(lines.dropFirst(), fence)
            } else if let (level, title) = Markdown.heading(line) {
                // The page's own title is the only first heading.
                let tag = level == 1 ? "h2" : level == 2 ? "h3" : "h4"
                put("<\(tag)>")
                MarkdownInline.write(title, to: &output)
                put("</\(tag)>\n")
                lines.removeFirst()
            } else if Markdown.isRule(line) {
                put("<hr>\n")
                lines.removeFirst()
            } else if depth < Markdown.deepest, Markdown.quoted(line) != nil {
                lines = quote(lines, depth)
            } else if depth < Markdown.deepest, let marker = ListMarker(line) {
                lines = list(lines, marker, depth)
            } else if lines.count > 1, let columns = TableRow(line), TableRow.isSeparator(lines[lines.startIndex + 1], of: columns.cells.count) {
                lines = table(lines, columns)
            } else {
                lines = paragraph(lines, depth)
            }
        }
    }

    // MARK: Blocks

    private mutating func code(_ lines: Lines, _ fence: Fence) -> Lines {
        put("<pre><code>")
        var lines = lines
        while let line = lines.popFirst() {
            if fence.isClosed(by: line) { break }
            MarkdownInline.escape(line[...], to: &output)
            output.append(10)
        }
        put("</code></pre>\n")
        return lines
    }

    private mutating func quote(_ lines: Lines, _ depth: Int) -> Lines {
        var inner: [[UInt8]] = []
        var lines = lines
        while let line = lines.first, let text = Markdown.quoted(line) {
            inner.append(text)
            lines.removeFirst()
        }
        put("<blockquote>\n")
        blocks(inner[...], depth: depth + 1)
        put("</blockquote>\n")
        return lines
    }

    private mutating func list(_ lines: Lines, _ first: ListMarker, _ depth: Int) -> Lines {
        put(first.isOrdered ? "<ol>\n" : "<ul>\n")
        var lines = lines
        while let line = lines.first, let marker = ListMarker(line), marker.isOrdered == first.isOrdered, !Markdown.isRule(line) {
            var inner = [Array(line.dropFirst(marker.width))]
            lines.removeFirst()
            // What is indented below an item belongs to it, and an empty line between such lines too.
            while let next = lines.first {
                let indent = next.prefix { $0 == 32 }.count
                if indent == next.count {
                    guard let after = lines.dropFirst().first, after.prefix(while: { $0 == 32 }).count >= min(marker.width, 2),
                        after.contains(where: { $0 != 32 })
                    else { break }
                    inner.append([])
                } else if indent >= min(marker.width, 2) {
                    inner.append(Array(next.dropFirst(min(indent, marker.width))))
                } else if ListMarker(next) == nil, !Markdown.startsBlock(next), inner.last?.isEmpty == false {
                    inner.append(next)
                } else {
                    break
                }
                lines.removeFirst()
            }
            put("<li>")
            item(inner[...], depth)
            put("</li>\n")
            // Items may stand apart.
            if let next = lines.first, next.allSatisfy({ $0 == 32 }), let after = lines.dropFirst().first, let marker = ListMarker(after),
                marker.isOrdered == first.isOrdered
            {
                lines.removeFirst()
            }
        }
        put(first.isOrdered ? "</ol>\n" : "</ul>\n")
        return lines
    }

    /// An item of one paragraph needs no paragraph of its own.
    private mutating func item(_ lines: Lines, _ depth: Int) {
        let text = lines.prefix { !$0.allSatisfy { $0 == 32 } && ListMarker($0) == nil && !Markdown.startsBlock($0) }
        if !text.isEmpty {
            MarkdownInline.write(Markdown.joined(text), to: &output)
        }
        blocks(lines.dropFirst(text.count), depth: depth + 1)
    }

    private mutating func table(_ lines: Lines, _ header: TableRow) -> Lines {
        put("<table><thead><tr>")
        cells(header.cells, "th")
        put("</tr></thead><tbody>\n")
        var lines = lines.dropFirst(2)
        while let line = lines.first, let row = TableRow(line) {
            put("<tr>")
            let missing = max(0, header.cells.count - row.cells.count)
            cells(row.cells.prefix(header.cells.count) + Array(repeating: [], count: missing), "td")
            put("</tr>\n")
            lines.removeFirst()
        }
        put("</tbody></table>\n")
        return lines
    }

    private mutating func cells(_ cells: some Sequence<[UInt8]>, _ tag: String) {
        for cell in cells {
            put("<\(tag)>")
            MarkdownInline.write(cell, to: &output)
            put("</\(tag)>")
        }
    }

    private mutating func paragraph(_ lines: Lines, _ depth: Int) -> Lines {
        var text = lines.prefix(1)
        for line in lines.dropFirst() {
            if line.allSatisfy({ $0 == 32 }) || Markdown.startsBlock(line) || (depth < Markdown.deepest && ListMarker(line) != nil) { break }
            text = lines.prefix(text.count + 1)
        }
        put("<p>")
        MarkdownInline.write(Markdown.joined(text), to: &output)
        put("</p>\n")
        return lines.dropFirst(text.count)
    }

    // MARK: Lines

    /// Lines of one paragraph; two spaces at an end break the line there.
    private static func joined(_ lines: Lines) -> [UInt8] {
        var text: [UInt8] = []
        for line in lines {
            let indent = line.prefix { $0 == 32 }.count
            if !text.isEmpty { text.append(10) }
            text += line.dropFirst(indent)
        }
        return text
    }

    private static func startsBlock(_ line: [UInt8]) -> Bool { Fence(line) != nil || heading(line) != nil || isRule(line) || quoted(line) != nil }

    private static func heading(_ line: [UInt8]) -> (level: Int, title: [UInt8])? {
        let level = line.prefix { $0 == UInt8(ascii: "#") }.count
        guard (1...6).contains(level), line.count == level || line[level] == 32 else { return nil }
        var title = Array(line.dropFirst(level).drop { $0 == 32 })
        while title.last == 32 || title.last == UInt8(ascii: "#") { title.removeLast() }
        return (level, title)
    }

    private static func isRule(_ line: [UInt8]) -> Bool {
        let marks = line.filter { $0 != 32 }
        guard marks.count >= 3, let first = marks.first, "-*_".utf8.contains(first) else { return false }
        return marks.allSatisfy { $0 == first }
    }

    private static func quoted(_ line: [UInt8]) -> [UInt8]? {
        guard line.first == UInt8(ascii: ">") else { return nil }
        return Array(line.dropFirst(line.count > 1 && line[1] == 32 ? 2 : 1))
    }

    private struct Fence {
        let mark: UInt8
        let count: Int

        init?(_ line: [UInt8]) {
            let text = line.drop { $0 == 32 }
            guard let first = text.first, first == UInt8(ascii: "`") || first == UInt8(ascii: "~") else { return nil }
            mark = first
            count = text.prefix { $0 == first }.count
            // A code span of three backticks is not a fence.
            guard count >= 3, !text.dropFirst(count).contains(UInt8(ascii: "`")) else { return nil }
        }

        func isClosed(by line: [UInt8]) -> Bool {
            let text = line.drop { $0 == 32 }
            let marks = text.prefix { $0 == mark }.count
            return marks >= count && text.dropFirst(marks).allSatisfy { $0 == 32 }
        }
    }

    /// `- `, `* `, `+ `, `1. `, `1) ` with what stands before them.
    private struct ListMarker {
        let isOrdered: Bool
        /// Where the item's text begins.
        let width: Int

        init?(_ line: [UInt8]) {
            let indent = line.prefix { $0 == 32 }.count
            let text = line.dropFirst(indent)
            guard let first = text.first else { return nil }
            var marks = 1
            if "-*+".utf8.contains(first) {
                isOrdered = false
            } else {
                let digits = text.prefix { (48...57).contains($0) }.count
                guard (1...9).contains(digits), let end = text.dropFirst(digits).first, end == UInt8(ascii: ".") || end == UInt8(ascii: ")") else {
                    return nil
                }
                isOrdered = true
                marks = digits + 1
            }
            guard let space = text.dropFirst(marks).first, space == 32 else { return nil }
            width = indent + marks + 1
        }
    }

    /// `| a | b |`; a backslash before a bar keeps it.
    private struct TableRow {
        var cells: [[UInt8]] = []

        init?(_ line: [UInt8]) {
            var text = line.drop { $0 == 32 }
            while text.last == 32 { text.removeLast() }
            guard text.contains(UInt8(ascii: "|")) else { return nil }
            if text.first == UInt8(ascii: "|") { text.removeFirst() }
            if text.last == UInt8(ascii: "|"), text.dropLast().last != UInt8(ascii: "\\") { text.removeLast() }
            var cell: [UInt8] = []
            var escaped = false
            for byte in text {
                if byte == UInt8(ascii: "|"), !escaped {
                    cells.append(TableRow.trimmed(cell))
                    cell = []
                } else {
                    // The bar needs its backslash no longer.
                    if byte == UInt8(ascii: "|"), escaped { cell.removeLast() }
                    cell.append(byte)
                }
                escaped = byte == UInt8(ascii: "\\") && !escaped
            }
            cells.append(TableRow.trimmed(cell))
            if cells.count > Markdown.widest { cells.removeLast(cells.count - Markdown.widest) }
        }

        static func isSeparator(_ line: [UInt8], of columns: Int) -> Bool {
            guard let row = TableRow(line), row.cells.count == columns else { return false }
            return row.cells.allSatisfy { cell in cell.contains(UInt8(ascii: "-")) && cell.allSatisfy { "-:".utf8.contains($0) } }
        }

        private static func trimmed(_ cell: [UInt8]) -> [UInt8] {
            var cell = cell.drop { $0 == 32 }
            while cell.last == 32 { cell.removeLast() }
            return Array(cell)
        }
    }
}
