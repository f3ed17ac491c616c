import Registry
import TernKernel

/// `model-versions/…`.
struct ModelVersionRoutes: Sendable {
    let registry: RegistryService

    func mount(on routes: inout MLflowRoutes) {
        routes.post("model-versions/create", create)
        routes.patch("model-versions/update", update)
        routes.post("model-versions/transition-stage", transition)
        routes.delete("model-versions/delete", delete)
        routes.get("model-versions/get", get)
        routes.get("model-versions/search", search)
        routes.get("model-versions/get-download-uri", downloadURI)
        routes.post("model-versions/set-tag", setTag)
        routes.delete("model-versions/delete-tag", deleteTag)
    }

    @Sendable private func create(_ request: MLflowRequest) async throws -> JSON {
        let parameters = request.parameters
        let version = try await registry.importVersion(
            ImportRequest(
                model: parameters.required("name"), source: parameters.required("source"), runID: parameters.string("run_id"),
                modelID: parameters.string("model_id"), runLink: parameters.string("run_link"), description: parameters.string("description"),
                tags: parameters.tags(), by: request.identity))
        return ["model_version": JSON(version)]
    }

    @Sendable private func get(_ request: MLflowRequest) async throws -> JSON {
        let (name, version) = try request.parameters.nameAndVersion()
        return ["model_version": JSON(try await registry.version(name, version))]
    }

    @Sendable private func update(_ request: MLflowRequest) async throws -> JSON {
        let (name, version) = try request.parameters.nameAndVersion()
        let description = try request.parameters.string("description")
        return ["model_version": JSON(try await registry.describeVersion(name, version, description, by: request.identity))]
    }

    @Sendable private func transition(_ request: MLflowRequest) async throws -> JSON {
        let (name, version) = try request.parameters.nameAndVersion()
        let moved = try await registry.moveVersion(
            name, version, to: request.parameters.required("stage"), archiveOthers: request.parameters.flag("archive_existing_versions") ?? false,
            by: request.identity)
        return ["model_version": JSON(moved)]
    }

    @Sendable private func delete(_ request: MLflowRequest) async throws -> JSON {
        let (name, version) = try request.parameters.nameAndVersion()
        try await registry.deleteVersion(name, version, by: request.identity)
        return [:]
    }

    @Sendable private func search(_ request: MLflowRequest) async throws -> JSON {
        let parameters = request.parameters
        let limit = try parameters.limit(unless: 10_000, atMost: 200_000)
        let query = RegistryQuery(
            conditions: try RegistryFilter.versions.parse(parameters.string("filter")),
            order: try RegistryFilter.versions.order(parameters.strings("order_by")), limit: limit,
            page: try parameters.string("page_token"))
        let page = try await registry.searchVersions(query)
        return .fields([
            "model_versions": page.items.isEmpty ? nil : .array(page.items.map { JSON($0) }),
            "next_page_token": page.next.map(JSON.string),
        ])
    }

    @Sendable private func downloadURI(_ request: MLflowRequest) async throws -> JSON {
        let (name, number) = try request.parameters.nameAndVersion()
        let version = try await registry.version(name, number)
        return ["artifact_uri": .string(version.location ?? version.source)]
    }

    @Sendable private func setTag(_ request: MLflowRequest) async throws -> JSON {
        let (name, version) = try request.parameters.nameAndVersion()
        try await registry.setVersionTag(
            name, version, request.parameters.required("key"), request.parameters.string("value") ?? "", by: request.identity)
        return [:]
    }

    @Sendable private func deleteTag(_ request: MLflowRequest) async throws -> JSON {
        let (name, version) = try request.parameters.nameAndVersion()
        try await registry.removeVersionTag(name, version, request.parameters.required("key"), by: request.identity)
        return [:]
    }
}
