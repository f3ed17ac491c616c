import Foundation
import NIOCore
import TernKernel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Objects as plain files below one folder. An upload goes to a file of its own, is synced, and renamed to its place.
package final class DiskObjects: ObjectStore {
    package let folder: String
    /// Unfinished files; on the same disk, so that finishing one is a rename.
    package let incoming: String
    let uploads: DiskUploads

    package var place: String { folder }

    /// - Parameter folder: made when missing. Files that a crash left unfinished are removed.
    /// - Parameter incoming: the name of the folder of unfinished files.
    package init(folder: String, incoming: String = ".incoming") throws {
        self.folder = folder
        self.incoming = folder + "/" + incoming
        uploads = DiskUploads(folder: folder + "/.uploads")
        do {
            try? FileManager.default.removeItem(atPath: self.incoming)
            try FileManager.default.createDirectory(atPath: self.incoming, withIntermediateDirectories: true)
        } catch {
            throw DurableFile.describe(error, "cannot make the folder \(folder)")
        }
    }

    /// What lies directly in the folder and is not an object.
    private var hidden: Set<String> { [(incoming as NSString).lastPathComponent, ".uploads"] }

    /// Where an object lies.
    ///
    /// - Throws: `invalid_argument` for a key that leads elsewhere, or to files that are not objects.
    func path(_ key: String) throws -> String {
        let clean = try ObjectKey.clean(key)
        if let first = clean.split(separator: "/").first, hidden.contains(String(first)) { throw TernError.invalid("Invalid path") }
        return clean.isEmpty ? folder : folder + "/" + clean
    }

    package func localPath(_ key: String) -> String? { try? path(key) }

    /// A name for a file that is not yet an object.
    func newIncoming() -> String { incoming + "/" + Identifier.random() }

    @discardableResult
    package func put(_ key: String, _ bytes: ObjectBytes, expecting: ObjectExpectation) async throws -> ObjectFacts {
        let target = try path(key)
        guard target != folder else { throw TernError.invalid("Invalid path") }
        let partial = newIncoming()
        do {
            var check = ByteCheck(expecting)
            let file = try OpenFile(partial, O_WRONLY | O_CREAT | O_TRUNC)
            for try await piece in bytes {
                check.update(piece)
                try file.write(piece)
            }
            try check.finish(key)
            // A sync can take seconds.
            try await DiskWork.run { [self] in
                try file.sync()
                try move(partial, to: key)
            }
        } catch {
            unlink(partial)
            throw DurableFile.describe(error, "cannot store \(key)")
        }
        return try facts(key, at: target)
    }

    /// Makes a whole file of `incoming` an object.
    func keep(_ partial: String, as key: String) throws {
        try DurableFile.sync(partial)
        try move(partial, to: key)
    }

    /// Makes a synced file of `incoming` an object.
    func move(_ partial: String, to key: String) throws {
        let target = try path(key)
        try makeFolder((target as NSString).deletingLastPathComponent)
        try DurableFile.rename(partial, to: target)
    }

    package func head(_ key: String) async throws -> ObjectFacts? {
        let target = try path(key)
        return try? facts(key, at: target)
    }

    private func facts(_ key: String, at path: String) throws -> ObjectFacts {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw TernError.notFound("No such artifact: '\(key)'") }
        return DiskObjects.facts(key, status)
    }

    private static func facts(_ key: String, _ status: stat) -> ObjectFacts {
        let modified = Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        // A file is replaced whole, so that its number tells one version from the next even within a tick of the clock.
        let tag = [Int64(status.st_size), modified, Int64(bitPattern: UInt64(status.st_ino))].map { String($0, radix: 16) }.joined(separator: "-")
        return ObjectFacts(key: key, size: Int64(status.st_size), modified: Timestamp(milliseconds: modified), tag: tag)
    }

    package func get(_ key: String, range: Range<Int64>?, matching tag: String?) async throws -> ObjectBytes {
        let target = try path(key)
        let file: OpenFile
        var status = stat()
        do {
            file = try OpenFile(target, O_RDONLY)
            guard fstat(file.descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw TernError.notFound("it is a folder") }
        } catch let error as TernError where error.code == .notFound {
            throw TernError.notFound("No such artifact: '\(key)'")
        }
        let facts = DiskObjects.facts(key, status)
        if let tag, tag != facts.tag { throw TernError(.conflict, "\(key) was replaced a moment ago", hint: "ask again") }
        let part = range?.clamped(to: 0..<facts.size) ?? 0..<facts.size
        return ObjectBytes { FileReader(file: file, range: part) }
    }

    /// With everything asked for, a page is what lies below one name of the folder.
    package func list(_ folder: String, everything: Bool, after next: String?) async throws -> ObjectPage {
        let top = try path(folder)
        let prefix = try ObjectKey.clean(folder)
        guard everything else { return try await DiskWork.run { self.entries(in: top, below: prefix) } }
        return try await DiskWork.run { [self] in
            let names = names(in: top).sorted()
            guard let name = next.map({ last in names.first { $0 > last } }) ?? names.first else { return ObjectPage() }
            var page = ObjectPage(next: name == names.last ? nil : name)
            var folders: [String] = []
            let key = prefix.isEmpty ? name : prefix + "/" + name
            switch kind(of: top + "/" + name, key: key) {
            case .file(let facts): page.objects.append(facts)
            case .folder: folders.append(key)
            case .other: break
            }
            while let inner = folders.popLast() {
                let found = entries(in: self.folder + "/" + inner, below: inner)
                page.objects += found.objects
                folders += found.folders
            }
            page.objects.sort { $0.key < $1.key }
            return page
        }
    }

    private enum Kind {
        case file(ObjectFacts)
        case folder
        case other
    }

    private func kind(of path: String, key: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .other }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(DiskObjects.facts(key, status))
        case S_IFDIR: return .folder
        default: return .other
        }
    }

    private func names(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return path == folder ? names.filter { !hidden.contains($0) } : names
    }

    private func entries(in path: String, below prefix: String) -> ObjectPage {
        var page = ObjectPage()
        for name in names(in: path).sorted() {
            let key = prefix.isEmpty ? name : prefix + "/" + name
            switch kind(of: path + "/" + name, key: key) {
            case .file(let facts): page.objects.append(facts)
            case .folder: page.folders.append(key)
            case .other: break
            }
        }
        return page
    }

    package func delete(_ key: String) async throws {
        let target = try path(key)
        guard target != folder else { throw TernError.invalid("Invalid path") }
        guard unlink(target) == 0 || errno == ENOENT || errno == ENOTDIR || errno == EISDIR else { throw DurableFile.failure("cannot delete \(key)") }
    }

    package func deleteAll(below folder: String) async throws {
        let target = try path(folder)
        guard target != self.folder else { throw TernError.invalid("Invalid path") }
        var status = stat()
        guard stat(target, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        // Gone at once for whoever looks, however long the removal takes.
        let doomed = newIncoming()
        guard Glibc.rename(target, doomed) == 0 || errno == ENOENT else { throw DurableFile.failure("cannot delete \(folder)") }
        try await DiskWork.run {
            do {
                try FileManager.default.removeItem(atPath: doomed)
            } catch {
                throw DurableFile.describe(error, "cannot delete \(folder)")
            }
        }
    }

    package func copy(_ source: String, to target: String) async throws { try await put(target, get(source)) }

    package func refresh(_ key: String) async throws {
        guard utimes(try path(key), nil) == 0 else { throw TernError.notFound("No such artifact: '\(key)'") }
    }

    package func check() async throws {
        guard access(incoming, W_OK) == 0 else { throw DurableFile.failure("cannot write in \(folder)") }
    }

    package func sweep(olderThan age: Period) async throws {
        let (incoming, uploads) = (incoming, uploads)
        try await DiskWork.run {
            uploads.sweep(olderThan: age)
            DiskUploads.removeOld(in: incoming, olderThan: age)
        }
    }

    /// Makes a folder and those above it, each synced into its parent so that a file in it survives a crash.
    private func makeFolder(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { return }
        let parent = (path as NSString).deletingLastPathComponent
        if path != folder { try makeFolder(parent) }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        } catch let error as CocoaError where error.code == .fileWriteFileExists {
            return
        }
        try DurableFile.sync(parent)
    }
}
