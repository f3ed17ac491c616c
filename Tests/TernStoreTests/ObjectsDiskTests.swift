import Foundation
import NIOCore
import TernKernel
import TernTestSupport
import Testing

@testable import TernStore

@Suite struct ObjectsDiskTests {
    private func with(_ body: (DiskObjects, String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in try await body(try DiskObjects(folder: folder + "/objects"), folder + "/objects") }
    }

    private func text(_ store: any ObjectStore, _ key: String, _ range: Range<Int64>? = nil) async throws -> String {
        String(buffer: try await store.get(key, range: range, matching: nil).collect(upTo: 1 << 20))
    }

    private func bytes(_ text: String) -> ObjectBytes { ObjectBytes(Data(text.utf8)) }

    private func refusal(_ body: () async throws -> Void) async -> TernError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? TernError
        }
    }

    @Test func `an object is what was put, whole or in part`() async throws {
        try await with { store, folder async throws in
            let facts = try await store.put("a/b c/é#%.txt", bytes("hello"))
            #expect(facts.size == 5)
            #expect(try await store.head("a/b c/é#%.txt") == facts)
            #expect(try await text(store, "a/b c/é#%.txt") == "hello")
            #expect(try await text(store, "a/b c/é#%.txt", 1..<3) == "el")
            #expect(try await store.head("a") == nil)
            #expect(await refusal { _ = try await store.get("a") }?.code == .notFound)
            try await store.copy("a/b c/é#%.txt", to: "c")
            #expect(try await text(store, "c") == "hello")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.incoming").isEmpty)
        }
    }

    @Test func `a reader gets the version it asked for, or is told`() async throws {
        try await with { store, _ async throws in
            let old = try await store.put("a", bytes("old"))
            let reading = try await store.get("a", range: nil, matching: old.tag)
            try await store.put("a", bytes("newer"))
            #expect(String(buffer: try await reading.collect(upTo: 100)) == "old")
            #expect(await refusal { _ = try await store.get("a", range: nil, matching: old.tag) }?.code == .conflict)
        }
    }

    @Test func `bytes that are not the announced ones are not stored`() async throws {
        try await with { store, folder async throws in
            let digest = Digest(of: "hello")
            try await store.put("a", bytes("hello"), expecting: ObjectExpectation(size: 5, sha256: digest))
            for wrong in [
                ObjectExpectation(size: 6), ObjectExpectation(sha256: Digest(of: "x")), ObjectExpectation(md5: Array(repeating: 0, count: 16)),
            ] {
                #expect(await refusal { try await store.put("b", bytes("hello"), expecting: wrong) }?.code == .invalidArgument)
            }
            #expect(try await store.head("b") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.incoming").isEmpty)
        }
    }

    @Test func `folders are listed, all the way down where asked, in pages that end`() async throws {
        try await with { store, _ async throws in
            for key in ["a/1", "a/b/2", "a/b/c/3", "z", "m/4"] { try await store.put(key, bytes(key)) }
            let top = try await store.list("", everything: false, after: nil)
            #expect(top.objects.map(\.key) == ["z"] && top.folders == ["a", "m"] && top.next == nil)
            let inner = try await store.list("a/b", everything: false, after: nil)
            #expect(inner.objects.map(\.key) == ["a/b/2"] && inner.folders == ["a/b/c"])
            var keys: [String] = []
            var next: String?
            repeat {
                let page = try await store.list("", everything: true, after: next)
                keys += page.objects.map(\.key)
                next = page.next
            } while next != nil
            #expect(keys == ["a/1", "a/b/2", "a/b/c/3", "m/4", "z"])
            #expect(try await store.list("none", everything: true, after: nil) == ObjectPage())
            try await store.deleteAll(below: "a")
            try await store.deleteAll(below: "a")
            try await store.delete("z")
            try await store.delete("z")
            #expect(try await store.list("", everything: false, after: nil).folders == ["m"])
        }
    }

    @Test(arguments: ["..", "a/../b", "/a", "%2e%2e/a", "%252e%252e", "a\\b", "a\0", ".incoming/x", ".uploads/secret"])
    func `no key leads elsewhere`(key: String) async throws {
        try await with { store, _ async throws in
            #expect(await refusal { try await store.put(key, bytes("x")) }?.code == .invalidArgument)
            #expect(await refusal { _ = try await store.get(key) }?.code == .invalidArgument)
            #expect(await refusal { try await store.deleteAll(below: key) }?.code == .invalidArgument)
            #expect(await refusal { _ = try await store.beginUpload(key) } != nil)
        }
        #expect(throws: TernError.self) { try ObjectKey.clean(String(repeating: "x", count: 901)) }
    }

    // MARK: Parts

    @Test func `parts in any order become one object, and only then`() async throws {
        try await with { store, folder async throws in
            let upload = try await store.beginUpload("a/big")
            let second = try await store.uploadPart("a/big", upload, 2, bytes("lo"), expecting: ObjectExpectation())
            let stale = try await store.uploadPart("a/big", upload, 1, bytes("xxx"), expecting: ObjectExpectation())
            let first = try await store.uploadPart("a/big", upload, 1, bytes("hel"), expecting: ObjectExpectation(size: 3))
            #expect(try await store.head("a/big") == nil)
            #expect(try await store.list("", everything: true, after: nil).objects.isEmpty)
            #expect(await refusal { try await store.completeUpload("a/big", upload, [stale, second]) }?.code == .invalidArgument)
            #expect(await refusal { try await store.completeUpload("a/big", upload, [second, first]) }?.code == .invalidArgument)
            #expect(await refusal { try await store.completeUpload("a/big", upload, []) }?.code == .invalidArgument)
            #expect(await refusal { try await store.completeUpload("other", upload, [first]) }?.code == .notFound)
            #expect(try await store.completeUpload("a/big", upload, [first, second]).size == 5)
            #expect(try await text(store, "a/big") == "hello")
            #expect(await refusal { try await store.completeUpload("a/big", upload, [first, second]) }?.code == .notFound)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.uploads").isEmpty)
        }
    }

    @Test func `an upload outlives a restart, and ends when it is aborted or old`() async throws {
        try await with { store, folder async throws in
            let upload = try await store.beginUpload("a")
            let part = try await store.uploadPart("a", upload, 1, bytes("x"), expecting: ObjectExpectation())
            let again = try DiskObjects(folder: folder)
            try await again.sweep(olderThan: .hours(1))
            try await again.completeUpload("a", upload, [part])
            let second = try await again.beginUpload("b")
            try await again.abortUpload("b", second)
            try await again.abortUpload("b", "nonsense")
            #expect(await refusal { _ = try await again.uploadPart("b", second, 1, bytes("x"), expecting: ObjectExpectation()) }?.code == .notFound)
            let third = try await again.beginUpload("c")
            try await again.sweep(olderThan: Period(milliseconds: -5000))
            #expect(await refusal { _ = try await again.uploadPart("c", third, 1, bytes("x"), expecting: ObjectExpectation()) }?.code == .notFound)
            for number in [0, 10_001, -1] {
                #expect(
                    await refusal { _ = try await again.uploadPart("c", third, number, bytes("x"), expecting: ObjectExpectation()) }?.code
                        == .invalidArgument)
            }
        }
    }

    // MARK: Links

    @Test func `a link does what it says, for as long as it says, and nothing else`() async throws {
        try await with { store, folder async throws in
            guard case .query(let query) = try store.link(.upload, "a/b", expires: .minutes(1)) else {
                Issue.record("a link of this server's own was expected")
                return
            }
            let fields = Dictionary(
                uniqueKeysWithValues: query.split(separator: "&").map { item in
                    let pair = item.split(separator: "=").map(String.init)
                    return (pair[0], pair[1])
                })
            let (expires, signature) = (try #require(fields["expires"]), try #require(fields["signature"]))
            try store.verify(.upload, "a/b", expires: expires, signature: signature)
            try DiskObjects(folder: folder).verify(.upload, "a/b", expires: expires, signature: signature)
            let later = Timestamp(Date()) + .minutes(2)
            #expect(await refusal { try store.verify(.upload, "a/b", expires: expires, signature: signature, now: later) }?.code == .notAllowed)
            #expect(await refusal { try store.verify(.upload, "a/c", expires: expires, signature: signature) }?.code == .notAllowed)
            #expect(await refusal { try store.verify(.upload, "a/b", expires: expires + "0", signature: signature) }?.code == .notAllowed)
            #expect(await refusal { try store.verify(.upload, "a/b", expires: "x", signature: signature) }?.code == .notAllowed)
            #expect(
                await refusal { try store.verify(.download(disposition: "", type: ""), "a/b", expires: expires, signature: signature) }?.code
                    == .notAllowed)
            #expect(
                await refusal { try store.verify(.part(upload: "u", number: 1), "a/b", expires: expires, signature: signature) }?.code == .notAllowed)
        }
    }
}

