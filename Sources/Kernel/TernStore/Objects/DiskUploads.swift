import Crypto
import Foundation
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Uploads in parts, on disk: a folder an upload, in it `key` and a file a part, named `NUMBER.TAG`. A restart does not end them.
struct DiskUploads: Sendable {
    static let parts = 1...10_000

    let folder: String

    func begin(_ key: String) throws -> String {
        let id = Identifier.random()
        do {
            try FileManager.default.createDirectory(atPath: folder + "/" + id, withIntermediateDirectories: true)
            try Data(key.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(id)/key"))
        } catch {
            throw DurableFile.describe(error, "cannot begin the upload of \(key)")
        }
        return id
    }

    /// The upload's folder.
    ///
    /// - Throws: `not_found` when there is no such upload of this key.
    func find(_ upload: String, of key: String) throws -> String {
        let path = "\(folder)/\(upload)"
        guard upload.utf8.count == 32, upload.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let known = FileManager.default.contents(atPath: path + "/key"), known == Data(key.utf8)
        else {
            throw TernError.notFound("there is no upload \(upload) of \(key)", hint: "it was completed, aborted or too old: begin again")
        }
        return path
    }

    static func check(number: Int) throws {
        guard parts.contains(number) else { throw TernError.invalid("part \(number): parts are numbered from 1 to \(parts.upperBound)") }
    }

    /// The file of each part that came, by number.
    func arrived(in path: String) -> [Int: String] {
        var found: [Int: String] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            let pieces = name.split(separator: ".")
            if pieces.count == 2, let number = Int(pieces[0]) { found[number] = String(pieces[1]) }
        }
        return found
    }

    func sweep(olderThan age: Period) { DiskUploads.removeOld(in: folder, olderThan: age) }

    /// Removes the entries of a folder that nothing has changed for this long.
    static func removeOld(in folder: String, olderThan age: Period) {
        let oldest = Timestamp(Date()) - age
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name != secretName {
            var status = stat()
            let path = folder + "/" + name
            guard stat(path, &status) == 0, Int64(status.st_mtim.tv_sec) * 1000 < oldest.milliseconds else { continue }
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    // MARK: Links

    private static let secretName = "secret"

    /// What links are signed with: 32 random bytes, made once, so that a link outlives a restart.
    func secret() throws -> SymmetricKey {
        let path = folder + "/" + DiskUploads.secretName
        if let known = FileManager.default.contents(atPath: path), known.count == 32 { return SymmetricKey(data: known) }
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let partial = "\(path).\(Identifier.random().prefix(8)).partial"
        try DurableFile.write(bytes, to: partial)
        chmod(partial, 0o600)
        // The first one wins where two make it at once.
        let linked = link(partial, path) == 0 || errno == EEXIST
        unlink(partial)
        guard linked, let kept = FileManager.default.contents(atPath: path), kept.count == 32 else {
            throw DurableFile.failure("cannot keep the key of links at \(path)")
        }
        return SymmetricKey(data: kept)
    }

    func signature(_ purpose: ObjectLink.Purpose, _ key: String, expires: Int64) throws -> String {
        let what =
            switch purpose {
            case .download: "download"
            case .upload: "upload"
            case .part(let upload, let number): "part \(upload) \(number)"
            }
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(what)\n\(expires)\n\(key)".utf8), using: try secret())
        return code.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

extension DiskObjects {
    package func link(_ purpose: ObjectLink.Purpose, _ key: String, expires: Period) throws -> ObjectLink {
        let clean = try ObjectKey.clean(key)
        let until = (Timestamp(Date()) + expires).milliseconds / 1000
        return .query("expires=\(until)&signature=\(try uploads.signature(purpose, clean, expires: until))")
    }

    /// Whether a link of ours says that this may be done, now.
    ///
    /// - Throws: `not_allowed` when it does not.
    package func verify(_ purpose: ObjectLink.Purpose, _ key: String, expires: String, signature: String, now: Timestamp = Timestamp(Date())) throws {
        guard let until = Int64(expires), let expected = try? uploads.signature(purpose, try ObjectKey.clean(key), expires: until),
            DiskObjects.equal(expected, signature)
        else { throw TernError(.notAllowed, "this link was not made by this server, or was changed") }
        guard now.milliseconds / 1000 <= until else { throw TernError(.notAllowed, "this link has expired", hint: "ask for another") }
    }

    /// Takes as long for a near miss as for a far one.
    private static func equal(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Uploads in parts

    package func beginUpload(_ key: String) async throws -> String {
        guard try path(key) != folder else { throw TernError.invalid("Invalid path") }
        return try uploads.begin(try ObjectKey.clean(key))
    }

    package func uploadPart(
        _ key: String, _ upload: String, _ number: Int, _ bytes: ObjectBytes, expecting: ObjectExpectation
    ) async throws -> ObjectPart {
        try DiskUploads.check(number: number)
        let path = try uploads.find(upload, of: try ObjectKey.clean(key))
        let partial = newIncoming()
        let tag = String(Identifier.random().prefix(16))
        do {
            let file = try OpenFile(partial, O_WRONLY | O_CREAT | O_TRUNC)
            var check = ByteCheck(expecting)
            for try await piece in bytes {
                check.update(piece)
                try file.write(piece)
            }
            try check.finish("part \(number) of \(key)")
            let before = uploads.arrived(in: path)[number]
            guard Glibc.rename(partial, "\(path)/\(number).\(tag)") == 0 else {
                throw TernError.notFound("the upload \(upload) of \(key) has ended meanwhile")
            }
            if let before { unlink("\(path)/\(number).\(before)") }
        } catch {
            unlink(partial)
            throw DurableFile.describe(error, "cannot store part \(number) of \(key)")
        }
        return ObjectPart(number: number, tag: tag)
    }

    @discardableResult
    package func completeUpload(_ key: String, _ upload: String, _ parts: [ObjectPart]) async throws -> ObjectFacts {
        let key = try ObjectKey.clean(key)
        let path = try uploads.find(upload, of: key)
        let arrived = uploads.arrived(in: path)
        guard !parts.isEmpty, zip(parts, parts.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
            throw TernError.invalid("the parts of \(key) must be named in their order, each once")
        }
        for part in parts where arrived[part.number] != part.tag {
            throw TernError.invalid("part \(part.number) of \(key) is not here as named", hint: "send it again")
        }
        let partial = newIncoming()
        do {
            try await DiskWork.run { [self] in
                let whole = try OpenFile(partial, O_WRONLY | O_CREAT | O_TRUNC)
                for part in parts { try whole.append(OpenFile("\(path)/\(part.number).\(part.tag)", O_RDONLY)) }
                try whole.sync()
                try move(partial, to: key)
                try? FileManager.default.removeItem(atPath: path)
            }
        } catch {
            unlink(partial)
            throw DurableFile.describe(error, "cannot put \(key) together")
        }
        guard let facts = try await head(key) else { throw TernError(.dataLoss, "\(key) is gone after its upload") }
        return facts
    }

    package func abortUpload(_ key: String, _ upload: String) async throws {
        guard let path = try? uploads.find(upload, of: try ObjectKey.clean(key)) else { return }
        try await DiskWork.run { try? FileManager.default.removeItem(atPath: path) }
    }
}
