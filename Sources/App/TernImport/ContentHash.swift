import Crypto
import NIOCore
import NIOFoundationCompat
import TernKernel

/// The SHA-256 and the size of what passes by.
struct ContentHash {
    private var hasher = SHA256()
    private(set) var size: Int64 = 0

    mutating func add(_ piece: ByteBuffer) {
        hasher.update(data: piece.readableBytesView)
        size += Int64(piece.readableBytes)
    }

    func digest() -> TernKernel.Digest { TernKernel.Digest(hasher.finalize()) }
}
