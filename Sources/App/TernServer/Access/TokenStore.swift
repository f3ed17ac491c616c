import TernKernel
import TernStore

/// A person or program that has a token, without the token itself.
package struct TokenHolder: Codable, Hashable, Sendable {
    package var name: String
    package var role: Role
    package var createdAt: Timestamp
}

/// The table of tokens. Only their hashes are kept.
struct TokenStore: Sendable {
    let database: Database

    static let migrations = [
        Migration(
            "2026-11-access-tokens",
            ["CREATE TABLE tokens (name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL)"])
    ]

    func all() async throws -> [(holder: TokenHolder, hash: String)] {
        try await database.read { connection in
            try connection.rows("SELECT * FROM tokens ORDER BY name").map { row in
                let holder = TokenHolder(
                    name: try row.text("name"), role: Role(rawValue: try row.text("role")) ?? .viewer, createdAt: try row.time("created_at"))
                return (holder, try row.text("hash"))
            }
        }
    }

    func insert(name: String, role: Role, hash: String, by actor: String) async throws {
        try await database.write { transaction in
            guard try transaction.row("SELECT name FROM tokens WHERE name = ?", [.text(name)]) == nil else {
                throw TernError(.alreadyExists, "there is a token named '\(name)' already", hint: "revoke it first: tern token revoke \(name)")
            }
            try transaction.execute(
                "INSERT INTO tokens (name, role, hash, created_at) VALUES (?, ?, ?, ?)",
                [.text(name), .text(role.rawValue), .text(hash), SQLValue(transaction.now)])
            try transaction.record(LedgerEvent("token.created", subject: "token/\(name)", by: actor, data: ["role": .string(role.rawValue)]))
        }
    }

    func delete(name: String, by actor: String) async throws {
        try await database.write { transaction in
            guard try transaction.execute("DELETE FROM tokens WHERE name = ?", [.text(name)]) == 1 else {
                throw TernError.notFound("there is no token named '\(name)'", hint: "tern token list shows those there are")
            }
            try transaction.record(LedgerEvent("token.revoked", subject: "token/\(name)", by: actor))
        }
    }
}
