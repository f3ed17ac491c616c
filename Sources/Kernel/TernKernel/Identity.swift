/// What a person or a program may do; each role includes the ones before it.
package enum Role: String, Codable, Sendable, CaseIterable, Comparable {
    case viewer
    case editor
    case approver
    case admin

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .editor: 1
        case .approver: 2
        case .admin: 3
        }
    }
}

/// Who asks, as the ledger records it.
package struct Identity: Hashable, Codable, Sendable {
    package var name: String
    package var role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    /// The server's own work: a schedule, a policy, a controller.
    package static func system(_ part: String) -> Identity { Identity(name: "tern/\(part)", role: .admin) }

    /// - Throws: `not_allowed`, naming the role that is needed and how to get it.
    package func require(_ needed: Role, to action: String) throws {
        guard role >= needed else {
            throw TernError(
                .notAllowed, "\(name) may not \(action): that takes the role \(needed.rawValue), and this is \(role.rawValue)",
                hint: "use a token of that role: tern token create --role \(needed.rawValue) --name NAME, then TERN_TOKEN=…")
        }
    }
}
