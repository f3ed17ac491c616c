import TernKernel
import TernStore

/// A page of what a search found.
package struct RegistryPage<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Where the next page starts; nil when this is the last.
    package var next: Int?
}

/// A model with the newest version of each stage, as MLflow shows it.
package struct ModelWithLatest: Sendable {
    package var model: RegisteredModel
    package var latest: [ModelVersion]
}

extension RegistryService {
    /// Models that match, ordered by name where the query says nothing else.
    package func searchModels(_ query: RegistryQuery) async throws -> RegistryPage<ModelWithLatest> {
        try await database.read { connection in
            let models = try ModelStore(connection).all().map { (subject: RegistryQuery.Subject($0), model: $0) }
            let wantsPrompts = query.wantsPrompts
            let found = models.filter { ($0.subject.isPrompt == wantsPrompts) && query.matches($0.subject) }
                .sorted { query.precedes($0.subject, $1.subject) }
            let versions = ModelVersionStore(connection)
            return try page(found, query) { ModelWithLatest(model: $0.model, latest: RegistryService.newest(try versions.all(of: $0.model.name))) }
        }
    }

    /// Versions that match, by default those changed last first.
    package func searchVersions(_ query: RegistryQuery) async throws -> RegistryPage<ModelVersion> {
        var query = query
        if query.order.isEmpty { query.order = [.init(.updated, ascending: false), .init(.name), .init(.version, ascending: false)] }
        let ordered = query
        return try await database.read { connection in
            let prompts = Set(try ModelStore(connection).all().filter { RegistryQuery.Subject($0).isPrompt }.map(\.name))
            let wantsPrompts = ordered.wantsPrompts
            let found = try candidates(ordered, ModelVersionStore(connection)).map { (subject: RegistryQuery.Subject($0), version: $0) }
                .filter { (prompts.contains($0.version.model) == wantsPrompts) && ordered.matches($0.subject) }
                .sorted { ordered.precedes($0.subject, $1.subject) }
            return try page(found, ordered) { $0.version }
        }
    }

    package func modelWithLatest(_ name: String) async throws -> ModelWithLatest {
        try await database.read { connection in
            ModelWithLatest(
                model: try ModelStore(connection).get(name), latest: RegistryService.newest(try ModelVersionStore(connection).all(of: name)))
        }
    }
}

/// The versions that an index can find for the query; the usual ones name a model or a run.
private func candidates(_ query: RegistryQuery, _ store: ModelVersionStore) throws -> [ModelVersion] {
    for condition in query.conditions where condition.comparison == .equal {
        guard case .text(let value) = condition.operand else { continue }
        if condition.field == .name { return try store.all(of: value) }
        if condition.field == .run { return try store.all(run: value) }
    }
    return try store.all()
}

private func page<Found, Item: Sendable>(
    _ found: [Found], _ query: RegistryQuery, _ item: (Found) throws -> Item
) throws -> RegistryPage<Item> {
    let start = min(max(0, query.offset), found.count)
    let end = min(found.count, start + min(max(0, query.limit), found.count))
    return RegistryPage(items: try found[start..<end].map(item), next: end < found.count ? end : nil)
}

extension RegistryQuery.Subject {
    fileprivate init(_ model: RegisteredModel) {
        self.init(name: model.name, version: nil, run: nil, source: nil, created: model.createdAt, updated: model.updatedAt, tags: model.tags)
    }

    fileprivate init(_ version: ModelVersion) {
        self.init(
            name: version.model, version: version.version, run: version.runID, source: version.source, created: version.createdAt,
            updated: version.updatedAt, tags: version.tags)
    }

    fileprivate var isPrompt: Bool { tags[RegistryQuery.promptTag] == "true" }
}
