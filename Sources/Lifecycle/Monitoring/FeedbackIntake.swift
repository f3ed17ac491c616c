import TernKernel
import TernLog

/// Gathers a batch of feedback and checks it against the log before anything is stored.
struct FeedbackIntake {
    private let find: @Sendable (PredictionID) async throws -> PredictionReference?
    private let endpoint: String?
    private var known: [PredictionID: PredictionReference?] = [:]
    private var labels: [String: [NewLabel]] = [:]
    private var unknown: [String] = []
    /// An error names so many unknown ids and counts the rest.
    private static let named = 20

    init(find: @escaping @Sendable (PredictionID) async throws -> PredictionReference?, endpoint: String?) {
        self.find = find
        self.endpoint = endpoint
    }

    mutating func add(_ item: FeedbackItem) async throws {
        guard LabelText.of(item.value) != nil else {
            throw TernError.invalid("the value of '\(item.id)' is \(item.value): a label is a text, a number or a boolean")
        }
        guard let id = PredictionID(item.id), let reference = try await reference(id) else {
            unknown.append(item.id)
            return
        }
        guard let row = id.row ?? (reference.rows == 1 ? 0 : nil) else {
            throw TernError.invalid(
                "'\(item.id)' is a request of \(reference.rows) rows",
                hint: "name one, such as \(item.id).0, or send \"prediction\" and \"values\" for all")
        }
        guard row < reference.rows else {
            unknown.append(item.id)
            return
        }
        append(id, row, item.value, item.at, reference)
    }

    mutating func add(prediction: String, values: [JSON], at: Timestamp?) async throws {
        guard let id = PredictionID(prediction), id.row == nil, let reference = try await reference(id) else {
            unknown.append(prediction)
            return
        }
        guard values.count == reference.rows else {
            throw TernError.invalid(
                "'\(prediction)' has \(reference.rows) rows, but there are \(values.count) values", hint: "send null for rows without a label")
        }
        for (row, value) in values.enumerated() where !value.isNull {
            guard LabelText.of(value) != nil else {
                throw TernError.invalid("value \(row) of '\(prediction)' is \(value): a label is a text, a number or a boolean")
            }
            append(id, row, value, at, reference)
        }
    }

    private mutating func append(_ id: PredictionID, _ row: Int, _ value: JSON, _ at: Timestamp?, _ reference: PredictionReference) {
        labels[id.endpoint, default: []].append(
            NewLabel(prediction: id.prediction, row: row, value: value, at: at, first: reference.first, last: reference.last))
    }

    /// One look-up a request, however many of its rows are named.
    private mutating func reference(_ id: PredictionID) async throws -> PredictionReference? {
        if let endpoint, id.endpoint != endpoint { return nil }
        let request = PredictionID(endpoint: id.endpoint, prediction: id.prediction)
        if let found = known[request] { return found }
        let found = try await find(request)
        known[request] = .some(found)
        return found
    }

    /// - Throws: `not_found` with the ids that are not known.
    func checked() throws -> [String: [NewLabel]] {
        guard !unknown.isEmpty else { return labels }
        let list = unknown.prefix(FeedbackIntake.named).joined(separator: ", ")
        let rest = unknown.count > FeedbackIntake.named ? " and \(unknown.count - FeedbackIntake.named) more" : ""
        throw TernError(
            .notFound, "no prediction\(endpoint.map { " of endpoint '\($0)'" } ?? "") has the id \(list)\(rest); nothing was stored",
            hint: "an id is what the answer carried, with the row: price-41.7", details: ["unknown": JSON(unknown)])
    }
}

/// What the feedback route reads.
struct FeedbackBody: Decodable, Sendable {
    var items: [FeedbackItem]?
    var prediction: String?
    var values: [JSON]?
    var at: Timestamp?
}