@Suite struct ObjectsBlobTests {
    private func age(_ blobs: BlobStore, _ digest: Digest, by period: Period) throws {
        let key = "\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"
        let path = try #require(blobs.objects.localPath(key))
        try FileManager.default.setAttributes([.modificationDate: (Timestamp(Date()) - period).date], ofItemAtPath: path)
    }

    @Test func `only old blobs that nobody holds are collected`() async throws {
        try await withTemporaryFolder { folder async throws in
            let blobs = try BlobStore(folder: folder)
            let held = try await blobs.put(Data("held".utf8))
            let young = try await blobs.put(Data("young".utf8))
            let old = try await blobs.put(Data("old".utf8))
            let again = try await blobs.put(Data("again".utf8))
            for digest in [held, old, again] { try age(blobs, digest, by: .days(2)) }
            // Stored again: whoever did so is about to name it.
            _ = try await blobs.put(Data("again".utf8))
            #expect(try await blobs.allDigests() == [held, young, old, again])
            #expect(try await blobs.collect(keeping: [held], dry: true) == .init(blobs: 1, bytes: 3, kept: 3))
            #expect(try await blobs.contains(old))
            #expect(try await blobs.collect(keeping: [held]) == .init(blobs: 1, bytes: 3, kept: 3))
            #expect(try await blobs.allDigests() == [held, young, again])
            await #expect(throws: TernError.self) { try await blobs.collect(keeping: [], grace: .minutes(1)) }
        }
    }

