import CPostgres
import Foundation
import TernKernel

/// The types of PostgreSQL that Tern sends or understands, by their numbers in `pg_type.dat`.
enum PostgresType {
    static let unknown: Oid = 0
    static let bool: Oid = 16
    static let bytes: Oid = 17
    static let name: Oid = 19
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let float4: Oid = 700
    static let float8: Oid = 701
    static let unknownText: Oid = 705
    static let character: Oid = 1042
    static let varchar: Oid = 1043
    static let numeric: Oid = 1700
    static let void: Oid = 2278
}

/// The values of one execution in PostgreSQL's binary format: whole numbers and doubles big-endian, texts and bytes as they are.
struct PostgresParameters {
    private(set) var types: [Oid] = []
    private var bytes: [UInt8] = []
    private var places: [(offset: Int, length: Int)?] = []

    init(_ values: [SQLValue]) {
        types.reserveCapacity(values.count)
        places.reserveCapacity(values.count)
        for value in values {
            let start = bytes.count
            switch value {
            case .null:
                types.append(PostgresType.unknown)
                places.append(nil)
                continue
            case .int(let number):
                types.append(PostgresType.int8)
                withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
            case .double(let number):
                types.append(PostgresType.float8)
                withUnsafeBytes(of: number.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
            case .text(let text):
                types.append(PostgresType.text)
                bytes.append(contentsOf: text.utf8)
            case .blob(let data):
                types.append(PostgresType.bytes)
                bytes.append(contentsOf: data)
            }
            places.append((start, bytes.count - start))
        }
        // An empty value needs an address, too: without one it would be null.
        bytes.append(0)
    }

    /// Lends everything in the shape that libpq takes.
    func withPointers<Answer>(
        _ body: (
            _ count: Int32, _ types: UnsafePointer<Oid>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> Answer
    ) -> Answer {
        let lengths = places.map { Int32(clamping: $0?.length ?? 0) }
        let formats = [Int32](repeating: 1, count: places.count)
        return bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values: [UnsafePointer<CChar>?] = places.map { place in place.flatMap { place in start.map { $0 + place.offset } } }
            return types.withUnsafeBufferPointer { types in
                values.withUnsafeBufferPointer { values in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(Int32(clamping: places.count), types.baseAddress, values.baseAddress, lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }
    }
}

/// Reading results in the binary format.
enum PostgresResult {
    static func rows(_ result: OpaquePointer) throws -> [SQLRow] {
        let width = PQnfields(result)
        let types = (0..<width).map { PQftype(result, $0) }
        let columns = SQLColumns((0..<width).map { index in PQfname(result, index).map { String(cString: $0) } ?? "" })
        return try (0..<PQntuples(result)).map { row in
            let values = try (0..<width).map { column -> SQLValue in
                guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return .null }
                let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
                return try value(bytes, of: types[Int(column)])
            }
            return SQLRow(columns: columns, values: values)
        }
    }

    static func changed(_ result: OpaquePointer) -> Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    static func value(_ bytes: UnsafeRawBufferPointer, of type: Oid) throws -> SQLValue {
        switch (type, bytes.count) {
        case (PostgresType.int8, 8): .int(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        case (PostgresType.int4, 4): .int(Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
        case (PostgresType.int2, 2): .int(Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self))))
        case (PostgresType.bool, 1): .int(bytes[0] == 0 ? 0 : 1)
        case (PostgresType.float8, 8): .double(Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))))
        case (PostgresType.float4, 4): .double(Double(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))))
        case (PostgresType.bytes, _): .blob(Data(bytes))
        case (PostgresType.text, _), (PostgresType.varchar, _), (PostgresType.name, _), (PostgresType.character, _), (PostgresType.unknownText, _):
            .text(String(decoding: bytes, as: UTF8.self))
        case (PostgresType.numeric, 8...): try numeric(bytes)
        case (PostgresType.void, _): .null
        default: throw TernError(.internal, "the database answered with a value of type \(type), \(bytes.count) bytes long")
        }
    }

    /// `numeric`, as sums and averages of whole numbers are: groups of four decimal digits. Without a fraction it is a whole number.
    /// The format: `numeric_send` in PostgreSQL's `numeric.c`.
    private static func numeric(_ bytes: UnsafeRawBufferPointer) throws -> SQLValue {
        func word(_ index: Int) -> Int { Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))) }
        let count = word(0)
        let weight = word(1)
        let scale = word(3)
        let sign = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        switch sign {
        case 0xC000: return .double(.nan)
        case 0xD000: return .double(.infinity)
        case 0xF000: return .double(-.infinity)
        default: break
        }
        guard count >= 0, bytes.count == 8 + count * 2, abs(weight) < 1000 else {
            throw TernError(.internal, "the database answered with a broken number")
        }
        func group(_ index: Int) -> String {
            let digits = String(index >= 0 && index < count ? word(4 + index) : 0)
            return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        var text = sign == 0x4000 ? "-" : ""
        text += weight < 0 ? "0" : (0...weight).map(group).joined()
        if scale == 0, let whole = Int64(text) { return .int(whole) }
        if scale > 0 {
            let groups = (scale + 3) / 4
            text += "." + (1...groups).map { group(weight + $0) }.joined()
        }
        guard let number = Double(text) else { throw TernError(.internal, "the database answered with a broken number") }
        return .double(number)
    }
}
