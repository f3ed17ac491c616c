/// Unpacks DEFLATE (RFC 1951), bare or inside gzip (RFC 1952) or zlib (RFC 1950), for bodies that clients send compressed.
///
/// It never writes more than `limit` bytes, so a small body cannot fill the memory. Checksums are not compared: what travels is checked by TCP
/// and TLS, and what is in it is checked by whoever reads it.
package struct Inflate {
    private let bytes: [UInt8]
    private var position = 0
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var output: [UInt8] = []
    private let limit: Int

    private init(_ bytes: [UInt8], limit: Int) {
        self.bytes = bytes
        self.limit = limit
    }

    /// - Throws: `invalid_argument` when it is not gzip, `too_large` beyond `limit`.
    package static func gzip(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        var inflate = Inflate(bytes, limit: limit)
        // A file may hold several members, one after the other.
        repeat { try inflate.member() } while inflate.position < inflate.bytes.count
        return inflate.output
    }

    /// What HTTP calls `deflate`: zlib, or what some clients send for it, DEFLATE without a header.
    package static func deflate(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        let isZlib = bytes.count >= 2 && bytes[0] & 0x0F == 8 && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0 && bytes[1] & 0x20 == 0
        var inflate = Inflate(bytes, limit: limit)
        if isZlib { inflate.position = 2 }
        try inflate.blocks()
        return inflate.output
    }

    private mutating func member() throws {
        let header = try take(10)
        guard header[0] == 0x1F, header[1] == 0x8B, header[2] == 8 else { throw Inflate.refusal("it does not begin as gzip does") }
        let flags = header[3]
        if flags & 4 != 0 {
            let length = try take(2)
            _ = try take(Int(length[0]) | Int(length[1]) << 8)
        }
        for flag: UInt8 in [8, 16] where flags & flag != 0 { while try take(1)[0] != 0 {} }
        if flags & 2 != 0 { _ = try take(2) }
        try blocks()
        _ = try take(8)
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        guard count <= bytes.count - position else { throw Inflate.refusal("it ends too soon") }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    // MARK: Blocks

    private mutating func blocks() throws {
        bits = 0
        bitCount = 0
        var isLast = false
        while !isLast {
            isLast = try read(1) == 1
            switch try read(2) {
            case 0: try stored()
            case 1: try compressed(Codes.fixedLiterals, Codes.fixedDistances)
            case 2:
                let (literals, distances) = try dynamicCodes()
                try compressed(literals, distances)
            default: throw Inflate.refusal("it has a block of an unknown kind")
            }
        }
        // Whole bytes that were read ahead belong to what follows.
        position -= bitCount / 8
        bits = 0
        bitCount = 0
    }

    private mutating func read(_ count: Int) throws -> Int {
        try fill(count)
        let value = Int(bits & ((1 << UInt64(count)) - 1))
        bits >>= UInt64(count)
        bitCount -= count
        return value
    }

    private mutating func fill(_ count: Int) throws {
        while bitCount < count {
            guard position < bytes.count else { throw Inflate.refusal("it ends too soon") }
            bits |= UInt64(bytes[position]) << UInt64(bitCount)
            position += 1
            bitCount += 8
        }
    }

    private mutating func append(_ byte: UInt8) throws {
        guard output.count < limit else {
            throw TernError(.tooLarge, "unpacked, the body is larger than \(limit) bytes", hint: "send it in smaller pieces")
        }
        output.append(byte)
    }

    private mutating func stored() throws {
        _ = try read(bitCount % 8)
        position -= bitCount / 8
        bits = 0
        bitCount = 0
        let header = try take(4)
        let length = Int(header[0]) | Int(header[1]) << 8
        guard length ^ 0xFFFF == Int(header[2]) | Int(header[3]) << 8 else { throw Inflate.refusal("a block's length does not fit its check") }
        for byte in try take(length) { try append(byte) }
    }

    private mutating func compressed(_ literals: Codes, _ distances: Codes) throws {
        while true {
            let symbol = try next(literals)
            if symbol < 256 {
                try append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Inflate.lengths.count else { throw Inflate.refusal("it has a length that does not exist") }
            let (length, lengthBits) = Inflate.lengths[symbol - 257]
            let count = length + (try read(lengthBits))
            let place = try next(distances)
            guard place < Inflate.distances.count else { throw Inflate.refusal("it has a distance that does not exist") }
            let (distance, distanceBits) = Inflate.distances[place]
            let back = distance + (try read(distanceBits))
            guard back <= output.count else { throw Inflate.refusal("it refers to what was before its beginning") }
            for _ in 0..<count { try append(output[output.count - back]) }
        }
    }

    /// One symbol, bit by bit, by the first code of each length.
    private mutating func next(_ codes: Codes) throws -> Int {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            code |= try read(1)
            let count = codes.counts[length]
            if code - first < count { return codes.symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw Inflate.refusal("it has a code that does not exist")
    }

    private mutating func dynamicCodes() throws -> (literals: Codes, distances: Codes) {
        let literalCount = try read(5) + 257
        let distanceCount = try read(5) + 1
        let lengthCount = try read(4) + 4
        var lengths = Array(repeating: 0, count: 19)
        for index in Inflate.order.prefix(lengthCount) { lengths[index] = try read(3) }
        let codes = try Codes(lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            switch try next(codes) {
            case 16:
                guard let last = all.last else { throw Inflate.refusal("it repeats a length before the first") }
                all += Array(repeating: last, count: try read(2) + 3)
            case 17: all += Array(repeating: 0, count: try read(3) + 3)
            case 18: all += Array(repeating: 0, count: try read(7) + 11)
            case let length: all.append(length)
            }
        }
        guard all.count == literalCount + distanceCount else { throw Inflate.refusal("its codes have too many lengths") }
        return (try Codes(Array(all[..<literalCount])), try Codes(Array(all[literalCount...])))
    }

    /// A canonical Huffman code: how many codes there are of each length, and the symbols in order.
    private struct Codes {
        var counts = Array(repeating: 0, count: 16)
        var symbols: [Int] = []

        /// - Throws: when there are more codes than their lengths leave room for.
        init(_ lengths: [Int]) throws {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            var room = 1
            for length in 1...15 {
                room = room << 1 - counts[length]
                guard room >= 0 else { throw Inflate.refusal("its codes do not fit together") }
            }
            symbols = lengths.indices.filter { lengths[$0] > 0 }.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        }

        private init(fixed lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            symbols = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        }

        static let fixedLiterals = Codes(
            fixed: Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24) + Array(repeating: 8, count: 8))
        static let fixedDistances = Codes(fixed: Array(repeating: 5, count: 30))
    }

    /// RFC 1951, section 3.2.5: the least length or distance of each symbol, and how many bits follow it.
    private static let lengths: [(Int, Int)] = [
        (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2), (23, 2), (27, 2), (31, 2),
        (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5), (163, 5), (195, 5), (227, 5), (258, 0),
    ]
    private static let distances: [(Int, Int)] = (0..<30).map { symbol in
        if symbol < 4 { return (symbol + 1, 0) }
        let bits = symbol / 2 - 1
        return ((2 + symbol % 2) << bits + 1, bits)
    }
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private static func refusal(_ what: String) -> TernError { .invalid("the compressed body cannot be unpacked: \(what)") }
}
