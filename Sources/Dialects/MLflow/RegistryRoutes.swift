import Registry
import TernKernel

extension MLflowDialect {
    /// Registered models and their versions.
    func mountRegistry(on routes: inout MLflowRoutes) {
        guard let registry else { return }
        RegisteredModelRoutes(registry: registry).mount(on: &routes)
        ModelVersionRoutes(registry: registry).mount(on: &routes)
    }
}

/// `registered-models/…`: names, tags and aliases.
struct RegisteredModelRoutes: Sendable {
    let registry: RegistryService

    func mount(on routes: inout MLflowRoutes) {
        routes.post("registered-models/create", create)
        routes.post("registered-models/rename", rename)
        routes.patch("registered-models/update", update)
        routes.delete("registered-models/delete", delete)
        routes.get("registered-models/get", get)
        routes.get("registered-models/search", search)
        routes.get("registered-models/get-latest-versions", latest)
        routes.post("registered-models/get-latest-versions", needs: .viewer, latest)
        routes.post("registered-models/set-tag", setTag)
        routes.delete("registered-models/delete-tag", deleteTag)
        routes.post("registered-models/alias", setAlias)
        routes.delete("registered-models/alias", deleteAlias)
        routes.get("registered-models/alias", getAlias)
    }

    @Sendable private func create(_ request: MLflowRequest) async throws -> JSON {
        let parameters = request.parameters
        let model = try await registry.createModel(
            parameters.required("name"), description: parameters.string("description"), tags: parameters.tags(), by: request.identity)
        return ["registered_model": JSON(model, latest: [])]
    }

    @Sendable private func get(_ request: MLflowRequest) async throws -> JSON {
        try await answer(request.parameters.required("name"))
    }

    @Sendable private func rename(_ request: MLflowRequest) async throws -> JSON {
        let name = try request.parameters.required("name")
        let new = try request.parameters.required("new_name")
        return try await answer(registry.renameModel(name, to: new, by: request.identity).name)
    }

    @Sendable private func update(_ request: MLflowRequest) async throws -> JSON {
        let name = try request.parameters.required("name")
        let description = try request.parameters.string("description") ?? ""
        return try await answer(registry.describeModel(name, description, by: request.identity).name)
    }

    @Sendable private func delete(_ request: MLflowRequest) async throws -> JSON {
        try await registry.deleteModel(request.parameters.required("name"), by: request.identity)
        return [:]
    }

    @Sendable private func search(_ request: MLflowRequest) async throws -> JSON {
        let parameters = request.parameters
        let limit = try parameters.limit(unless: 100, atMost: 1000)
        let query = RegistryQuery(
            conditions: try RegistryFilter.models.parse(parameters.string("filter")),
            order: try RegistryFilter.models.order(parameters.strings("order_by")), limit: limit,
            page: try parameters.string("page_token"))
        let page = try await registry.searchModels(query)
        return .fields([
            "registered_models": page.items.isEmpty ? nil : .array(page.items.map { JSON($0.model, latest: $0.latest) }),
            "next_page_token": page.next.map(JSON.string),
        ])
    }

    @Sendable private func latest(_ request: MLflowRequest) async throws -> JSON {
        let versions = try await registry.latestVersions(request.parameters.required("name"), stages: request.parameters.strings("stages"))
        return .fields(["model_versions": versions.isEmpty ? nil : .array(versions.map { JSON($0) })])
    }

    @Sendable private func setTag(_ request: MLflowRequest) async throws -> JSON {
        let parameters = request.parameters
        try await registry.setModelTag(
            parameters.required("name"), parameters.required("key"), parameters.string("value") ?? "", by: request.identity)
        return [:]
    }

    @Sendable private func deleteTag(_ request: MLflowRequest) async throws -> JSON {
        try await registry.removeModelTag(request.parameters.required("name"), request.parameters.required("key"), by: request.identity)
        return [:]
    }

    @Sendable private func setAlias(_ request: MLflowRequest) async throws -> JSON {
        let parameters = request.parameters
        try await registry.setAlias(
            parameters.required("alias"), of: parameters.required("name"), to: parameters.version(), by: request.identity)
        return [:]
    }

    @Sendable private func deleteAlias(_ request: MLflowRequest) async throws -> JSON {
        try await registry.removeAlias(request.parameters.required("alias"), of: request.parameters.required("name"), by: request.identity)
        return [:]
    }

    @Sendable private func getAlias(_ request: MLflowRequest) async throws -> JSON {
        let version = try await registry.version(request.parameters.required("name"), alias: request.parameters.required("alias"))
        return ["model_version": JSON(version)]
    }

    private func answer(_ name: String) async throws -> JSON {
        let found = try await registry.modelWithLatest(name)
        return ["registered_model": JSON(found.model, latest: found.latest)]
    }
}
