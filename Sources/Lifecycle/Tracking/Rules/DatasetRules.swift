import TernKernel

extension DatasetInput {
    /// The lengths that MLflow allows, and its words for what is missing or too long.
    func check(at index: Int) throws {
        func refuse(_ field: String, _ limit: Int) -> TernError {
            .invalid("'datasets[\(index)].\(field)' exceeds the maximum length of \(limit) characters")
        }
        let fields: [(String, String?, Int)] = [
            ("dataset.name", name, 500), ("dataset.digest", digest, 36), ("dataset.source", source, 65_535), ("dataset.schema", schema, 1_048_575),
            ("dataset.profile", profile, 16_777_215),
        ]
        for (field, value, limit) in fields where (value?.unicodeScalars.count ?? 0) > limit { throw refuse(field, limit) }
        for (key, value) in tags {
            guard key.unicodeScalars.count <= 255 else { throw refuse("tags.key", 255) }
            guard value.unicodeScalars.count <= 500 else { throw refuse("tags.value", 500) }
        }
    }
}
