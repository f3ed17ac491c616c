import Foundation
import NIOCore
import NIOHTTP1
import TernKernel

/// A stream of bytes of unknown origin: a request's body, a file, an object on S3. Read once, a piece at a time.
package struct ObjectBytes: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer

    private let open: @Sendable () -> any ByteReading

    package init(reading open: @escaping @Sendable () -> any ByteReading) { self.open = open }

    package init<Base: AsyncSequence & Sendable>(_ base: Base) where Base.Element == ByteBuffer {
        open = { SequenceReader(iterator: base.makeAsyncIterator()) }
    }

    package init(_ bytes: Data) { self.init(ByteBuffer(bytes: bytes)) }

    package init(_ buffer: ByteBuffer) { open = { BufferReader(buffer: buffer) } }

    /// A file's bytes, read in pieces off the threads that answer requests.
    package init(fileAt path: String) { open = { FileReader(path: path) } }

    package func makeAsyncIterator() -> Iterator { Iterator(reader: open()) }

    package struct Iterator: AsyncIteratorProtocol {
        var reader: any ByteReading

        package mutating func next() async throws -> ByteBuffer? {
            try Task.checkCancellation()
            return try await reader.next()
        }
    }

    /// All of it.
    ///
    /// - Throws: `too_large` beyond the limit.
    package func collect(upTo limit: Int) async throws -> ByteBuffer {
        var all = ByteBuffer()
        for try await var piece in self {
            guard all.readableBytes + piece.readableBytes <= limit else { throw tooLarge(limit) }
            all.writeBuffer(&piece)
        }
        return all
    }
}

/// Gives bytes a piece at a time; nil after the last. A piece may be empty.
package protocol ByteReading {
    mutating func next() async throws -> ByteBuffer?
}

private struct SequenceReader<Base: AsyncIteratorProtocol>: ByteReading where Base.Element == ByteBuffer {
    var iterator: Base

    mutating func next() async throws -> ByteBuffer? {
        do {
            return try await iterator.next()
        } catch let error as HTTPParserError {
            throw TernError(.invalidArgument, "the body cannot be read: \(error)", hint: "send it again", cause: error)
        }
    }
}

private struct BufferReader: ByteReading {
    var buffer: ByteBuffer?

    mutating func next() async throws -> ByteBuffer? {
        defer { buffer = nil }
        return buffer
    }
}
