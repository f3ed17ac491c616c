import Registry
import TernKernel

extension JSON {
    /// MLflow's `RegisteredModel`.
    init(_ model: RegisteredModel, latest: [ModelVersion]) {
        let aliases = model.aliases.sorted { $0.key < $1.key }.map { alias, version -> JSON in
            ["alias": .string(alias), "version": .string(String(version))]
        }
        self = .fields([
            "name": .string(model.name), "creation_timestamp": .int(model.createdAt.milliseconds),
            "last_updated_timestamp": .int(model.updatedAt.milliseconds),
            "description": model.description.flatMap { $0.isEmpty ? nil : .string($0) },
            "latest_versions": latest.isEmpty ? nil : .array(latest.map { JSON($0) }), "tags": JSON.tags(model.tags),
            "aliases": aliases.isEmpty ? nil : .array(aliases),
        ])
    }

    /// MLflow's `ModelVersion`. What Tern's gates said of it stands in `status_message`.
    init(_ version: ModelVersion) {
        self = .fields([
            "name": .string(version.model), "version": .string(String(version.version)),
            "creation_timestamp": .int(version.createdAt.milliseconds), "last_updated_timestamp": .int(version.updatedAt.milliseconds),
            "user_id": .string(version.createdBy), "current_stage": .string(version.stage.rawValue),
            "description": .string(version.description ?? ""), "source": .string(version.source), "run_id": .string(version.runID ?? ""),
            "run_link": .string(version.runLink ?? ""), "status": version.status == .gating ? "PENDING_REGISTRATION" : "READY",
            "status_message": version.statusReason.map(JSON.string), "tags": JSON.tags(version.tags),
            "aliases": version.aliases.isEmpty ? nil : JSON(version.aliases),
        ])
    }

    fileprivate static func tags(_ tags: [String: String]) -> JSON? {
        guard !tags.isEmpty else { return nil }
        return .array(tags.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }
}

extension MLflowParameters {
    func nameAndVersion() throws -> (name: String, version: Int) { (try required("name"), try version()) }

    func version() throws -> Int {
        let text = try required("version")
        guard let version = Int(text) else { throw TernError.invalid("Parameter 'version' must be an integer, got '\(text)'.") }
        return version
    }

    /// The last value of a key counts.
    func tags() throws -> [String: String] { Dictionary(try pairs("tags").map { ($0.key, $0.value) }) { $1 } }

    func limit(unless none: Int, atMost most: Int64) throws -> Int {
        guard let value = try integer("max_results") else { return none }
        guard value >= 1 else { throw TernError.invalid("Invalid value for max_results. It must be a positive integer, but got \(value)") }
        guard value <= most else {
            throw TernError.invalid(
                "Invalid value \(value) for parameter 'max_results' supplied: It must be at most \(most). See the API docs for more information "
                    + "about request parameters.")
        }
        return Int(value)
    }
}
