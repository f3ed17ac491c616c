import Hummingbird
import TernKernel
import TernStore
import TernWeb

/// Reading the ledger. Nobody writes it but the rooms.
struct LedgerRoutes {
    let ledger: LedgerStore

    func mount(on router: TernRouterGroup) {
        router.get("ledger") { request, _ in
            let filter = LedgerFilter(
                after: Int64(try request.query("after", in: 0...Int.max) ?? 0), subject: request.query("subject"), kind: request.query("kind"),
                until: try request.queryTime("until"), newestFirst: request.query("order") == "newest",
                limit: try request.query("limit", in: 1...10_000) ?? 100)
            return try Response.json(["entries": try await ledger.entries(filter)])
        }
        router.get("ledger/verify") { _, _ in
            Response.json(["verified": true, "entries": .int(try await ledger.verify())])
        }
    }
}
