import TernKernel

/// What came over, beside what the source has.
package struct ImportReport: Sendable {
    package struct Count: Hashable, Sendable {
        package var source: Int64 = 0
        package var here: Int64 = 0
    }

    package enum Kind: String, CaseIterable, Sendable {
        case experiments, runs, points, params, tags, datasets
        case loggedModels = "logged_models"
        case files, bytes
        case registeredModels = "registered_models"
        case modelVersions = "model_versions"
    }

    package var source: String
    package var counts: [Kind: Count] = [:]
    /// Runs that an earlier import had brought whole.
    package var already = 0
    /// Reason and how often.
    package var skipped: [String: Int] = [:]
    /// What is called otherwise here.
    package var mapped: [String] = []
    /// What went wrong, or differs.
    package var failures: [String] = []
    package var isDryRun = false

    package init(source: String) { self.source = source }

    package mutating func add(_ kind: Kind, source: Int, here: Int) { add(kind, source: Int64(source), here: Int64(here)) }

    package mutating func add(_ kind: Kind, source: Int64, here: Int64) {
        counts[kind, default: Count()].source &+= source
        counts[kind, default: Count()].here &+= here
    }

    /// Whether everything that the source has is here.
    package var isWhole: Bool { failures.isEmpty && (isDryRun || counts.values.allSatisfy { $0.source == $0.here }) }

    package var json: JSON {
        [
            "source": .string(source), "dry_run": .bool(isDryRun), "equal": .bool(isWhole), "already": JSON(already),
            "counts": .object(
                Dictionary(
                    uniqueKeysWithValues: counts.map { ($0.key.rawValue, ["source": .int($0.value.source), "here": .int($0.value.here)] as JSON) })),
            "skipped": .object(skipped.mapValues { JSON($0) }), "mapped": JSON(mapped), "failures": JSON(failures),
        ]
    }
}

/// How far an import is.
package struct ImportProgress: Sendable {
    package var runs = 0
    package var allRuns = 0
    package var points: Int64 = 0
    package var files = 0
}
