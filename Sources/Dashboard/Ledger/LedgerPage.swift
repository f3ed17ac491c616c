import Hummingbird
import TernKernel
import TernStore
import TernWeb

/// Which part of the ledger a reader wants.
struct LedgerQuery: Sendable, Equatable {
    static let size = 100

    var subject: String?
    var kind: String?
    /// Entries up to this one, newest first.
    var before: Int64?

    init(subject: String? = nil, kind: String? = nil, before: Int64? = nil) {
        self.subject = subject
        self.kind = kind
        self.before = before
    }

    init(_ request: Request) throws {
        self.init(
            subject: request.query("subject").flatMap { $0.isEmpty ? nil : $0 }, kind: request.query("kind").flatMap { $0.isEmpty ? nil : $0 },
            before: try request.query("before", in: 0...Int.max).map(Int64.init))
    }

    func address(before: Int64?) -> String {
        let parts = [subject.map { "subject=" + Link.escape($0) }, kind.map { "kind=" + Link.escape($0) }, before.map { "before=\($0)" }].compactMap {
            $0
        }
        return parts.isEmpty ? "/ledger" : "/ledger?" + parts.joined(separator: "&")
    }
}

/// `/ledger`.
struct LedgerPage: DashboardPage {
    var subject: String
    var kind: String
    var entries: [LedgerRow]
    var older: String?
    var newest: String?

    static let name = "ledger"
    static let template = #"""
        <div class="title"><h1>Ledger</h1>\#
        <p class="muted">Everything that changed, by whom and why; each entry is chained to the one before by its hash.</p></div>
        <form class="filter" method="get" action="/ledger">
        <label>Subject <input name="subject" value="{{subject}}" placeholder="endpoint/price" spellcheck="false"></label>
        <label>Kind <input name="kind" value="{{kind}}" placeholder="release. or alert.raised" spellcheck="false"></label>
        <button>Filter</button> <a class="muted" href="/ledger">clear</a>
        </form>
        <section class="panel wide">
        <table><thead><tr><th class="n">#</th><th>Data's time</th><th>What</th><th>Subject</th><th>Why</th><th>By</th><th>Recorded</th></tr>\#
        </thead><tbody>
        {{>ledger-rows}}
        </tbody></table>
        {{^entries}}<p class="empty">No entries match.</p>{{/entries}}
        </section>
        <p class="pages">{{#newest}}<a href="{{.}}">← Newest</a>{{/newest}} {{#older}}<a href="{{.}}">Older →</a>{{/older}}</p>
        """#
}

struct LedgerLoader: Sendable {
    let services: DashboardServices

    func load(_ query: LedgerQuery) async throws -> LedgerPage {
        // Numbers have no gaps, so the page before an entry is found by counting.
        let filtered = query.subject != nil || query.kind != nil
        var filter = LedgerFilter(subject: query.subject, kind: query.kind, newestFirst: true, limit: LedgerQuery.size + 1)
        var found: [LedgerEntry]
        if let before = query.before, !filtered {
            filter.newestFirst = false
            filter.after = max(0, before - Int64(LedgerQuery.size) - 2)
            found = try await services.ledger.entries(filter).reversed().filter { $0.sequence < before }
        } else if let before = query.before {
            // The store cannot start at a number and go back; a filtered list is short enough to be read whole.
            filter.limit = 100_000
            found = try await services.ledger.entries(filter).filter { $0.sequence < before }
        } else {
            found = try await services.ledger.entries(filter)
        }
        let more = found.count > LedgerQuery.size
        found = Array(found.prefix(LedgerQuery.size))
        return LedgerPage(
            subject: query.subject ?? "", kind: query.kind ?? "", entries: found.map(LedgerRow.init),
            older: more ? found.last.map { query.address(before: $0.sequence) } : nil, newest: query.before == nil ? nil : query.address(before: nil))
    }

    func latest(_ limit: Int, subject: String? = nil) async throws -> [LedgerRow] {
        try await services.ledger.entries(LedgerFilter(subject: subject, newestFirst: true, limit: limit)).map(LedgerRow.init)
    }
}
