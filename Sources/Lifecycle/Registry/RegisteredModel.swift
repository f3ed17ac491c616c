import TernKernel

/// A name that versions are registered under.
package struct RegisteredModel: Codable, Sendable {
    package var name: String
    package var description: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var tags: [String: String]
    package var aliases: [String: Int]
    /// Nil for a model that only a client made: it has no owner, no gates, and cannot be released.
    package var declaration: ModelDeclaration?

    package var subject: String { "model/\(name)" }

    /// The model card, in Markdown: what tern.yaml declares, else the description that an MLflow client gave.
    package var card: String? {
        if let card = declaration?.card { return card }
        return description == declaration?.purpose || description?.isEmpty != false ? nil : description
    }

    /// Rules of MLflow for names, since its clients make most of them.
    static func check(name: String) throws {
        if name.allSatisfy(\.isWhitespace) { throw TernError.invalid("Missing value for required parameter 'name'.") }
        if name.contains("/") || name.contains(":") {
            throw TernError.invalid("Invalid model name '\(name)'. Names cannot contain '/' or ':'.")
        }
        if name == "." || name.hasPrefix("..") {
            throw TernError.invalid(
                "Invalid value \(JSON.string(name)) for parameter 'name' supplied: Names may be treated as files in certain cases, and must not "
                    + "resolve to other names when treated as such. This name would resolve to '\(name)'")
        }
        if name.unicodeScalars.count > 256 { throw TernError.invalid("'name' exceeds the maximum length of 256 characters") }
    }

    static func check(alias: String) throws {
        if alias.isEmpty { throw TernError.invalid("Registered model alias name cannot be empty.") }
        guard alias.unicodeScalars.allSatisfy({ $0 == "_" || $0 == "-" || $0.properties.isAlphabetic || $0.properties.numericType != nil }) else {
            throw TernError.invalid(
                "Invalid alias name: '\(alias)'. Names may only contain alphanumerics, underscores (_), and dashes (-).")
        }
        try check(length: alias, of: "Registered model alias name", upTo: 255)
    }

    /// Names that mean something else after `@`.
    static func check(reserved alias: String) throws {
        if alias.lowercased() == "latest" { throw TernError.invalid("'latest' alias name (case insensitive) is reserved.") }
        if let first = alias.first, first == "v" || first == "V", alias.count > 1, alias.dropFirst().allSatisfy(\.isNumber) {
            throw TernError.invalid("Version alias name '\(alias)' is reserved.")
        }
    }

    static func check(tag key: String, value: String) throws {
        let allowed = "/_.-: "
        guard key.unicodeScalars.allSatisfy({ allowed.unicodeScalars.contains($0) || $0.properties.isAlphabetic || $0.properties.numericType != nil })
        else {
            throw TernError.invalid(
                "Invalid value \(JSON.string(key)) for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), "
                    + "periods (.), spaces ( ), colon(:) and slashes (/).")
        }
        try check(length: key, of: "key", upTo: 250)
        try check(length: value, of: "value", upTo: 100_000)
    }

    /// The most bytes that a model card may have.
    package static let cardLimit = 256 * 1024

    static func check(card: String, of what: String) throws {
        if card.utf8.count > cardLimit {
            throw TernError.invalid(
                "the card of \(what) has \(card.utf8.count) bytes; at most \(cardLimit) are kept", hint: "link to the long parts of it")
        }
    }

    private static func check(length text: String, of what: String, upTo limit: Int) throws {
        if text.unicodeScalars.count > limit { throw TernError.invalid("'\(what)' exceeds the maximum length of \(limit) characters") }
    }
}

/// A model as lists show it.
package struct ModelSummary: Codable, Sendable {
    package var name: String
    package var purpose: String?
    package var owner: String?
    package var task: String?
    package var target: String?
    package var description: String?
    package var gates: [String]
    package var approvals: Int?
    package var approvalsRetrained: Int?
    package var versions: Int
    /// Markdown; only where one model is asked for.
    package var card: String?
    package var latest: Int?
    package var latestApproved: Int?
    package var champion: Int?
    package var aliases: [String: Int]
    package var tags: [String: String]
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
}
