import Foundation
import TernKernel

/// The first line of a csv file: which columns there are, and what stands between them.
struct CSVHeader: Hashable {
    var names: [String]
    var delimiter: Character

    /// - Throws: `DataRefusal` when the file is empty or has no readable header.
    init(ofFileAt path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { throw TernError.notFound("no file at \(path)") }
        defer { try? file.close() }
        guard let start = try file.read(upToCount: 1 << 20), !start.isEmpty else { throw DataRefusal(rule: "rows", "the file is empty") }
        let bytes = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start.dropFirst(3) : start
        var quoted = false
        let line = bytes.prefix { byte in
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            return quoted || (byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r"))
        }
        guard let text = String(bytes: line, encoding: .utf8), !text.contains("\0") else {
            throw DataRefusal(rule: "readable", "the first line is not text in UTF-8")
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw DataRefusal(rule: "readable", "the first line is blank, where the column names should be")
        }
        let candidates: [Character] = [",", ";", "\t", "|"]
        let fields = candidates.map { CSVHeader.split(text, at: $0) }
        let widest = fields.indices.max { fields[$0].count < fields[$1].count } ?? 0
        let best = fields[0].count == fields[widest].count ? 0 : widest
        delimiter = candidates[best]
        names = fields[best]
    }

    private static func split(_ text: String, at delimiter: Character) -> [String] {
        var fields: [String] = []
        var field = ""
        var quoted = false
        var characters = text[...]
        while let character = characters.popFirst() {
            if character == "\"" {
                if quoted, characters.first == "\"" {
                    field.append("\"")
                    characters.removeFirst()
                } else {
                    quoted.toggle()
                }
            } else if character == delimiter, !quoted {
                fields.append(field)
                field = ""
            } else {
                field.append(character)
            }
        }
        return fields + [field]
    }
}
