import TernKernel
import TernStore

/// A page of what a search found.
package struct RegistryPage<Item: Sendable>: Sendable {
    package var items: [Item]
    /// What a query for the next page gives as its `page`; nil when this is the last.
    package var next: String?
}

/// A model with the newest version of each stage, as MLflow shows it.
package struct ModelWithLatest: Sendable {
    package var model: RegisteredModel
    package var latest: [ModelVersion]
}

extension RegistryService {
    /// Models that match, ordered by name where the query says nothing else.
    package func searchModels(_ query: RegistryQuery) async throws -> RegistryPage<ModelWithLatest> {
        let place = try RegistryPlace(token: query.page)
        return try await database.read { connection in
            let search = ModelSearchStore(connection)
            let found = try search.models(query, after: place)
            let models = try ModelStore(connection).filled(found.rows)
            let latest = try search.newest(of: models.map(\.name))
            return RegistryPage(
                items: models.map { ModelWithLatest(model: $0, latest: latest[$0.name] ?? []) }, next: try next(found, .models, query))
        }
    }

    /// Versions that match, by default those changed last first.
    package func searchVersions(_ query: RegistryQuery) async throws -> RegistryPage<ModelVersion> {
        var query = query
        if query.order.isEmpty { query.order = [.init(.updated, ascending: false), .init(.name), .init(.version, ascending: false)] }
        let ordered = query
        let place = try RegistryPlace(token: query.page)
        return try await database.read { connection in
            let found = try ModelSearchStore(connection).versions(ordered, after: place)
            return RegistryPage(items: try ModelVersionStore(connection).filled(found.rows), next: try next(found, .versions, ordered))
        }
    }

    package func modelWithLatest(_ name: String) async throws -> ModelWithLatest {
        try await database.read { connection in
            ModelWithLatest(
                model: try ModelStore(connection).get(name), latest: try ModelSearchStore(connection).newest(of: [name])[name] ?? [])
        }
    }
}

private func next(_ found: ModelSearchStore.Found, _ table: SearchTable, _ query: RegistryQuery) throws -> String? {
    guard found.more, let last = found.rows.last else { return nil }
    return try table.place(of: last, query).token()
}
