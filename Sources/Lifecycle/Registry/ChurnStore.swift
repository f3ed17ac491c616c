import TernKernel
import TernStore

/// SQL of what pairs of model files answer differently; the same files and the same table always do.
struct ChurnStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }
    init(_ transaction: Transaction) { connection = transaction.connection }

    func churn(from: Digest, to: Digest, sample: Digest, target: String) throws -> PredictionChurn? {
        try connection.row(
            "SELECT churn FROM model_churn WHERE from_digest = ? AND to_digest = ? AND sample = ? AND target = ?",
            [.text(from.hex), .text(to.hex), .text(sample.hex), .text(target)])?
            .json("churn", as: PredictionChurn.self)
    }

    func insert(_ churn: PredictionChurn, from: Digest, to: Digest, sample: Digest, target: String, now: Timestamp) throws {
        try connection.execute(
            """
            INSERT INTO model_churn (from_digest, to_digest, sample, target, churn, created_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (from_digest, to_digest, sample, target) DO UPDATE SET churn = excluded.churn
            """,
            [.text(from.hex), .text(to.hex), .text(sample.hex), .text(target), try .json(churn), SQLValue(now)])
    }
}
