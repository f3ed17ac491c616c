import Foundation
import TernKernel
import TernStats
import TernStore
import TernTables

/// The verbs of datasets.
package struct DatasetService: Sendable {
    let store: DatasetStore
    let folder: DatasetFolder
    let tables: TableEngine

    // MARK: Declaring

    /// Takes over what `tern.yaml` says; a dataset that is no longer declared keeps its versions.
    ///
    /// - Parameter projectFolder: what declared paths are relative to.
    package func apply(_ declarations: [DatasetDeclaration], projectFolder: String? = nil, by identity: Identity) async throws {
        try identity.require(.editor, to: "declare datasets")
        for declaration in declarations { try DatasetService.check(declaration) }
        try await store.database.write { transaction in
            for declaration in declarations {
                let old = try DatasetStore.dataset(declaration.name, transaction.connection)
                let path = declaration.path.hasPrefix("/") ? declaration.path : projectFolder.map { "\($0)/\(declaration.path)" } ?? declaration.path
                let new = Dataset(
                    name: declaration.name, owner: declaration.owner, description: declaration.description, path: path, time: declaration.time,
                    expect: declaration.expect, schema: old?.schema ?? [], versions: old?.versions ?? [])
                guard new != old else { continue }
                try DatasetStore.save(new, transaction.connection)
                try transaction.record(
                    LedgerEvent(
                        "dataset.declared", subject: "dataset/\(new.name)", by: identity.name,
                        data: ["owner": .string(new.owner), "path": JSON(new.path), "expect": try JSON(encoding: new.expect)]))
            }
        }
    }

    private static func check(_ declaration: DatasetDeclaration) throws {
        try check(name: declaration.name)
        for (column, expectation) in declaration.expect {
            if let type = expectation.type, !["bool", "int", "double", "text", "time"].contains(type) {
                throw TernError.invalid(
                    "dataset '\(declaration.name)' expects type '\(type)' of column '\(column)'",
                    hint: "the types are bool, int, double, text and time")
            }
        }
    }

    /// Names become folders and parts of addresses.
    private static func check(name: String) throws {
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0)
        }
        guard isPlain, !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix("."), name != "incoming" else {
            throw TernError.invalid("'\(name)' cannot be a dataset's name", hint: "use letters, digits, '-', '_' and '.', for example market-1")
        }
    }

    // MARK: Adding

    /// Adds a file as the next version. The same bytes again are the version that they already are.
    ///
    /// - Parameter path: the file; nil takes the one that is declared.
    /// - Throws: `invalid_argument` whose details hold `violations` when the file breaks the schema or what is expected;
    ///   then nothing is stored but that record.
    package func add(
        name: String, fileAt path: String? = nil, by identity: Identity, reason: String? = nil, source: JSON = .null
    ) async throws -> DatasetVersion {
        try identity.require(.editor, to: "add a dataset version")
        try DatasetService.check(name: name)
        let known = try await store.dataset(name)
        guard let file = path ?? known?.path else {
            throw TernError.invalid("there is no file to add to '\(name)': tern.yaml declares none", hint: "tern data add \(name) FILE")
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue else {
            throw TernError.notFound("no file at \(file)", hint: "the path is read on the server's machine")
        }
        let format = try DataFormat(path: file)
        let staged = try folder.stage(file, as: format)
        defer { folder.discard(staged) }
        let origin = source.isNull ? ["path": .string(file)] : source
        return try await add(staged: staged, format, to: name, known, by: identity, reason: reason, source: origin)
    }

    /// Adds a file that already lies in the room's own folder.
    func add(
        staged: String, _ format: DataFormat, to name: String, _ known: Dataset?, by identity: Identity, reason: String?, source: JSON
    ) async throws -> DatasetVersion {
        let (digest, bytes) = try Digest.ofFile(at: staged)
        if let same = try await store.version(name, of: digest) { return same }
        do {
            let accepted = try await DatasetValidation(tables: tables).accept(
                staged, format, fixed: known?.schema ?? [], expect: known?.expect ?? [:])
            let profile = try await DatasetProfile(files: DataFileStore(tables: tables)).profile(
                of: accepted.file, accepted.schema, rows: accepted.rows)
            _ = try await folder.blobs.put(fileAt: staged)
            let draft = DatasetVersion(
                dataset: name, version: 0, digest: digest, rows: accepted.rows, format: format, bytes: bytes, schema: accepted.schema,
                profile: profile,
                source: source, createdAt: Timestamp(milliseconds: 0), createdBy: identity.name, reason: reason)
            return try await record(draft, by: identity)
        } catch let refusal as DataRefusal {
            let error = refusal.error(for: name)
            try await reject(name, refusal, error.message, by: identity, reason: reason, source: source)
            throw error
        }
    }

    private func record(_ draft: DatasetVersion, by identity: Identity) async throws -> DatasetVersion {
        try await store.database.write { transaction in
            if let same = try DatasetStore.version(draft.dataset, of: draft.digest, transaction.connection) { return same }
            var dataset =
                try DatasetStore.dataset(draft.dataset, transaction.connection)
                ?? Dataset(name: draft.dataset, owner: identity.name, expect: [:], schema: [], versions: [])
            let fixed = dataset.schema.map(\.name)
            // Two first versions at once: the one that came first fixed the schema.
            guard fixed.isEmpty || Set(fixed) == Set(draft.schema.map(\.name)) else {
                throw TernError(.conflict, "the schema of '\(draft.dataset)' was fixed meanwhile by another version", hint: "add the file again")
            }
            dataset.schema = draft.schema
            try DatasetStore.save(dataset, transaction.connection)
            var version = draft
            version.version = (dataset.versions.map(\.version).max() ?? 0) + 1
            version.createdAt = transaction.now
            try DatasetStore.insert(version, transaction.connection)
            try transaction.record(
                LedgerEvent(
                    "dataset.version.added", subject: "dataset/\(version.dataset)/\(version.version)", by: identity.name, reason: version.reason,
                    data: [
                        "digest": .string(version.digest.hex), "rows": .int(version.rows), "bytes": .int(version.bytes),
                        "format": .string(version.format.rawValue), "source": version.source,
                    ]))
            return version
        }
    }

    private func reject(
        _ name: String, _ refusal: DataRefusal, _ message: String, by identity: Identity, reason: String?, source: JSON
    ) async throws {
        try await store.database.write { transaction in
            let rejected = RejectedData(
                dataset: name, at: transaction.now, by: identity.name, source: source, reason: reason, message: message,
                violations: refusal.violations)
            try DatasetStore.insert(rejected, transaction.connection)
            try transaction.record(
                LedgerEvent(
                    "dataset.version.refused", subject: "dataset/\(name)", by: identity.name, reason: reason,
                    data: [
                        "message": .string(message), "total": .int(Int64(refusal.total)), "source": source,
                        "violations": try JSON(encoding: Array(refusal.violations.prefix(3))),
                    ]))
        }
    }

    // MARK: Reading

    package func list() async throws -> [Dataset] { try await store.datasets() }

    /// - Throws: `not_found`.
    package func get(_ name: String) async throws -> Dataset {
        guard let dataset = try await store.dataset(name) else {
            throw TernError.notFound(
                "there is no dataset '\(name)'", hint: "declare it in tern.yaml and run tern apply, or: tern data add \(name) FILE")
        }
        return dataset
    }

    /// A version, or the newest.
    ///
    /// - Throws: `not_found`.
    package func version(_ name: String, _ version: Int? = nil) async throws -> DatasetVersion {
        if let found = try await store.version(name, version) { return found }
        let dataset = try await get(name)
        guard let newest = dataset.versions.first else {
            throw TernError.notFound("dataset '\(name)' has no version yet", hint: "tern data add \(name) FILE")
        }
        throw TernError.notFound("dataset '\(name)' has no version \(version ?? 0)", hint: "the newest is \(newest.version)")
    }

    /// Where the version's file lies, under a name that tells its format. It must not be written to.
    ///
    /// - Throws: `data_loss` when the home lost it.
    package func file(of version: DatasetVersion) async throws -> String { try await folder.path(of: version) }

    /// What was refused, the newest first (at most 100).
    package func rejected(_ name: String) async throws -> [RejectedData] { try await store.rejected(name) }

    /// What changed from version `from` to version `to`.
    package func diff(_ name: String, _ from: Int, _ to: Int) async throws -> DatasetDifference {
        let old = try await version(name, from)
        let new = try await version(name, to)
        let before = Dictionary(old.schema.map { ($0.name, $0.type) }) { first, _ in first }
        let after = Dictionary(new.schema.map { ($0.name, $0.type) }) { first, _ in first }
        let names = old.schema.map(\.name) + new.schema.map(\.name).filter { before[$0] == nil }
        let changes = names.filter { before[$0] != after[$0] }.map {
            DatasetDifference.SchemaChange(column: $0, from: before[$0], to: after[$0])
        }
        // Time only moves on; that it did is no drift.
        let scores = DriftTest.compare(reference: old.profile, current: new.profile)
        let drift = names.filter { before[$0] != "time" && after[$0] != "time" }.compactMap { name in
            scores[name].map { DatasetDifference.ColumnDrift(column: name, score: $0) }
        }
        return DatasetDifference(
            dataset: name, from: from, to: to, rowsFrom: old.rows, rowsTo: new.rows, schema: changes, drift: drift)
    }
}
