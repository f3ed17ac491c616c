import TernKernel

/// The record's binary form, version 1. The endpoint's name is not in it: it is the folder's.
extension PredictionRecord {
    private static let format: UInt8 = 1

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.bytes.reserveCapacity(128 + rows * (inputs.count + outputs.count) * 5)
        append(to: &writer)
        return writer.bytes
    }

    func append(to writer: inout ByteWriter) {
        writer.byte(PredictionRecord.format)
        writer.signed(prediction)
        writer.byte(variant.role.code)
        writer.byte((error == nil ? 0 : 1) | (eventTimes.isEmpty ? 0 : 2))
        writer.text(variant.name)
        writer.text(variant.model)
        writer.count(variant.version)
        writer.signed(at.milliseconds)
        writer.count(rows)
        writer.signed(latencyMicroseconds)
        if let error { writer.text(error) }
        if !eventTimes.isEmpty { writer.times(eventTimes) }
        for columns in [inputs, outputs] {
            writer.count(columns.count)
            for column in columns {
                writer.text(column.name)
                writer.values(column.values)
            }
        }
    }

    /// - Throws: `data_loss` when the bytes are not a record.
    init(decoding bytes: UnsafeRawBufferPointer, endpoint: String) throws {
        var reader = ByteReader(bytes)
        do {
            guard try reader.byte() == PredictionRecord.format else { throw ByteReader.Damaged() }
            let prediction = try reader.signed()
            guard let role = VariantRole(code: try reader.byte()) else { throw ByteReader.Damaged() }
            let flags = try reader.byte()
            let variant = VariantReference(name: try reader.text(), role: role, model: try reader.text(), version: try reader.number())
            let at = Timestamp(milliseconds: try reader.signed())
            let rows = try reader.number()
            let latency = try reader.signed()
            let error = flags & 1 == 1 ? try reader.text() : nil
            let eventTimes = flags & 2 == 2 ? try reader.times() : []
            var columns: [[Column]] = [[], []]
            for index in columns.indices {
                for _ in 0..<(try reader.count()) { columns[index].append(Column(try reader.text(), try reader.values())) }
            }
            guard reader.remaining == 0 else { throw ByteReader.Damaged() }
            self.init(
                prediction: prediction, endpoint: endpoint, variant: variant, at: at, eventTimes: eventTimes, rows: rows,
                latencyMicroseconds: latency, error: error, inputs: columns[0], outputs: columns[1])
        } catch is ByteReader.Damaged {
            throw TernError(.dataLoss, "a record of endpoint \(endpoint) in the inference log is damaged")
        }
    }
}

extension VariantRole {
    fileprivate var code: UInt8 {
        switch self {
        case .primary: 0
        case .canary: 1
        case .shadow: 2
        }
    }

    fileprivate init?(code: UInt8) {
        switch code {
        case 0: self = .primary
        case 1: self = .canary
        case 2: self = .shadow
        default: return nil
        }
    }
}
