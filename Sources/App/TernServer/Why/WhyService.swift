import Hummingbird
import Registry
import Releases
import TernKernel
import TernLog
import TernStore
import TernWeb

/// Answers what runs, who decided that, on which evidence, and what it was made from; now, or at any moment that the ledger knows.
struct WhyService: Sendable {
    let registry: RegistryService
    let releases: ReleaseService
    let ledger: LedgerStore

    func mount(on router: TernRouterGroup) {
        router.get("why") { request, _ in
            guard let subject = request.query("subject") else {
                throw TernError.invalid("'subject' is missing", hint: "ask for endpoint/NAME or model/NAME/VERSION")
            }
            let clock: PastClock = request.query("data_time") == "true" ? .event : .ledger
            return Response.json(try await answer(subject, at: try request.queryTime("at"), clock: clock))
        }
    }

    func answer(_ subject: String, at time: Timestamp?, clock: PastClock) async throws -> JSON {
        let parts = subject.split(separator: "/").map(String.init)
        if parts.count == 2, parts[0] == "endpoint" { return try await endpoint(parts[1], at: time, clock: clock) }
        if parts.count == 3, parts[0] == "model", let version = Int(parts[2]) {
            return ["subject": .string(subject), "version": try JSON(encoding: try await registry.version(parts[1], version))]
        }
        throw TernError.invalid("'\(subject)' is not something to ask about", hint: "ask for endpoint/NAME or model/NAME/VERSION")
    }

    private func endpoint(_ name: String, at time: Timestamp?, clock: PastClock) async throws -> JSON {
        let status = try await releases.endpoint(name)
        let moment = time ?? Timestamp(milliseconds: .max)
        guard let state = try await releases.state(name, at: moment, by: time == nil ? .ledger : clock) else {
            throw TernError.notFound(
                "endpoint \(name) had no variants at \(time?.description ?? "any time")",
                hint: "tern log endpoint/\(name) shows when it got its first")
        }
        var variants: [JSON] = []
        for variant in state.variants {
            variants.append([
                "name": .string(variant.name), "role": .string(variant.role.rawValue), "share": JSON(variant.share),
                "version": try JSON(encoding: try await registry.version(variant.model, variant.version)),
                "release": try await decision(endpoint: name, version: variant.version, variant: variant.name, until: state.sequence),
            ])
        }
        return [
            "subject": .string("endpoint/\(name)"), "at": JSON(time?.description), "owner": .string(status.declaration.owner),
            "variants": .array(variants),
        ]
    }

    /// The last entry by which this variant came to where it is.
    private func decision(endpoint: String, version: Int, variant: String, until sequence: Int64) async throws -> JSON {
        let entries = try await ledger.entries(LedgerFilter(subject: "endpoint/\(endpoint)", newestFirst: true, limit: 10_000))
        let kinds = ["release.started", "release.promoted", "release.rolled_back", "endpoint.variant.added"]
        let entry = entries.first { entry in
            guard entry.sequence <= sequence, kinds.contains(entry.kind) else { return false }
            if entry.kind == "endpoint.variant.added" { return entry.data["variant"]?.stringValue == variant }
            let target = entry.kind == "release.rolled_back" ? entry.data["from"] : entry.data["to"]
            return target?.intValue == Int64(version)
        }
        return try entry.map { try JSON(encoding: $0) } ?? .null
    }
}
