import Serving
import TernInference
import TernKernel

/// A scoring request's columns as the tensors that the model takes.
struct ScoringTensors {
    let model: ServedModel

    static let schema = TernError.Code("schema_enforcement_failed")

    /// - Throws: `schema_enforcement_failed` naming the inputs that are missing, `invalid_argument` naming a column that cannot be converted.
    func tensors(_ table: ScoringTable) throws -> [Tensor] {
        guard table.rows > 0 else { throw TernError.invalid("Invalid input. There are no rows.") }
        var tensors = try inputs(table)
        if let name = model.eventTime, let times = table.columns.first(where: { $0.name == name }) {
            tensors.append(try eventTimes(name, times.values))
        }
        return tensors
    }

    private func inputs(_ table: ScoringTable) throws -> [Tensor] {
        if let unnamed = table.unnamed {
            guard let input = model.inputs.first, model.inputs.count == 1 else { throw missing(model.inputs.map(\.name)) }
            return [try tensor(input, rows: unnamed)]
        }
        let byName = Dictionary(table.columns.map { ($0.name, $0.values) }) { first, _ in first }
        if let matrix = model.inputs.first, model.inputs.count == 1, matrix.shape.count == 2, byName[matrix.name] == nil {
            return [try tensor(matrix, rows: try matrixRows(table, byName, width: matrix.shape[1]))]
        }
        let absent = model.inputs.map(\.name).filter { byName[$0] == nil }
        guard absent.isEmpty else { throw missing(absent) }
        return try model.inputs.map { input in
            let values = byName[input.name] ?? []
            if values.contains(where: { $0.arrayValue != nil }) { return try tensor(input, rows: values) }
            return try convert(input, values, shape: input.shape.count == 1 ? [values.count] : [values.count, 1])
        }
    }

    /// A model with one matrix takes the columns it names, else all in the order they were sent.
    private func matrixRows(_ table: ScoringTable, _ byName: [String: [JSON]], width: Int) throws -> [JSON] {
        let names = model.features ?? table.columns.map(\.name).filter { $0 != model.eventTime }
        let absent = names.filter { byName[$0] == nil }
        guard absent.isEmpty else { throw missing(absent) }
        guard width < 0 || names.count == width else {
            throw TernError(
                ScoringTensors.schema, "Failed to enforce schema of data. Error: the model takes \(width) columns, and there are \(names.count).")
        }
        let columns = names.map { byName[$0] ?? [] }
        return (0..<table.rows).map { row in .array(columns.map { $0[row] }) }
    }

    /// Rows of numbers, or of lists of numbers as nested as the input is.
    private func tensor(_ input: TensorInfo, rows: [JSON]) throws -> Tensor {
        var flat: [JSON] = []
        var shape: [Int] = []
        try flatten(.array(rows), depth: 0, into: &flat, &shape)
        if shape.count == 1, input.shape.count == 2 { shape.append(1) }
        return try convert(input, flat, shape: shape)
    }

    private func flatten(_ value: JSON, depth: Int, into flat: inout [JSON], _ shape: inout [Int]) throws {
        guard case .array(let elements) = value else {
            guard depth == shape.count else { throw TernError.invalid("Invalid input. The lists are not equally deep.") }
            return flat.append(value)
        }
        guard flat.isEmpty || depth < shape.count else { throw TernError.invalid("Invalid input. The lists are not equally deep.") }
        if depth == shape.count { shape.append(elements.count) }
        guard shape[depth] == elements.count else { throw TernError.invalid("Invalid input. The lists are not equally long.") }
        for element in elements { try flatten(element, depth: depth + 1, into: &flat, &shape) }
    }

    private func convert(_ input: TensorInfo, _ values: [JSON], shape: [Int]) throws -> Tensor {
        do {
            let tensor = try Tensor(column: Column(input.name, ScoringTensors.column(values)), type: input.type, vector: true)
            switch tensor.storage {
            case .bytes(let bytes): return try Tensor(input.name, type: input.type, shape: shape, bytes: bytes)
            case .strings(let strings): return try Tensor(input.name, shape: shape, strings: strings)
            }
        } catch let error as TernError {
            throw TernError.invalid(
                "Invalid input. Data is not compatible with model signature. "
                    + "Failed to convert column \(input.name) to type '\(input.type.datatype)'. Error: '\(error.message)'")
        }
    }

    /// Values of one kind where they are, else text, which is cast as far as it can be.
    private static func column(_ values: [JSON]) -> Column.Values {
        let present = values.filter { !$0.isNull }
        if present.allSatisfy({ if case .int = $0 { true } else { false } }) { return .int(values.map(\.intValue)) }
        if present.allSatisfy({ $0.doubleValue != nil }) { return .double(values.map(\.doubleValue)) }
        if present.allSatisfy({ $0.boolValue != nil }) { return .bool(values.map(\.boolValue)) }
        return .text(values.map { $0.isNull ? nil : $0.stringValue ?? $0.description })
    }

    private func eventTimes(_ name: String, _ values: [JSON]) throws -> Tensor {
        let numbers = values.compactMap { $0.intValue ?? $0.stringValue.flatMap { Int64($0) } }
        if numbers.count == values.count { return try Tensor(name, shape: [values.count], values: numbers) }
        return try Tensor(name, shape: [values.count], strings: values.map { $0.stringValue ?? $0.description })
    }

    private func missing(_ names: [String]) -> TernError {
        let schema = model.inputs.map { "'\($0.name)': \($0.type.datatype) (required)" }.joined(separator: ", ")
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        return TernError(
            ScoringTensors.schema, "Failed to enforce schema of data with schema '[\(schema)]'. Error: Model is missing inputs [\(list)].")
    }
}
