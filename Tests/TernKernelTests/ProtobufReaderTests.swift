import TernKernel
import Testing

@Suite struct ProtobufReading {
    private func fields(_ bytes: [UInt8]) throws -> [ProtobufField] {
        var reader = ProtobufReader(bytes)
        var fields: [ProtobufField] = []
        while let field = try reader.next() { fields.append(field) }
        return fields
    }

    @Test func `each wire type is read with its number`() throws {
        // 1: 150, 2: "testing", 3: double 1.5, 4: float -2, 5: message { 1: 3 }, 6: sint -3.
        let read = try fields(
            [0x08, 0x96, 0x01, 0x12, 7] + Array("testing".utf8) + [0x19, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x25, 0, 0, 0, 0xC0]
                + [0x2A, 2, 0x08, 3, 0x30, 5])
        #expect(read.map(\.number) == [1, 2, 3, 4, 5, 6])
        #expect(try read[0].int64() == 150)
        #expect(try read[1].string() == "testing")
        #expect(try read[2].double() == 1.5)
        #expect(try read[3].float() == -2)
        var inner = try read[4].message()
        #expect(try inner.next()?.uint64() == 3)
        #expect(try inner.next() == nil)
        #expect(try read[5].sint64() == -3)
    }

    @Test func `negative numbers take ten bytes`() throws {
        let read = try fields([0x08] + Array(repeating: 0xFF, count: 9) + [0x01])
        #expect(try read[0].int64() == -1)
        #expect(try read[0].uint64() == .max)
    }

    @Test func `repeated numbers are read packed and one by one`() throws {
        let packed = try fields([0x0A, 4, 0x01, 0x96, 0x01, 0x02])
        #expect(try packed[0].varints() == [1, 150, 2])
        #expect(try fields([0x08, 7])[0].varints() == [7])
        let doubles = try fields([0x0A, 16, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40])
        #expect(try doubles[0].doubles() == [1, 2])
        let floats = try fields([0x0A, 4, 0, 0, 0x80, 0x3F])
        #expect(try floats[0].floats() == [1])
        #expect(throws: TernError.self) { try fields([0x0A, 3, 0, 0, 0x80])[0].floats() }
    }

    @Test(
        arguments: [
            [0x08], [0x08, 0x80], [0x0A, 5, 1], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0B], [0x0C], [0x0F, 0],
            [0x00, 0], [0x09, 1, 2, 3], [0x08] + Array(repeating: 0xFF, count: 10), [0x08] + Array(repeating: 0x80, count: 9) + [0x02],
        ] as [[UInt8]])
    func `what is not a message is refused`(bytes: [UInt8]) { #expect(throws: TernError.self) { try fields(bytes) } }

    @Test func `a field of another type is refused`() throws {
        let number = try fields([0x08, 1])[0]
        #expect(throws: TernError.self) { try number.string() }
        #expect(throws: TernError.self) { try number.double() }
        #expect(throws: TernError.self) { try number.message() }
        #expect(throws: TernError.self) { try fields([0x0A, 1, 0xFF])[0].string() }
    }

    @Test func `messages deeper than the limit are refused`() throws {
        var bytes: [UInt8] = []
        for _ in 0...ProtobufReader.depthLimit { bytes = [0x0A] + length(bytes.count) + bytes }
        #expect(throws: TernError.self) {
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() { reader = try field.message() }
        }
    }

    private func length(_ count: Int) -> [UInt8] { count < 128 ? [UInt8(count)] : [UInt8(count & 127) | 128, UInt8(count >> 7)] }

    @Test func `random bytes are read or refused, never more`() {
        var random = SystemRandomNumberGenerator()
        func walk(_ reader: ProtobufReader) throws {
            var reader = reader
            while let field = try reader.next() {
                _ = try? field.string()
                _ = try? field.varints()
                _ = try? field.doubles()
                _ = try? field.floats()
                if let inner = try? field.message() { try? walk(inner) }
            }
        }
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) & 0x3F }
            try? walk(ProtobufReader(bytes))
        }
    }
}