    @Test func `copies of blobs that lie elsewhere are checked, shared, and bounded`() async throws {
        try await withTemporaryFolder { folder async throws in
            let clock = ManualClock()
            let cache = try BlobCache(folder: folder + "/cache", limit: 10, clock: clock.wall)
            let blobs = BlobStore(try DiskObjects(folder: folder + "/remote"), cache: cache)
            #expect(blobs.isElsewhere)
            let first = try await blobs.put(Data("first!".utf8))
            let paths = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await blobs.localFile(of: first) } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            let path = try #require(paths.first)
            #expect(paths.count == 1)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "first!")
            try Data("second".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            let second = try await blobs.put(fileAt: folder + "/file").digest
            // Both are in use: the limit waits.
            #expect(await cache.size == 12)
            clock.advance(by: .hours(2))
            _ = try await blobs.localFile(of: second)
            _ = try await blobs.put(fileAt: folder + "/file")
            let third = try await blobs.put(Data("third!".utf8))
            _ = try await blobs.localFile(of: third)
            #expect(await cache.size == 12)
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await String(contentsOfFile: blobs.localFile(of: first), encoding: .utf8) == "first!")
            let none = Digest(of: "none")
            await #expect(throws: TernError.self) { try await blobs.localFile(of: none) }
        }
    }

    @Test func `a blob whose stored bytes were changed is not handed out`() async throws {
        try await withTemporaryFolder { folder async throws in
            let blobs = BlobStore(
                try DiskObjects(folder: folder + "/remote"), cache: try BlobCache(folder: folder + "/cache", limit: 1 << 20))
            let digest = try await blobs.put(Data("right".utf8))
            let path = try #require(blobs.objects.localPath("\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"))
            try Data("wrong".utf8).write(to: URL(fileURLWithPath: path))
            let error = await #expect(throws: TernError.self) { try await blobs.localFile(of: digest) }
            #expect(error?.code == .dataLoss)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/cache/incoming").isEmpty)
        }
    }
}
