import TernKernel
import TernStore

extension RegistryService {
    /// The card of a version: its own, else its description, else its model's; nil when nobody wrote any.
    ///
    /// - Throws: `not_found`.
    package func card(_ model: String, _ version: Int) async throws -> String? {
        let found = try await self.version(model, version)
        if let own = found.card ?? found.description.flatMap({ $0.isEmpty ? nil : $0 }) { return own }
        return try await self.model(model).card
    }

    /// Writes a version's card (Markdown); nil or an empty text takes it away.
    ///
    /// - Throws: `not_allowed`, `not_found`; `invalid_argument` for a card of more than 256 KB.
    @discardableResult
    package func setCard(_ model: String, _ version: Int, _ card: String?, by identity: Identity) async throws -> ModelVersion {
        try identity.require(.editor, to: "write the card of \(ModelVersion.subject(model, version))")
        let card = card.flatMap { $0.isEmpty ? nil : $0 }
        if let card { try RegisteredModel.check(card: card, of: ModelVersion.subject(model, version)) }
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            let found = try versions.get(model, version)
            guard found.card != card else { return found }
            try versions.setCard(of: model, version, card, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.card", subject: found.subject, by: identity.name,
                    data: ["sha256": JSON(card.map { Digest(of: $0).hex }), "bytes": JSON(card?.utf8.count)]))
            return try versions.get(model, version)
        }
    }
}
