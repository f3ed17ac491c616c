import TernKernel
import TernStats
import TernStore

/// SQL of what models answered on holdouts, and of the profiles that monitors compare with.
struct EvaluationStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }
    init(_ transaction: Transaction) { connection = transaction.connection }

    /// The blob that holds a model's answers on a holdout, if it was ever asked.
    func answers(_ key: EvaluationKey) throws -> Digest? {
        try connection.row(
            "SELECT answers FROM model_evaluations WHERE digest = ? AND holdout = ? AND target = ? AND task = ?",
            [.text(key.model.hex), .text(key.holdout.hex), .text(key.target), .text(key.task.rawValue)])?
            .optionalText("answers").flatMap(Digest.init(hex:))
    }

    func insert(_ key: EvaluationKey, metrics: [String: Double], answers: Digest, now: Timestamp) throws {
        try connection.execute(
            """
            INSERT INTO model_evaluations (digest, holdout, target, task, metrics, answers, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (digest, holdout, target, task) DO UPDATE SET metrics = excluded.metrics, answers = excluded.answers
            """,
            [
                .text(key.model.hex), .text(key.holdout.hex), .text(key.target), .text(key.task.rawValue), try .json(metrics),
                .text(answers.hex), SQLValue(now),
            ])
    }

    func setProfile(_ profile: Profile, of model: String, _ version: Int) throws {
        try connection.execute(
            """
            INSERT INTO model_profiles (model, version, profile) VALUES (?, ?, ?)
            ON CONFLICT (model, version) DO UPDATE SET profile = excluded.profile
            """, [.text(model), SQLValue(version), try .json(profile)])
    }

    func profile(of model: String, _ version: Int) throws -> Profile? {
        try connection.row("SELECT profile FROM model_profiles WHERE model = ? AND version = ?", [.text(model), SQLValue(version)])?
            .json("profile", as: Profile.self)
    }
}

/// A model file, a holdout file and the question: the same three always have the same answers.
struct EvaluationKey: Hashable, Sendable {
    var model: Digest
    var holdout: Digest
    var target: String
    var task: ModelTask
}
