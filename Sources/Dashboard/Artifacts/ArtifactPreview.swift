import Foundation
import TernKernel

/// A file as a page can show it. Which way is told by its name, and for unknown names by its bytes.
struct ArtifactPreview: DashboardView, Equatable {
    /// What a text shows at most, and the size up to which pictures, JSON and HTML are shown at all.
    static let textLimit = 256 << 10
    static let jsonLimit = 1 << 20
    static let viewLimit = 10 << 20
    static let tableRows = 200
    static let tableColumns = 50

    struct Line: Sendable, Equatable {
        var cells: [String]
    }

    var path: String
    var size: String
    var download: String
    /// One of these is there.
    var text: String?
    var prose: Prose?
    var head: [String]
    var rows: [Line]
    var image: String?
    var page: String?
    /// What is not shown, and why.
    var words: String?

    static let template = #"""
        <h2><span class="mono">{{path}}</span> <span class="muted">{{size}}</span><a class="more button" href="{{download}}" download>Download</a>\#
        </h2>{{#words}}<p class="muted">{{.}}</p>{{/words}}
        {{#text}}<pre class="preview" tabindex="0">{{.}}</pre>{{/text}}
        {{#prose}}<div class="prose">{{>prose}}</div>{{/prose}}
        <div class="preview-table"><table><thead><tr>{{#head}}<th>{{.}}</th>{{/head}}</tr></thead><tbody>{{#rows}}<tr>{{#cells}}<td>{{.}}</td>\#
        {{/cells}}</tr>{{/rows}}</tbody></table></div>
        {{#image}}<img class="preview" src="{{.}}" alt="The picture {{path}}">{{/image}}
        {{#page}}<iframe class="preview" src="{{.}}" sandbox="allow-scripts" title="The page {{path}}"></iframe>{{/page}}
        """#

    enum Kind: Sendable, Equatable {
        case text, json, table(Character), markdown, image(String), page, unknown
    }

    private static let images = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
        "bmp": "image/bmp",
    ]
    private static let texts: Set<String> = [
        "txt", "log", "err", "out", "cfg", "conf", "ini", "toml", "yaml", "yml", "xml", "js", "py", "sh", "sql", "r", "jl", "swift", "rst",
        "properties", "jsonl", "ndjson", "lock",
    ]

    static func kind(of path: String) -> Kind {
        let name = (path as NSString).lastPathComponent
        let ending = (name as NSString).pathExtension.lowercased()
        if let type = images[ending] { return .image(type) }
        switch ending {
        case "json", "ipynb", "geojson": return .json
        case "csv": return .table(",")
        case "tsv", "tab": return .table("\t")
        case "md", "markdown": return .markdown
        case "html", "htm": return .page
        default: return texts.contains(ending) || ["MLmodel", "MLproject", "Dockerfile", "Makefile", "LICENSE"].contains(name) ? .text : .unknown
        }
    }

    init(path: String, size: Int64, download: String) {
        self.path = path
        self.size = Figures.bytes(size)
        self.download = download
        head = []
        rows = []
    }

    /// - Parameters:
    ///   - bytes: the start of the file, `ArtifactPreview.jsonLimit` at most.
    ///   - view: where the file's bytes are, for pictures and pages.
    init(path: String, bytes: Data, size: Int64, download: String, view: String) {
        self.init(path: path, size: size, download: download)
        let isWhole = Int64(bytes.count) == size
        switch ArtifactPreview.kind(of: path) {
        case .image, .page:
            if size > ArtifactPreview.viewLimit {
                words = "Files larger than \(Figures.bytes(Int64(ArtifactPreview.viewLimit))) are not shown."
            } else if ArtifactPreview.kind(of: path) == .page {
                page = view
            } else {
                image = view
            }
        case .json:
            if isWhole, let pretty = PrettyJSON.write(bytes) { text = pretty } else { show(bytes, size) }
        case .table(let separator):
            let lines = DelimitedText.rows(bytes, separator: separator, limit: ArtifactPreview.tableRows + 1, isWhole: isWhole)
            head = Array((lines.first ?? []).prefix(ArtifactPreview.tableColumns))
            rows = lines.dropFirst().map { Line(cells: Array($0.prefix(ArtifactPreview.tableColumns))) }
            if !isWhole || lines.count > ArtifactPreview.tableRows { words = "The first \(rows.count) rows." }
        case .markdown where isWhole && bytes.count <= ArtifactPreview.textLimit: prose = Prose(String(decoding: bytes, as: UTF8.self))
        case .text, .markdown, .unknown: show(bytes, size)
        }
    }

    private mutating func show(_ bytes: Data, _ size: Int64) {
        let start = bytes.prefix(ArtifactPreview.textLimit)
        if start.contains(0) || start.count > 64 && String(validating: start.dropLast(4), as: UTF8.self) == nil {
            words = "There is no preview for this kind of file."
            return
        }
        text = String(decoding: start, as: UTF8.self)
        if size > Int64(start.count) { words = "The first \(Figures.bytes(Int64(start.count)))." }
        if size == 0 { words = "The file is empty." }
    }
}

/// JSON with a line a value, numbers and the order of keys as they were written.
enum PrettyJSON {
    /// Nil for what is not JSON, or nested deeper than anyone reads.
    static func write(_ bytes: Data) -> String? {
        guard (try? JSON(parsing: bytes)) != nil else { return nil }
        var out: [UInt8] = []
        var depth = 0
        var isText = false
        var isEscaped = false
        func line() { out.append(10); out.append(contentsOf: repeatElement(32, count: depth * 2)) }
        for (index, byte) in zip(bytes.indices, bytes) {
            if isText {
                out.append(byte)
                if isEscaped { isEscaped = false } else if byte == 92 { isEscaped = true } else if byte == 34 { isText = false }
                continue
            }
            switch byte {
            case 9, 10, 13, 32: continue
            case 34:
                isText = true
                out.append(byte)
            case 91, 123:
                out.append(byte)
                depth += 1
                guard depth <= 100 else { return nil }
                let next = bytes[(index + 1)...].first { !" \t\r\n".utf8.contains($0) }
                if next != 93 && next != 125 { line() }
            case 93, 125:
                let before = out.last
                depth = max(0, depth - 1)
                if before != 91 && before != 123 { line() }
                out.append(byte)
            case 44:
                out.append(byte)
                line()
            case 58: out.append(contentsOf: [58, 32])
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

/// The first rows of a CSV or TSV file (RFC 4180: quotes around fields, doubled within them).
enum DelimitedText {
    /// - Parameter isWhole: whether the bytes are the whole file; if not, the row that they may have cut is left out.
    static func rows(_ bytes: Data, separator: Character, limit: Int, isWhole: Bool) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var quote = false
        func end() { row.append(field); field = "" }
        for character in String(decoding: bytes, as: UTF8.self) {
            if isQuoted {
                if quote {
                    quote = false
                    if character == "\"" {
                        field.append(character)
                        continue
                    }
                    isQuoted = false
                } else if character == "\"" {
                    quote = true
                    continue
                } else {
                    field.append(character)
                    continue
                }
            }
            if character == "\"", field.isEmpty {
                isQuoted = true
            } else if character == separator {
                end()
            } else if character.isNewline {
                end()
                if row != [""] { rows.append(row) }
                row = []
                if rows.count == limit { return rows }
            } else {
                field.append(character)
            }
        }
        if isWhole, !field.isEmpty || !row.isEmpty {
            end()
            rows.append(row)
        }
        return rows
    }
}
