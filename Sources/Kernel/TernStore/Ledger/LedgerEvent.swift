import TernKernel

/// What a room tells the ledger: something changed, by whom and why.
package struct LedgerEvent: Sendable {
    /// `model.version.registered`: noun, part, past participle.
    package var kind: String
    /// What it happened to: `model/price-direction/3`, `endpoint/price`, `run/…`, `dataset/market/2`.
    package var subject: String
    package var actor: String
    package var reason: String?
    /// The time of the data that caused it, where that differs from the clock on the wall (a replay, a late batch).
    package var eventTime: Timestamp?
    package var data: JSON

    package init(
        _ kind: String, subject: String, by actor: String, reason: String? = nil, eventTime: Timestamp? = nil, data: JSON = [:]
    ) {
        self.kind = kind
        self.subject = subject
        self.actor = actor
        self.reason = reason
        self.eventTime = eventTime
        self.data = data
    }
}

/// An entry of the ledger: an event, numbered, dated and chained to the one before by its hash.
package struct LedgerEntry: Sendable, Codable, Hashable {
    package var sequence: Int64
    package var at: Timestamp
    package var kind: String
    package var subject: String
    package var actor: String
    package var reason: String?
    package var eventTime: Timestamp?
    package var data: JSON
    /// SHA-256 over the previous entry's hash and this entry's content in canonical JSON.
    package var hash: Digest
}

/// Which entries a reader wants; nil means any.
package struct LedgerFilter: Sendable {
    /// Only entries after this number.
    package var after: Int64 = 0
    /// This subject, or anything below it (`endpoint/price` finds `endpoint/price/release/3`).
    package var subject: String?
    /// This kind, or a prefix that ends in a dot (`release.`).
    package var kind: String?
    package var until: Timestamp?
    package var newestFirst = false
    package var limit = 100

    package init(
        after: Int64 = 0, subject: String? = nil, kind: String? = nil, until: Timestamp? = nil, newestFirst: Bool = false, limit: Int = 100
    ) {
        self.after = after
        self.subject = subject
        self.kind = kind
        self.until = until
        self.newestFirst = newestFirst
        self.limit = limit
    }
}
