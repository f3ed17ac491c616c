import TernKernel
import TernTestSupport
import Testing

@testable import TernLog

@Suite struct RecordBytesTests {
    private func decode(_ bytes: [UInt8]) throws -> PredictionRecord {
        try bytes.withUnsafeBytes { try PredictionRecord(decoding: $0, endpoint: "price") }
    }

    private let everything = record(
        77, rows: 4, hour: -3,
        inputs: [
            Column("bool", .bool([true, nil, false, true])), Column("int", .int([.min, .max, 0, nil])),
            Column("double", .double([0.1, -1e300, nil, .infinity])), Column("float", .double([0.5, 3, nil, -0.0])),
            Column("text", .text(["", nil, "Grüße 🌍", "x"])),
            Column("time", .time([nil, Timestamp(milliseconds: .min), Timestamp(milliseconds: .max), nil])),
            Column("none", .double([nil, nil, nil, nil])), Column("empty", .int([])),
        ], outputs: [])

    @Test func `every kind of value survives`() throws {
        for sample in [everything, record(1), record(2, error: "broke"), record(3, rows: 0), record(.max, role: .shadow, rows: 100, hour: 1)] {
            #expect(try decode(sample.encoded()) == sample)
        }
        let bytes = everything.encoded()
        #expect(bytes.count < 400)
    }

    @Test func `NaN stays NaN`() throws {
        let bytes = record(1, inputs: [Column("x", .double([.nan]))]).encoded()
        guard case .double(let values) = try decode(bytes).inputs[0].values, case .some(let value?) = values.first else {
            Issue.record("no value")
            return
        }
        #expect(value.isNaN)
    }

    @Test func `a single row of eight floats takes little room`() {
        let inputs = (0..<8).map { Column("feature_\($0)", .double([Double($0)])) }
        #expect(record(41, hour: 240_000, inputs: inputs).encoded().count < 220)
    }

    @Test func `damaged bytes never crash and truncated ones are refused`() throws {
        let bytes = everything.encoded()
        for length in 0..<bytes.count { #expect(throws: TernError.self) { try decode(Array(bytes.prefix(length))) } }
        #expect(throws: TernError.self) { try decode(bytes + [0]) }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? decode(damaged)
        }
        for _ in 0..<2_000 {
            _ = try? decode([1] + (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test func `the checksum is the well-known CRC-32`() {
        func crc(_ text: String) -> UInt32 { Array(text.utf8).withUnsafeBytes(Checksum.crc32) }
        #expect(crc("123456789") == 0xCBF4_3926)
        #expect(crc("") == 0)
        #expect(crc("The quick brown fox jumps over the lazy dog") == 0x414F_A339)
    }
}
