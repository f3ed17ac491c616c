import TernKernel

/// The rows of a scoring request, by column. Lists without names have none.
struct ScoringTable {
    var columns: [(name: String, values: [JSON])]
    /// Rows that were sent without column names, for models with one input.
    var unnamed: [JSON]?
    var rows: Int

    private static let forms = ["dataframe_split", "dataframe_records", "instances", "inputs"]

    /// Reads one of MLflow's four JSON forms.
    init(json: JSON) throws {
        guard case .object(let fields) = json else {
            throw TernError.invalid("Invalid input. \(ScoringTable.oneOf). Received a \(json.arrayValue == nil ? "scalar" : "list").")
        }
        let found = ScoringTable.forms.filter { fields[$0] != nil }
        guard found.count == 1, let form = found.first, let data = fields[form] else {
            let names = found.map { "'\($0)'" }.joined(separator: ", ")
            throw TernError.invalid("\(ScoringTable.oneOf). Received dictionary with input fields: [\(names)].")
        }
        switch form {
        case "dataframe_split": try self.init(split: data)
        case "dataframe_records": try self.init(records: data, of: form)
        case "instances" where data[0]?.objectValue == nil: try self.init(unnamed: data, of: form)
        case "instances": try self.init(records: data, of: form)
        default:
            if data.objectValue == nil { try self.init(unnamed: data, of: form) } else { try self.init(byColumn: data) }
        }
    }

    private static let oneOf =
        "The input must be a JSON dictionary with exactly one of the input fields {'dataframe_split', 'dataframe_records', 'instances', 'inputs'}"

    private init(split data: JSON) throws {
        guard let columns = data["columns"]?.arrayValue, let rows = data["data"]?.arrayValue else {
            throw TernError.invalid("Invalid input. 'dataframe_split' must be a dictionary with 'columns' and 'data'.")
        }
        let lists = try rows.enumerated().map { index, row in
            guard let values = row.arrayValue, values.count == columns.count else {
                throw TernError.invalid("Invalid input. Row \(index) of 'dataframe_split' does not have \(columns.count) values.")
            }
            return values
        }
        self.columns = columns.enumerated().map { index, name in (name.stringValue ?? name.description, lists.map { $0[index] }) }
        self.rows = rows.count
    }

    private init(records data: JSON, of form: String) throws {
        guard let records = data.arrayValue else { throw TernError.invalid("Invalid input. '\(form)' must be a list of dictionaries.") }
        var names: [String] = []
        var known: Set<String> = []
        for record in records {
            guard let fields = record.objectValue else { throw TernError.invalid("Invalid input. '\(form)' must be a list of dictionaries.") }
            for name in fields.keys.sorted() where known.insert(name).inserted { names.append(name) }
        }
        columns = names.map { name in (name, records.map { $0[name] ?? .null }) }
        rows = records.count
    }

    private init(byColumn data: JSON) throws {
        let fields = (data.objectValue ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, values: $0.value.arrayValue ?? [$0.value]) }
        // A column of lists of one value each is what a tensor [n, 1] looks like.
        columns = fields.map { field in
            (field.name, field.values.map { value in if let list = value.arrayValue, list.count == 1 { list[0] } else { value } })
        }
        rows = columns.first?.values.count ?? 0
        if let other = columns.first(where: { $0.values.count != rows }) {
            throw TernError.invalid("Invalid input. Column '\(other.name)' of 'inputs' has \(other.values.count) values, not \(rows).")
        }
    }

    private init(unnamed data: JSON, of form: String) throws {
        guard let list = data.arrayValue else { throw TernError.invalid("Invalid input. '\(form)' must be a list or a dictionary.") }
        columns = []
        unnamed = list
        rows = list.count
    }
}

extension ScoringTable {
    /// Reads comma-separated values with a header row. An empty field is a missing value; quotes are doubled inside quotes.
    init(csv text: String) throws {
        var records = ScoringTable.records(of: text)
        guard !records.isEmpty else { throw TernError.invalid("Invalid input. The CSV text has no header row.") }
        let header = records.removeFirst()
        for (index, record) in records.enumerated() where record.count != header.count {
            throw TernError.invalid("Invalid input. Row \(index) of the CSV text has \(record.count) fields, not \(header.count).")
        }
        columns = header.enumerated().map { index, name in (name, records.map { $0[index].isEmpty ? .null : .string($0[index]) }) }
        rows = records.count
    }

    private static func records(of text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = ""
        var quoted = false
        var rest = text.unicodeScalars[...]
        func end() {
            record.append(field)
            field = ""
        }
        while let next = rest.popFirst() {
            switch next {
            case "\"" where quoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"": quoted.toggle()
            case "," where !quoted: end()
            case "\r" where !quoted && rest.first == "\n": continue
            case "\n" where !quoted:
                end()
                if record != [""] { records.append(record) }
                record = []
            default: field.unicodeScalars.append(next)
            }
        }
        end()
        if record != [""] { records.append(record) }
        return records
    }
}
