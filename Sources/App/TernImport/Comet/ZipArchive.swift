import CZip
import NIOCore
import Synchronization
import TernKernel

/// A zip file of somebody else's, read by libzip with limits, so that a small file cannot become an endless one.
final class ZipArchive: Sendable {
    struct Entry: Sendable {
        var index: Int
        var name: String
        var size: Int64
    }

    static let entryLimit = 100_000
    static let entrySizeLimit: Int64 = 64 << 30

    let entries: [Entry]
    private let path: String
    /// libzip's handles are for one thread at a time.
    private let archive: Mutex<Handle>

    private struct Handle: ~Copyable, @unchecked Sendable {  // touched only inside the mutex
        let pointer: OpaquePointer
        deinit { zip_discard(pointer) }
    }

    /// - Throws: `not_found`, or `invalid_argument` naming what is wrong with it.
    init(path: String) throws {
        self.path = path
        guard LocalFiles.exists(path) else { throw TernError.notFound("there is no file \(path)") }
        var code: Int32 = 0
        guard let opened = zip_open(path, Int32(ZIP_RDONLY | ZIP_CHECKCONS), &code) else {
            throw TernError.invalid("\(path) is not a zip archive, or is damaged (libzip error \(code))")
        }
        let handle = Handle(pointer: opened)
        let count = zip_get_num_entries(handle.pointer, 0)
        guard count >= 0, count <= Int64(ZipArchive.entryLimit) else {
            throw TernError.invalid("\(path) has more than \(ZipArchive.entryLimit) entries")
        }
        var entries: [Entry] = []
        for index in 0..<Int(count) {
            var facts = zip_stat_t()
            zip_stat_init(&facts)
            guard zip_stat_index(handle.pointer, zip_uint64_t(index), 0, &facts) == 0, let name = facts.name else {
                throw TernError.invalid("\(path): entry \(index) cannot be read")
            }
            let size = Int64(clamping: facts.size)
            guard size <= ZipArchive.entrySizeLimit else {
                throw TernError.invalid("\(path): entry \(index) is larger than \(ZipArchive.entrySizeLimit) bytes")
            }
            entries.append(Entry(index: index, name: String(cString: name), size: size))
        }
        self.entries = entries
        archive = Mutex(handle)
    }

    func entry(named name: String) -> Entry? { entries.first { $0.name == name } }

    /// Hands over an entry's bytes. One that unpacks to more than it says is refused.
    func read(_ entry: Entry, _ take: (ByteBuffer) async throws -> Void) async throws {
        let stream = try open(entry)
        var total: Int64 = 0
        while true {
            let piece = try stream.next(of: "\(path): \(entry.name)")
            if piece.isEmpty { break }
            total += Int64(piece.count)
            guard total <= entry.size else { throw TernError.invalid("\(path): \(entry.name) unpacks to more than its \(entry.size) bytes") }
            try await take(ByteBuffer(bytes: piece))
        }
        guard total == entry.size else { throw TernError.invalid("\(path): \(entry.name) ends after \(total) of \(entry.size) bytes") }
    }

    private func open(_ entry: Entry) throws -> Stream {
        try archive.withLock { handle in
            guard let file = zip_fopen_index(handle.pointer, zip_uint64_t(entry.index), 0) else {
                throw TernError.invalid("\(path): \(entry.name) cannot be read (is it encrypted?)")
            }
            return Stream(file, of: self)
        }
    }

    /// An entry that is being read; keeps its archive open.
    private final class Stream: @unchecked Sendable {  // read by one task at a time, inside the archive's mutex
        private let file: OpaquePointer
        private let owner: ZipArchive

        init(_ file: OpaquePointer, of owner: ZipArchive) {
            self.file = file
            self.owner = owner
        }

        deinit { zip_fclose(file) }

        func next(of what: String) throws -> [UInt8] {
            var failed = false
            let piece = owner.archive.withLock { _ in
                [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
                    let read = buffer.baseAddress.map { zip_fread(file, $0, zip_uint64_t(buffer.count)) } ?? -1
                    failed = read < 0
                    count = max(0, Int(read))
                }
            }
            if failed { throw TernError.invalid("\(what) is damaged") }
            return piece
        }
    }
}
