import Foundation

/// One comparison on its way from two profiles to a score: first the cases that need no statistics, then the test.
struct DriftComparison {
    let reference: ColumnProfile
    let current: ColumnProfile
    let requested: String?
    let threshold: Double?
    private var result: DriftScore

    init(reference: ColumnProfile, current: ColumnProfile, method: String?, threshold: Double?) {
        self.reference = reference
        self.current = current
        requested = method
        self.threshold = threshold
        result = DriftScore(
            method: method ?? "", statistic: nil, pValue: nil, threshold: 0, drifted: false, status: .ok, referenceRows: reference.used,
            currentRows: current.used, newValues: [], explanation: "")
    }

    mutating func score() -> DriftScore {
        let asCategories = reference.kind == .categorical || hasFewValues
        let usual: DriftMethod = asCategories ? (values.count <= 2 ? .z : .chisquare) : .ks
        let chosen = requested.map { DriftMethod(rawValue: $0) } ?? usual
        guard let method = chosen, fits(method) else {
            let known = DriftMethod.allCases.map(\.rawValue).joined(separator: ", ")
            let why = chosen == nil ? "'\(requested ?? "")' is not one of \(known)" : "'\(requested ?? "")' does not fit this column's values"
            return ended(.unsupportedMethod, drifted: false, why)
        }
        result.method = method.rawValue
        result.threshold = threshold ?? method.minimumEffect
        return withoutStatistics ?? compared(by: method)
    }

    /// Every value of both sides; meaningful when both are counted exactly.
    private var values: Set<String> { Set(reference.top.map(\.value)).union(current.top.map(\.value)) }

    private var isCounted: Bool { reference.exactCounts != nil && current.exactCounts != nil }

    private var hasFewValues: Bool { isCounted && values.count <= DriftTest.fewValues }

    private func fits(_ method: DriftMethod) -> Bool {
        if method == .z, values.count > 2 { return false }
        return switch reference.kind {
        case .categorical: method.takesCategories
        case .numeric: method.takesNumbers || isCounted || reference.used == 0 || current.used == 0
        }
    }

    private mutating func ended(_ status: DriftScore.Status, drifted: Bool, _ explanation: String) -> DriftScore {
        result.status = status
        result.drifted = drifted
        result.explanation = explanation
        return result
    }

    /// The answer where there is nothing to compute.
    private var withoutStatistics: DriftScore? {
        mutating get {
            guard reference.kind == current.kind else {
                return ended(
                    .differentKinds, drifted: false, "the reference is \(reference.kind.rawValue), the current rows are \(current.kind.rawValue)")
            }
            for (side, profile) in [("reference", reference), ("window", current)] where profile.used == 0 {
                return ended(.allMissing, drifted: false, "the \(side) has no usable value in \(profile.count) rows")
            }
            for (side, profile) in [("reference", reference), ("window", current)] where profile.used < DriftTest.minimumRows {
                return ended(.notEnoughData, drifted: false, "the \(side) has \(profile.used) usable rows, fewer than \(DriftTest.minimumRows)")
            }
            if reference.isConstant { return constantReference() }
            if current.isConstant, reference.kind == .numeric, reference.distinct > NumberCounts.limit, let stuck = current.mean {
                let share = reference.weightedSample.share(of: stuck)
                if share < 0.05 {
                    let value = ColumnProfile.text(current.minimum ?? stuck)
                    return ended(
                        .constantCurrent, drifted: true, "all \(current.used) rows are \(value); the reference has \(reference.distinct) values")
                }
            }
            return nil
        }
    }

    private mutating func constantReference() -> DriftScore {
        let value = reference.kind == .numeric ? reference.minimum.map(ColumnProfile.text) : reference.top.first?.value
        let constant = value ?? ""
        let same =
            if current.isConstant, reference.kind == .numeric { current.minimum == reference.minimum ? current.used : 0 } else {
                current.top.first { $0.value == constant }?.count
                    ?? Int((current.weightedSample.share(of: reference.minimum ?? .nan) * Double(current.used)).rounded())
            }
        let differing = current.used - same
        result.newValues = Array(current.top.filter { $0.value != constant }.prefix(10))
        if differing <= 0 { return ended(.constant, drifted: false, "every row on both sides is \(constant)") }
        result.statistic = Double(differing) / Double(current.used)
        let drifted = isNovel(rows: differing, expectedShare: 0)
        let verdict = drifted ? "drift" : "too few to call it drift"
        return ended(
            .constantReference, drifted: drifted,
            "the reference is always \(constant), and \(differing) of \(current.used) rows are not: \(verdict)")
    }

    /// Whether so many rows with values that the reference never had are more than a stray few: above 1 % and what its rare values let expect,
    /// and, if rows fell on the two sides by chance, unlikely to be all on this one.
    private func isNovel(rows: Int, expectedShare: Double) -> Bool {
        let total = Double(reference.used + current.used)
        let chance = pow(Double(current.used) / total, Double(rows))
        return Double(rows) / Double(current.used) > 0.01 + 3 * expectedShare && chance < DriftTest.significance
    }

    private mutating func compared(by method: DriftMethod) -> DriftScore {
        let categories = reference.kind == .categorical || isCounted
        let measure = DriftMeasure(reference: reference, current: current)
        let measured = categories && method.takesCategories ? measure.categories(method) : measure.numbers(method)
        guard let measured, measured.statistic.isFinite else {
            return ended(.unsupportedMethod, drifted: false, "\(method.rawValue) is not defined for these values")
        }
        result.statistic = measured.statistic
        result.pValue = measured.pValue
        result.threshold = max(threshold ?? method.minimumEffect, measured.critical)
        let drifted = measured.statistic >= result.threshold
        var text = "\(method.rawValue) \(short(measured.statistic)) against \(short(result.threshold))"
        if measured.critical > (threshold ?? method.minimumEffect) { text += " (what chance explains for \(current.used) such rows)" }
        var novel = false
        if categories, let known = reference.exactCounts {
            let new = current.top.filter { known[$0.value] == nil }
            result.newValues = Array(new.prefix(10))
            let rows = new.reduce(0) { $0 + $1.count }
            let rare = known.values.reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
            novel = rows > 0 && reference.kind == .categorical && isNovel(rows: rows, expectedShare: Double(rare) / Double(reference.used))
            if novel { text += "; \(rows) rows have values that the reference never had" }
        }
        return ended(.ok, drifted: drifted || novel, text)
    }

    private func short(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
