import NIOCore
import TernKernel

extension Importer {
    /// - Returns: whether some could not be read.
    mutating func bringFiles(of run: ImportedRun, to experiment: Int64) async throws -> Bool {
        if let place = run.filesStayAt {
            source.notes.add("files stay at \(place.prefix { $0 != ":" })://: the runs go on pointing there")
            return false
        }
        return try await bring(try await source.files(of: run), below: "\(experiment)/\(run.id)/artifacts")
    }

    mutating func bring(_ files: [ImportedFile], below folder: String) async throws -> Bool {
        if files.isEmpty { return false }
        var isMissing = false
        let here = try await stored(below: folder)
        for file in files {
            report.add(.files, source: 1, here: 0)
            report.add(.bytes, source: file.size, here: 0)
            let target = target, path = "\(folder)/\(file.path)"
            do {
                let before = try await hash(file)
                let isHere = here[file.path] == before.size ? try await stored(path) == before.digest : false
                if !isHere {
                    let source = source
                    try await target.upload(path, size: before.size) { take in try await source.read(file, take) }
                    guard try await stored(path) == before.digest else {
                        report.failures.append("\(path) has another SHA-256 here than at the source")
                        continue
                    }
                }
                report.add(.files, source: 0, here: 1)
                report.add(.bytes, source: before.size - file.size, here: before.size)
                done.files += 1
                progress(done)
            } catch let error as TernError where [.notFound, .invalidArgument, .notAllowed].contains(error.code) {
                isMissing = true
                report.failures.append("\(path) did not come over: \(error.message)")
            }
        }
        return isMissing
    }

    func hash(_ file: ImportedFile) async throws -> (digest: Digest, size: Int64) {
        var hash = ContentHash()
        try await source.read(file) { hash.add($0) }
        return (hash.digest(), hash.size)
    }

    private func stored(_ path: String) async throws -> Digest {
        var hash = ContentHash()
        try await target.download(path) { hash.add($0) }
        return hash.digest()
    }

    private func stored(below folder: String) async throws -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        var waiting = [""]
        while let next = waiting.popLast() {
            for entry in try await target.list(next.isEmpty ? folder : folder + "/" + next) {
                let path = next.isEmpty ? entry.name : next + "/" + entry.name
                if entry.isFolder { waiting.append(path) } else { sizes[path] = entry.size }
            }
        }
        return sizes
    }
}
