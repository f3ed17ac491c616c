import Hummingbird
import Synchronization
import TernKernel
import TernStore
import TernWeb

/// Who may do what: tokens with a role each.
package final class AccessService: Sendable {
    private let store: TokenStore
    private let loopback: Bool
    private struct Known {
        /// By the hash of the token: a look-up on each request must not touch the database.
        var byHash: [String: Identity] = [:]
        /// By the token itself, once it has been seen: the next request need not hash it again.
        var verified: [String: Identity] = [:]
    }

    private let known = Mutex(Known())
    /// How many verified tokens are remembered; beyond that it starts anew.
    private static let mostVerified = 1000
    /// What steps of pipelines show to this server. Of this process only: a restart ends the steps and makes another.
    let stepToken = "tern_" + Identifier.random() + Identifier.random()

    init(database: Database, loopback: Bool) {
        store = TokenStore(database: database)
        self.loopback = loopback
    }

    /// Reads the table; call once before serving.
    ///
    /// - Throws: `not_allowed` when the server would listen beyond loopback without any token.
    func open(adminToken: String?) async throws {
        try await refresh()
        if let adminToken, !isKnown(adminToken) {
            // Another secret than last time: the operator has changed it.
            if known.withLock({ $0.byHash.values.contains { $0.name == "admin" } }) { try await store.delete(name: "admin", by: "tern/start") }
            try await store.insert(name: "admin", role: .admin, hash: Digest(of: adminToken).hex, by: "tern/start")
            try await refresh()
        }
        if !loopback, try await store.all().isEmpty {
            throw TernError(
                .notAllowed, "a server that listens beyond 127.0.0.1 demands tokens, and there is none",
                hint: "set TERN_ADMIN_TOKEN to a secret of your own for the first start, or create one: tern token create --role admin --name NAME")
        }
    }

    private func isKnown(_ token: String) -> Bool { identity(of: token) != nil }

    private func identity(of token: String) -> Identity? {
        if let identity = known.withLock({ $0.verified[token] }) { return identity }
        let hash = Digest(of: token).hex
        return known.withLock { known in
            guard let identity = known.byHash[hash] else { return nil }
            if known.verified.count >= AccessService.mostVerified { known.verified = [:] }
            known.verified[token] = identity
            return identity
        }
    }

    /// Reads the table again, after a change here or by another server.
    func refresh() async throws {
        let rows = try await store.all()
        known.withLock { known in
            known.verified = [:]
            known.byHash = Dictionary(
                [(Digest(of: stepToken).hex, Identity(name: "tern/pipelines", role: .editor))]
                    + rows.map { ($0.hash, Identity(name: $0.holder.name, role: $0.holder.role)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    package var authentication: Authentication {
        Authentication(
            lookUp: { [self] token in identity(of: token) },
            anonymous: { [self] in
                guard loopback else { return nil }
                // As soon as somebody holds a token that can approve, being on this machine is not enough for that.
                let approvers = known.withLock { $0.byHash.values.contains { $0.role >= .approver } }
                return Identity(name: "local", role: approvers ? .editor : .admin)
            })
    }

    /// Makes a token and answers it; it is not shown again.
    func create(name: String, role: Role, by identity: Identity) async throws -> String {
        // Whoever may approve may not make themselves more.
        guard identity.role == .admin || (identity.role == .editor && role <= .editor) else {
            try identity.require(.admin, to: "create a token of the role \(role.rawValue)")
            return ""
        }
        guard !name.isEmpty, name.utf8.count <= 100 else { throw TernError.invalid("a token needs a name of 1 to 100 bytes") }
        let token = "tern_" + Identifier.random() + Identifier.random()
        try await store.insert(name: name, role: role, hash: Digest(of: token).hex, by: identity.name)
        try await refresh()
        return token
    }

    func revoke(name: String, by identity: Identity) async throws {
        try identity.require(.admin, to: "revoke a token")
        try await store.delete(name: name, by: identity.name)
        try await refresh()
    }

    func holders() async throws -> [TokenHolder] { try await store.all().map(\.holder) }
}

extension AccessService {
    private struct NewToken: Decodable {
        var name: String
        var role: Role
    }

    func mount(on router: TernRouterGroup) {
        router.get("tokens") { _, _ in try Response.json(["tokens": try await self.holders()]) }
        router.post("tokens") { request, context in
            let new = try await request.value(NewToken.self)
            let token = try await self.create(name: new.name, role: new.role, by: context.identity)
            return Response.json(["name": .string(new.name), "role": .string(new.role.rawValue), "token": .string(token)], status: .created)
        }
        router.delete("tokens/:name") { _, context in
            try await self.revoke(name: try context.path("name"), by: context.identity)
            return Response.json([:])
        }
    }
}
