import TernKernel

extension TableEngine {
    /// A name as SQL wants it: `"wind speed"`.
    package static func quoted(identifier: String) -> String { "\"" + identifier.replacing("\"", with: "\"\"") + "\"" }

    /// A text or path as SQL wants it: `'it''s'`.
    package static func quoted(literal: String) -> String { "'" + literal.replacing("'", with: "''") + "'" }

    /// What a `FROM` reads a file with, by its extension: csv, parquet, jsonl.
    ///
    /// - Throws: `invalid_argument` for another extension.
    package static func scan(of path: String) throws -> String {
        // Brackets and stars are patterns to DuckDB, and a name may hold them.
        let file = quoted(literal: path.replacing(/[\[\]*?]/) { $0.output == "[" ? "[[]" : $0.output == "]" ? "[]]" : "[\($0.output)]" })
        switch path.split(separator: ".").last?.lowercased() {
        case "parquet": return "read_parquet(\(file))"
        case "csv": return "read_csv(\(file), header = true, sample_size = -1)"
        case "tsv": return "read_csv(\(file), header = true, sample_size = -1, delim = '\t')"
        case "jsonl", "ndjson": return "read_json(\(file), format = 'newline_delimited', sample_size = -1)"
        default: throw TernError.invalid("cannot read \(path) as a table", hint: "the name must end in .csv, .parquet or .jsonl")
        }
    }
}
