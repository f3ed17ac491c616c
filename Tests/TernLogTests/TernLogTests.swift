import Foundation
import TernKernel
import TernLog

/// Records as Serving would make them.
func record(
    _ prediction: Int64, endpoint: String = "price", role: VariantRole = .primary, rows: Int = 1, hour: Int64? = nil, error: String? = nil,
    inputs: [Column]? = nil, outputs: [Column]? = nil
) -> PredictionRecord {
    let numbers = (0..<rows).map { Double($0) + 0.1 }
    return PredictionRecord(
        prediction: prediction, endpoint: endpoint, variant: VariantReference(name: "v3", role: role, model: "price-direction", version: 3),
        at: Timestamp(milliseconds: 1_700_000_000_000 &+ prediction),
        eventTimes: hour.map { hour in (0..<rows).map { Timestamp(milliseconds: (hour + Int64($0)) * 3_600_000) } } ?? [], rows: rows,
        latencyMicroseconds: 42, error: error,
        inputs: inputs ?? [Column("demand", .double(numbers.map { $0 })), Column("day", .int((0..<rows).map { Int64($0) }))],
        outputs: error == nil
            ? outputs ?? [
                Column("label", .int((0..<rows).map { _ in 1 })), Column("predicted", .text((0..<rows).map { _ in "1" })),
                Column("score", .double((0..<rows).map { _ in 0.75 })),
            ] : [])
}

func segments(in folder: String, endpoint: String = "price", suffix: String = "log") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder + "/" + endpoint).filter { $0.hasSuffix("." + suffix) }.sorted()
        .map { "\(folder)/\(endpoint)/\($0)" }
}
